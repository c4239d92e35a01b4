// The load benchmarks: whole engines under the same work. Flags besides Google Benchmark's:
//   --quick            small sizes: whether it runs and the answers are right, not how fast
//   --dir=PATH         where stores are made, on the device to measure; the system's temporary one
//   --traces=PATH      where to leave what is to be plotted
//   --mixed-seconds=N  how long the mixed workload's arrivals go on; 8
//   --describe         only say what each store is
// Exits with 1 where an answer was wrong or a call failed.

#include <cstdio>
#include <iterator>
#include <string>
#include <string_view>

#include "bench/load/run.hpp"

namespace varve::bench {

namespace {

std::vector<StoreKind> stores() {
  std::vector<StoreKind> all;
  const auto add = [&](std::vector<StoreKind> more) {
    all.insert(all.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
  };
  add(varve_stores());
#ifdef VARVE_BENCH_ROCKSDB
  add(rocksdb_stores());
#endif
#ifdef VARVE_BENCH_LEVELDB
  add(leveldb_stores());
#endif
#ifdef VARVE_BENCH_LMDB
  add(lmdb_stores());
#endif
#ifdef VARVE_BENCH_SQLITE
  add(sqlite_stores());
#endif
  return all;
}

void describe(const Plan& plan) {
  for (const StoreKind& kind : plan.stores) {
    if (!kind.variant_of.empty()) continue;
    const std::filesystem::path scratch = plan.dir / "describe";
    std::filesystem::create_directories(scratch);
    std::printf("%s\t%s\n", kind.name.c_str(), kind.describe(scratch).c_str());
    std::filesystem::remove_all(scratch);
  }
}

int run(int argc, char** argv) {
  Plan plan;
  plan.dir = std::filesystem::temp_directory_path() / "varve_load";
  plan.stores = stores();
  bool only_describe = false;
  std::vector<char*> others;
  for (int i = 0; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const auto value = argument.substr(argument.find('=') + 1);
    if (argument == "--quick") {
      plan.quick = true;
    } else if (argument == "--describe") {
      only_describe = true;
    } else if (argument.starts_with("--dir=")) {
      plan.dir = value;
    } else if (argument.starts_with("--mixed-seconds=")) {
      plan.mixed_seconds = std::stod(std::string(value));
    } else if (argument.starts_with("--traces=")) {
      plan.traces = value;
    } else {
      others.push_back(argv[i]);
    }
  }
  if (only_describe) {
    describe(plan);
    return 0;
  }

  register_limits(plan);
  register_gateway(plan);
  register_flow_table(plan);
  register_late(plan);
  register_logs(plan);
  register_mixed(plan);
  register_cardinality(plan);
  register_labels(plan);
  register_memory(plan);
  register_sync(plan);
  register_reads(plan);

  int count = static_cast<int>(others.size());
  benchmark::Initialize(&count, others.data());
  if (benchmark::ReportUnrecognizedArguments(count, others.data())) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return any_failed() ? 1 : 0;
}

}  // namespace

}  // namespace varve::bench

int main(int argc, char** argv) {
  try {
    return varve::bench::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "varve_load: %s\n", error.what());
    return 1;
  }
}
