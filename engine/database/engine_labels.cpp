#include "engine/database/engine_impl.hpp"
#include "engine/version/label_records.hpp"
#include "query/scan/plan.hpp"
#include "varve/try.hpp"

namespace varve {

using engine::Gate;

namespace {

std::unexpected<Error> closed() { return fail(Errc::closed, "the engine is closed"); }

}  // namespace

Result<Labels> EngineImpl::labels(std::string_view key, const ReadOptions& options) {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  VARVE_CHECK(engine::check_key(key));
  return engine::labels_of(*view_of(options), key, query::cursor_options(options));
}

Result<std::vector<std::string>> EngineImpl::label_names(const Query& query,
                                                         const ReadOptions& options) {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  return label_reader_->names(query, options, snapshot_of(options), parts_.expiry_clock->now());
}

Result<std::vector<std::string>> EngineImpl::label_values(std::string_view name, const Query& query,
                                                          const ReadOptions& options) {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  return label_reader_->values(name, query, options, snapshot_of(options),
                               parts_.expiry_clock->now());
}

}  // namespace varve
