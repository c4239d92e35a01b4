#include "tests/differential/rivals.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <functional>
#include <future>
#include <iterator>
#include <thread>
#include <utility>

namespace varve::test {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t writer_count = 3;
constexpr std::uint64_t reader_count = 2;
constexpr std::uint64_t sheets = 5;       // Of each writer.
constexpr std::uint64_t loose_keys = 12;  // Of each writer.
constexpr std::size_t batch_bytes_max = std::size_t{32} << 10;
// What a loose record and all sheets take at most.
constexpr std::size_t spare_bytes = 4'096;

Options options_of(std::uint64_t seed) {
  Random random(seed);
  constexpr auto windows = std::to_array<Duration>({1s, 1min, 1h});
  constexpr auto caches = std::to_array({std::size_t{0}, std::size_t{64} << 10});
  const auto durabilities = std::to_array({Durability::none(), Durability::appended(),
                                           Durability::interval(5ms), Durability::always()});
  Options options;
  options.dir = "/plant";
  options.memtable_bytes = std::size_t{64} << 10;
  options.wal_bytes = std::size_t{256} << 10;
  options.queue_bytes = std::size_t{64} << 10;
  options.block_cache_bytes = random.pick(caches);
  options.window = random.pick(windows);
  options.durability = random.pick(durabilities);
  options.compression = random.chance(0.5) ? Compression::zstd : Compression::none;
  options.file_system = memory_file_system();
  return options;
}

/// The moment of the n-th batch.
Timestamp moment(std::uint64_t n) {
  return run_epoch + static_cast<std::int64_t>(n) * Duration(1s).count();
}

}  // namespace

Rivals::Rivals(std::uint64_t seed, std::uint64_t batches, Compared& compared)
    : habits_(seed),
      seed_(seed),
      batches_(batches),
      compared_(compared),
      options_(options_of(seed)) {
  options_.clock = clock_;
  for (std::uint64_t i = 0; i < writer_count; ++i) {
    const std::string prefix = "writer" + std::to_string(i) + "/";
    writers_.push_back(std::make_unique<Writer>(prefix, seed * 100 + i, run_epoch));
  }
}

void Rivals::open() { engine_.emplace(sure(Engine::open(options_), "open")); }

void Rivals::run() {
  open();
  std::vector<std::thread> threads;
  const auto start = [&](std::function<void()> work) {
    threads.emplace_back([this, work = std::move(work)] {
      try {
        work();
      } catch (const std::exception& trouble) {
        const std::lock_guard lock(mutex_);
        if (!failed_.exchange(true)) trouble_ = trouble.what();
      }
    });
  };
  writing_ = writer_count;
  for (const auto& writer : writers_) {
    start([this, &writer] {
      struct Ending {
        std::atomic<std::uint64_t>& writing;
        ~Ending() { --writing; }
      };
      const Ending ending{writing_};
      write(*writer);
    });
  }
  for (std::uint64_t i = 0; i < reader_count; ++i) start([this, i] { read(seed_ * 100 + 50 + i); });
  start([this] { keep(seed_ * 100 + 90); });
  for (std::thread& thread : threads) thread.join();
  if (failed_) throw Disagreement(trouble_);

  compare_all();
  sure(engine_->flush(), "flush");
  sure(engine_->compact(), "compact");
  compare_all();
  sure(engine_->close(), "close");
  open();
  compare_all();
  compared_.answers += answers_;
}

// Writers.

void Rivals::write(Writer& writer) {
  while (writer.written < batches_ && !failed_) {
    write_batch(writer);
    check_written(writer);
    if (writer.random.chance(0.2)) patch(writer);
  }
}

void Rivals::add_loose(Writer& writer, TwinBatch& batch) {
  Random& random = writer.random;
  const std::string key = writer.loose(random.below(loose_keys));
  const Timestamp ts = moment(random.below(writer.written + 20));
  const double which = random.fraction();
  if (which < 0.75) {
    constexpr auto ttls = std::to_array<Duration>({20s, 10min, 24h});
    const auto ttl = random.chance(0.2) ? std::optional(random.pick(ttls)) : std::nullopt;
    batch.put(key, ts, habits_.value(Habits::Nature::anything, ts, random), ttl);
  } else if (which < 0.9) {
    batch.erase(key, ts);
  } else if (which < 0.95) {
    batch.describe(key, Labels{{"room", "hall " + std::to_string(random.below(3))}});
  } else if (which < 0.98) {
    batch.erase_range(key, key + '\0', {ts, saturating_add(ts, Duration(10s).count())});
  } else {
    batch.erase_prefix(writer.prefix + "loose/1", {{}, ts});
  }
}

/// Numbers all sheets, and does something to loose keys, before, between and after.
void Rivals::write_batch(Writer& writer) {
  Random& random = writer.random;
  TwinBatch batch({}, batch_bytes_max);
  const std::uint64_t number = writer.written + 1;
  for (std::uint64_t n = 0; n < sheets; ++n) {
    for (std::uint64_t left = random.below(15); left > 0; --left) {
      if (batch.has_room(spare_bytes)) add_loose(writer, batch);
    }
    batch.put(writer.sheet(n), moment(number), static_cast<std::int64_t>(number));
  }
  const auto deliver = [&]() -> Result<Receipt> {
    switch (random.below(4)) {
      case 0: return engine_->write_inline(std::move(batch.batch()));
      case 1: {
        std::vector<WriteBatch> one;
        one.push_back(std::move(batch.batch()));
        return engine_->write_many(std::move(one));
      }
      case 2: {
        // Shared: the handler may still be in set_value() when the outcome is taken.
        const auto promise = std::make_shared<std::promise<Result<Receipt>>>();
        auto outcome = promise->get_future();
        engine_->async_write(std::move(batch.batch()),
                             [promise](std::error_code error, Receipt receipt) {
                               Result<Receipt> given = receipt;
                               if (error) given = std::unexpected(Error{error, "async_write"});
                               promise->set_value(std::move(given));
                             });
        return outcome.get();
      }
      default: return engine_->write(std::move(batch.batch()));
    }
  };
  sure(deliver(), "a write");
  batch.apply_to(writer.oracle);
  ++writer.written;
}

/// Who wrote sees it at once.
void Rivals::check_written(const Writer& writer) {
  const std::string key = writer.sheet(writer.written % sheets);
  const auto found = sure(engine_->latest(key), "latest");
  agree(found && found->ts() == moment(writer.written),
        "latest of " + say(key) + " after its batch was acknowledged: expected that of " +
            say_time(moment(writer.written)) + ", found " + say(found));
}

/// Nobody else writes the record, so it is as this writer left it. One that may expire meanwhile is
/// left alone.
void Rivals::patch(Writer& writer) {
  const std::size_t size = writer.oracle.size();
  const Record record = writer.oracle.nth(writer.random.below(size));
  const bool is_sheet = record.key().starts_with(writer.prefix + "sheet/");
  if (is_sheet || record.expires_at() != never) return;
  const Value value = habits_.value(Habits::Nature::anything, record.ts(), writer.random);
  const Record found = sure(engine_->patch(record.key(), record.ts(), value), "patch");
  const Record expected(record.key(), record.ts(), value);
  agree(found == expected, "a patch: expected " + say(expected) + ", found " + say(found));
  writer.oracle.put(expected);
}

// Readers.

void Rivals::read(std::uint64_t seed) {
  Random random(seed);
  std::map<const Writer*, Seen> seen;
  std::uint64_t rounds = 0;
  do {
    const Snapshot snapshot = sure(engine_->snapshot(), "snapshot");
    const ReadOptions options = ReadOptions().snapshot(snapshot).threads(1 + random.below(2));
    for (const auto& writer : writers_) {
      Seen& before = seen[writer.get()];
      const std::uint64_t found = check_sheets(*writer, options, random);
      agree(found >= before.sheets, "sheets of " + say(writer->prefix) + ": expected " +
                                        std::to_string(before.sheets) + " at least, found " +
                                        std::to_string(found));
      agree(snapshot.sequence() >= before.sequence, "a later snapshot is of an earlier sequence");
      before = {found, snapshot.sequence()};
    }
    if (random.chance(0.3)) check_same_again(*writers_[random.below(writer_count)], options);
    ++rounds;
  } while (writing_ != 0 && !failed_);
  const std::lock_guard lock(mutex_);
  answers_ += rounds * writer_count;
}

/// How many batches of the writer a snapshot shows; each of them whole, and none without those
/// before it.
std::uint64_t Rivals::check_sheets(const Writer& writer, const ReadOptions& options,
                                   Random& random) {
  const Query query = Query::prefix(writer.prefix + "sheet/");
  Query newest = query;
  newest.newest_first().per_series(1);
  const auto last = sure(engine_->query(newest, options), "query");
  const auto count =
      last.empty() ? std::uint64_t{0} : static_cast<std::uint64_t>(last.front().value().as_int64());
  agree(last.empty() || last.size() == sheets, "a part of a batch: " + difference(last, {}));
  for (const Record& record : last) {
    agree(record.ts() == moment(count) && record.value() == last.front().value(),
          "sheets that do not agree: " + say(last.front()) + " and " + say(record));
  }
  if (random.chance(0.4)) {
    const std::uint64_t records = sure(engine_->count(query, options), "count");
    agree(records == count * sheets, "count of sheets: expected " + std::to_string(count * sheets) +
                                         ", found " + std::to_string(records));
  }
  if (random.chance(0.3)) {
    const auto sums =
        sure(engine_->aggregate(query, Aggregation::sum.group_by_prefix(2), options), "aggregate");
    const auto expected = static_cast<double>(sheets * count * (count + 1) / 2);
    agree(count == 0 ? sums.empty() : sums.size() == 1 && sums.front().value == Value(expected),
          "the sum of all numbers of sheets is not that of 1 to " + std::to_string(count));
  }
  if (random.chance(0.1)) {
    Scan scan = sure(engine_->scan(query, options), "scan");
    std::uint64_t n = 0;
    for (const RecordView& record : scan) {
      const std::uint64_t number = n++ % count + 1;
      agree(record.ts() == moment(number), "a sheet that is not numbered without a gap");
    }
    sure(scan.status(), "the status of a scan");
    agree(n == count * sheets, "a scan of sheets: expected " + std::to_string(count * sheets) +
                                   " records, found " + std::to_string(n));
  }
  return count;
}

/// Whatever happens meanwhile, a snapshot says again what it said.
void Rivals::check_same_again(const Writer& writer, const ReadOptions& options) {
  const Query query = Query::prefix(writer.prefix);
  const auto before = sure(engine_->query(query, options), "query");
  std::this_thread::yield();
  Query backwards = query;
  backwards.newest_first();
  auto again = sure(engine_->query(backwards, options), "query");
  std::vector<Record> turned;
  for (auto record = again.begin(); record != again.end();) {
    const auto next = std::find_if(
        record, again.end(), [&](const Record& other) { return other.key() != record->key(); });
    turned.insert(turned.end(), std::make_reverse_iterator(next),
                  std::make_reverse_iterator(record));
    record = next;
  }
  const std::string differs = difference(turned, before);
  agree(differs.empty(), "a snapshot asked again, newest first: " + differs);
}

// Keepers.

/// What a program may call beside the background: it is to change no answer. And the clock goes on.
void Rivals::keep(std::uint64_t seed) {
  Random random(seed);
  do {
    switch (random.below(5)) {
      case 0: sure(engine_->flush(), "flush"); break;
      case 1: sure(engine_->compact(), "compact"); break;
      case 2: sure(engine_->collect_garbage(), "collect_garbage"); break;
      case 3: sure(engine_->sync(), "sync"); break;
      default: clock_->advance(Duration(random.between(1, 5'000'000)));
    }
    std::this_thread::sleep_for(1ms);
  } while (writing_ != 0 && !failed_);
}

// The end.

void Rivals::compare_all() {
  Oracle all(run_epoch);
  for (const auto& writer : writers_) all.join(writer->oracle);
  all.look_at(clock_->wall());
  Asker asking(*engine_, {}, all, compared_);
  asking.everything();
  Random random(seed_);
  for (int questions = 0; questions < 12; ++questions) asking.anything(habits_, random);
}

}  // namespace varve::test
