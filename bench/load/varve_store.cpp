// Varve, as a program uses it: options at their defaults but for durability and the cache's size.

#include <atomic>
#include <semaphore>
#include <type_traits>
#include <utility>

#include "bench/load/store.hpp"
#include "varve/varve.hpp"

namespace varve::bench {

namespace {

template <class T>
T must(Result<T> result) {
  if (!result) throw Failure("varve: " + result.error().message());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

class VarveReader final : public Reader {
 public:
  explicit VarveReader(Engine& engine) : engine_(engine) {}

  std::optional<std::uint64_t> get(std::string_view key, Timestamp ts) override {
    const auto record = must(engine_.get(key, ts));
    if (!record) return {};
    return digest(record->value().view());
  }
  Answer latest(std::string_view key) override {
    Answer answer;
    if (const auto record = must(engine_.latest(key))) {
      answer.add(record->key().size(), record->ts(), digest(record->value().view()));
    }
    return answer;
  }
  Answer range(std::string_view key, Timestamp from, Timestamp to) override {
    return columns(Query::key(std::string(key)).between(from, to));
  }
  Answer prefix(std::string_view prefix) override {
    return records(Query::prefix(std::string(prefix)));
  }
  Answer scan() override { return records(Query::all()); }
  std::optional<Answer> scan_columns() override { return columns(Query::all()); }

 private:
  Answer records(const Query& query) {
    Answer answer;
    Scan scan = must(engine_.scan(query));
    for (const RecordView& record : scan) {
      answer.add(record.key().size(), record.ts(), digest(record.value()));
    }
    must(scan.status());
    return answer;
  }
  Answer columns(const Query& query) {
    Answer answer;
    Scan scan = must(engine_.scan(query));
    while (const std::optional<Block> block = must(scan.next_block())) add(answer, *block);
    return answer;
  }
  static void add(Answer& answer, const Block& block) {
    const std::size_t key_size = block.key().size();
    const auto times = block.timestamps();
    if (block.type() == ValueType::double_) {
      const auto numbers = block.doubles();
      for (std::size_t i = 0; i < block.size(); ++i) {
        answer.add(key_size, times[i], digest(numbers[i]));
      }
      return;
    }
    for (std::size_t i = 0; i < block.size(); ++i) {
      answer.add(key_size, times[i], digest(block.value(i)));
    }
  }

  Engine& engine_;
};

class VarveStore : public Store {
 public:
  explicit VarveStore(const StoreOptions& options) : engine_(must(Engine::open(of(options)))) {}

  void write(const Batch& batch) override {
    static thread_local WriteBatch made;  // Keeps its memory.
    made.clear();
    fill(made, batch);
    must(engine_.write(std::move(made)));
  }
  void sync() override { must(engine_.sync()); }
  void settle() override {
    must(engine_.flush());
    must(engine_.compact());
  }
  std::unique_ptr<Reader> reader() override { return std::make_unique<VarveReader>(engine_); }
  void close() override { must(engine_.close()); }

  std::map<std::string, double> counters() override {
    const Stats stats = engine_.stats();
    const auto number = [](std::uint64_t value) { return static_cast<double>(value); };
    return {{"flushes", number(stats.flushes)},
            {"flush_bytes", number(stats.flush_bytes)},
            {"compactions", number(stats.compactions)},
            {"compaction_bytes_written", number(stats.compaction_bytes_written)},
            {"table_amplification", stats.write_amplification()},
            {"writes_slowed", number(stats.writes_slowed)},
            {"writes_stopped", number(stats.writes_stopped)},
            {"wal_bytes_appended", number(stats.wal_bytes_appended)},
            {"wal_groups", number(stats.wal_groups)},
            {"wal_syncs", number(stats.wal_syncs)}};
  }

 protected:
  static void fill(WriteBatch& made, const Batch& batch) {
    for (const Reading& reading : batch.readings) {
      made.put(batch.key(reading), reading.ts(), reading.value());
    }
  }

  Engine engine_;

 private:
  static Options of(const StoreOptions& options) {
    Options made;
    made.dir = options.dir;
    made.durability = options.acknowledged == Acknowledged::durable ? Durability::always()
                                                                    : Durability::appended();
    made.block_cache_bytes = options.cache_bytes;
    return made;
  }
};

/// Writes through a handle for each series.
class VarveHandleStore final : public VarveStore {
 public:
  using VarveStore::VarveStore;

  void announce(const Keys& keys) override {
    for (std::size_t i = 0; i < keys.size(); ++i) series_.push_back(must(engine_.series(keys[i])));
  }
  void write(const Batch& batch) override {
    if (batch.readings.size() == 1) {
      const Reading& reading = batch.readings.front();
      must(engine_.append(series_[reading.key()], reading.ts(), reading.value()));
      return;
    }
    static thread_local WriteBatch made;
    made.clear();
    for (const Reading& reading : batch.readings) {
      made.put(series_[reading.key()], reading.ts(), reading.value());
    }
    must(engine_.write(std::move(made)));
  }
  void close() override {
    series_.clear();
    VarveStore::close();
  }

 private:
  std::vector<Series> series_;
};

constexpr std::ptrdiff_t outstanding_max = 64;

/// Writes without waiting for the acknowledgement, 64 batches at once.
class VarveAsyncStore final : public VarveStore {
 public:
  using VarveStore::VarveStore;
  ~VarveAsyncStore() override { wait(); }  // Handlers name this store.

  void write(const Batch& batch) override {
    outstanding_.acquire();
    WriteBatch made;
    fill(made, batch);
    engine_.async_write(std::move(made), [this](std::error_code code, const Receipt&) {
      if (code) failure_.store(code.value());
      outstanding_.release();
    });
  }
  void drain() override {
    wait();
    if (failure_ != 0) throw Failure("varve: async_write failed: " + std::to_string(failure_));
  }
  void sync() override {
    drain();
    VarveStore::sync();
  }
  void close() override {
    drain();
    VarveStore::close();
  }

 private:
  void wait() {
    for (std::ptrdiff_t i = 0; i < outstanding_max; ++i) outstanding_.acquire();
    outstanding_.release(outstanding_max);
  }

  std::counting_semaphore<outstanding_max> outstanding_{outstanding_max};
  std::atomic<int> failure_{0};
};

template <class Made>
std::unique_ptr<Store> make(const StoreOptions& options) {
  return std::make_unique<Made>(options);
}

std::string describe(const std::filesystem::path&) { return "this tree"; }

}  // namespace

std::vector<StoreKind> varve_stores() {
  return {{"varve", describe, make<VarveStore>, ""},
          {"varve_handle", describe, make<VarveHandleStore>, "varve"},
          {"varve_async", describe, make<VarveAsyncStore>, "varve", outstanding_max}};
}

}  // namespace varve::bench
