// Work that is the same at every run, for counting its instructions instead of its seconds: one
// thread, files in memory, a clock that stands. bench/count runs it under callgrind.
//
//   varve_counted ingest|sync|scan|get N    does N times the work on top of what it prepares

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/varve.hpp"

namespace varve::bench {

namespace {

constexpr std::size_t series_count = 100;
constexpr std::size_t batch_records = 1'000;
constexpr Timestamp step = 1'000'000;

/// A decimal walk, of which sensors' readings are one.
class Walk {
 public:
  double next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    tenths_ += static_cast<std::int64_t>(state_ >> 61) - 3;
    return static_cast<double>(tenths_) / 10;
  }

 private:
  std::uint64_t state_ = 1;
  std::int64_t tenths_ = 200;
};

class Plant {
 public:
  Plant() {
    for (std::size_t i = 0; i < series_count; ++i) {
      keys_.push_back("plant/line" + std::to_string(i % 10) + "/sensor" + std::to_string(i));
    }
    Options options;
    options.file_system = memory_file_system();
    options.dir = "counted";
    options.threadless = true;
    options.block_cache_bytes = std::size_t{256} << 20;
    engine_.emplace(Engine::open(options).value());
  }

  void write(std::size_t batches) {
    for (std::size_t i = 0; i < batches; ++i) {
      WriteBatch batch;
      for (std::size_t j = 0; j < batch_records; ++j) {
        batch.put(keys_[written_ % series_count],
                  static_cast<Timestamp>(written_ / series_count) * step, walk_.next());
        ++written_;
      }
      engine_->write(std::move(batch)).value();
    }
  }
  /// Writes of one record, each of which returns once it is durable.
  void write_durably(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      WriteBatch batch;
      batch.put(keys_[0], static_cast<Timestamp>(i) * step, walk_.next());
      engine_->write(std::move(batch), WriteOptions().durability(Durability::always())).value();
    }
  }
  void flush() { engine_->flush().value(); }

  std::size_t scan() {
    std::size_t records = 0;
    Scan scan = engine_->scan(Query::all()).value();
    while (true) {
      const auto block = scan.next_block().value();
      if (!block) return records;
      records += block->size();
    }
  }

  std::size_t get(std::size_t count) {
    std::size_t found = 0;
    const std::size_t rows = written_ / series_count;
    for (std::size_t i = 0; i < count; ++i) {
      const auto ts = static_cast<Timestamp>(i * 7919 % rows) * step;
      if (engine_->get(keys_[i % series_count], ts).value()) ++found;
    }
    return found;
  }

 private:
  std::vector<std::string> keys_;
  Walk walk_;
  std::size_t written_ = 0;
  std::optional<Engine> engine_;
};

int run(std::string_view what, std::size_t times) {
  Plant plant;
  plant.write(100);
  if (what == "ingest") {
    plant.write(times);
    return 0;
  }
  if (what == "sync") {
    plant.write_durably(times);
    return 0;
  }
  plant.flush();
  std::size_t answered = 0;
  if (what == "scan") {
    for (std::size_t i = 0; i < times; ++i) answered += plant.scan();
  } else {
    answered = plant.get(times);
  }
  std::cout << answered << '\n';
  return answered == 0 && times != 0;
}

}  // namespace

}  // namespace varve::bench

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: varve_counted ingest|sync|scan|get N\n";
    return 2;
  }
  try {
    return varve::bench::run(argv[1], std::strtoul(argv[2], nullptr, 10));
  } catch (const std::exception& error) {
    std::cerr << "varve_counted: " << error.what() << '\n';
    return 1;
  }
}
