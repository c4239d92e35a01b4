// What an aggregate costs for each number, out of blocks of 1,024 that are in memory.

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "query/aggregate/aggregator.hpp"

namespace varve::bench {

namespace {

constexpr std::size_t rows = 1'024;
constexpr std::size_t blocks = 100;
constexpr Timestamp second = 1'000'000;

/// Readings of one decimal, a second apart.
struct Readings {
  Readings() {
    for (std::size_t i = 0; i < rows * blocks; ++i) {
      times.push_back(static_cast<Timestamp>(i) * second);
      doubles.push_back(std::round(200 + 50 * std::sin(static_cast<double>(i) / 700)) / 10);
      whole.push_back(static_cast<std::int64_t>(i * 3));
    }
  }
  Block block(std::size_t number, ValueType type) const {
    const void* values = type == ValueType::double_
                             ? static_cast<const void*>(doubles.data() + number * rows)
                             : static_cast<const void*>(whole.data() + number * rows);
    return Block("plant/press1/temp", type, std::span(times).subspan(number * rows, rows), values,
                 {});
  }
  std::vector<Timestamp> times;
  std::vector<double> doubles;
  std::vector<std::int64_t> whole;
};

void aggregate(benchmark::State& state, const Aggregation& aggregation, ValueType type) {
  static const Readings readings;
  const query::AggregationPlan plan =
      query::plan_of(Query::all(), std::span(&aggregation, 1)).value();
  for (auto _ : state) {
    const query::AnswerSink sink = [](query::BucketValue answer) -> Status {
      benchmark::DoNotOptimize(answer);
      return {};
    };
    query::Aggregator aggregator(plan, sink);
    for (std::size_t i = 0; i < blocks; ++i) {
      if (!aggregator.add(readings.block(i, type))) state.SkipWithError("add");
    }
    if (!aggregator.finish()) state.SkipWithError("finish");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows * blocks));
}

void register_all() {
  const std::vector<Aggregation> functions = {
      Aggregation::count,  Aggregation::sum,      Aggregation::min,  Aggregation::last,
      Aggregation::stddev, Aggregation::increase, Aggregation::rate, Aggregation::quantile(0.99)};
  for (const Aggregation& function : functions) {
    for (const ValueType type : {ValueType::double_, ValueType::int64}) {
      for (const std::int64_t seconds : {0, 60, 3'600}) {
        const Aggregation aggregation =
            seconds == 0 ? function : function.every(std::chrono::seconds(seconds));
        const std::string name = "Aggregate/" + function.name() + "/" + std::string(name_of(type)) +
                                 (seconds == 0 ? "" : "/every_" + std::to_string(seconds) + "s");
        benchmark::RegisterBenchmark(name.c_str(), aggregate, aggregation, type);
      }
    }
  }
}

const bool registered = (register_all(), true);

/// The sum alone, exact and, to compare with, compensated (Neumaier).
void sum_exactly(benchmark::State& state) {
  const Readings readings;
  for (auto _ : state) {
    engine::ExactSum sum;
    sum.add(readings.doubles);
    benchmark::DoNotOptimize(sum.rounded());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(readings.doubles.size()));
}
BENCHMARK(sum_exactly)->Name("Sum/exact");

void sum_outside(benchmark::State& state) {
  Readings readings;
  for (double& value : readings.doubles) value *= 1e15;
  for (auto _ : state) {
    engine::ExactSum sum;
    sum.add(readings.doubles);
    benchmark::DoNotOptimize(sum.rounded());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(readings.doubles.size()));
}
BENCHMARK(sum_outside)->Name("Sum/exact_outside_of_fixed_point");

void sum_compensated(benchmark::State& state) {
  const Readings readings;
  for (auto _ : state) {
    double sum = 0;
    double compensation = 0;
    for (const double value : readings.doubles) {
      const double next = sum + value;
      compensation +=
          std::fabs(sum) >= std::fabs(value) ? (sum - next) + value : (value - next) + sum;
      sum = next;
    }
    benchmark::DoNotOptimize(sum + compensation);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(readings.doubles.size()));
}
BENCHMARK(sum_compensated)->Name("Sum/compensated");

}  // namespace

}  // namespace varve::bench
