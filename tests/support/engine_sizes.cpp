#include "tests/support/engine_sizes.hpp"

#include "engine/database/engine_impl.hpp"

namespace varve::test {

namespace {

/// Of tables of `factor` times 2 KB.
EngineSizes scaled_down(std::size_t factor) {
  EngineSizes scaled;
  scaled.keeping.run_tables = 3;
  scaled.keeping.pile_tables = 6;
  scaled.keeping.pile_taken = 4;
  scaled.keeping.island_bytes = 60 * factor;
  scaled.keeping.cut_bytes = 60 * factor;
  scaled.keeping.table_bytes_max = 2'000 * factor;
  scaled.keeping.join_tables = 4;
  scaled.keeping.job_bytes = 6'000 * factor;
  scaled.keeping.job_tables = 6;
  scaled.keeping.regions_max = 3;
  scaled.keeping.regions_at_once = 2;
  scaled.keeping.flush_table_bytes = 8'000 * factor;
  scaled.keeping.block_size = {.rows = 48, .raw_bytes = 1'024};
  scaled.parts = {.rows_min = 16, .waiting_bytes_max = 4'096};
  return scaled;
}

}  // namespace

EngineSizes engine_sizes(Sizes sizes) {
  switch (sizes) {
    case Sizes::shipped: break;
    case Sizes::small: return scaled_down(10);
    case Sizes::tiny: return scaled_down(1);
  }
  return {};
}

Result<Engine> open_engine(const Options& options, Sizes sizes) {
  return EngineImpl::open(options, engine_sizes(sizes));
}

std::string name_of(Sizes sizes) {
  switch (sizes) {
    case Sizes::shipped: break;
    case Sizes::small: return "small";
    case Sizes::tiny: return "tiny";
  }
  return "shipped";
}

}  // namespace varve::test
