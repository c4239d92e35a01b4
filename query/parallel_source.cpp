#include "query/parallel_source.hpp"

#include <algorithm>
#include <deque>
#include <string_view>
#include <thread>
#include <utility>

#include "engine/base/mutex.hpp"
#include "engine/base/rows.hpp"
#include "engine/base/thread.hpp"
#include "engine/base/try.hpp"

namespace varve::query {

namespace {

using engine::Condition;
using engine::KeyRange;
using engine::Lock;
using engine::Mutex;

// Less is not worth a thread.
constexpr std::size_t part_rows_min = std::size_t{32} * 1024;

// What a part may hold that nobody has taken yet.
constexpr std::size_t waiting_bytes_max = std::size_t{1} << 20;

/// A key, and about how many rows follow it.
struct Sample {
  std::string key;
  std::size_t rows;
};

constexpr std::size_t samples_max = 1024;  // Of one source.

void sample(const engine::Memtable& memtable, const KeyRange& keys, std::vector<Sample>& samples) {
  const auto series = memtable.sorted_series(keys);
  const auto key_of = [](const engine::MemtableSeries* one) {
    return engine::Memtable::key_of(*one);
  };
  const auto first = std::ranges::lower_bound(*series, keys.first, {}, key_of);
  const auto end = std::ranges::lower_bound(first, series->end(), keys.end, {}, key_of);
  const auto count = static_cast<std::size_t>(end - first);
  const std::size_t step = count / samples_max + 1;
  const std::size_t rows_each = memtable.row_count() / std::max<std::size_t>(series->size(), 1) + 1;
  for (std::size_t i = 0; i < count; i += step) {
    samples.push_back({std::string(key_of(first[static_cast<std::ptrdiff_t>(i)])),
                       rows_each * std::min(step, count - i)});
  }
}

void sample(const engine::TableIndex& index, const engine::CursorBounds& bounds,
            std::vector<Sample>& samples) {
  const std::size_t step = index.entries.size() / samples_max + 1;
  std::size_t rows = 0;
  std::size_t counted = 0;
  for (const auto& entry : index.entries) {
    if (entry.last_key < bounds.keys.first || entry.first_key >= bounds.keys.end ||
        !entry.times.overlaps(bounds.times)) {
      continue;
    }
    rows += entry.rows;
    if (++counted % step != 0) continue;
    samples.push_back({std::string(std::max<std::string_view>(entry.first_key, bounds.keys.first)),
                       std::exchange(rows, 0)});
  }
}

/// A block that owns all it says.
class OwnedBlock {
 public:
  explicit OwnedBlock(const Block& block)
      : key_(block.key()),
        type_(block.type()),
        timestamps_(block.timestamps().begin(), block.timestamps().end()),
        expiries_(block.expiries().begin(), block.expiries().end()) {
    values_.reset(engine::row_type(type_));
    switch (type_) {
      case ValueType::double_: values_.append(block.doubles().data(), block.size()); break;
      case ValueType::int64: values_.append(block.int64s().data(), block.size()); break;
      case ValueType::bool_: values_.append(block.bools().data(), block.size()); break;
      case ValueType::bytes: copy_bytes(block.bytes()); break;
    }
  }

  std::size_t size() const { return timestamps_.size(); }
  std::size_t bytes() const {
    return key_.size() + (timestamps_.size() + expiries_.size()) * sizeof(Timestamp) +
           values_.bytes() + heap_size_;
  }
  Block view(std::size_t count) const {
    const std::span<const Timestamp> timestamps(timestamps_);
    const std::span<const Timestamp> expiries(expiries_);
    return {key_, type_, timestamps.first(count), values_.data(),
            expiries.empty() ? expiries : expiries.first(count)};
  }

 private:
  void copy_bytes(std::span<const std::string_view> values) {
    for (const std::string_view value : values) heap_size_ += value.size();
    heap_ = std::make_unique_for_overwrite<char[]>(heap_size_);
    char* at = heap_.get();
    for (const std::string_view value : values) {
      const std::string_view copy(at, value.size());
      at = std::ranges::copy(value, at).out;
      values_.append(ValueView(copy));
    }
  }

  std::string key_;
  ValueType type_;
  std::vector<Timestamp> timestamps_;
  std::vector<Timestamp> expiries_;
  engine::Column values_;
  std::unique_ptr<char[]> heap_;
  std::size_t heap_size_ = 0;
};

// Threads take parts in order and read each to its end into its own queue. Who takes the blocks
// empties the queues in the same order, so the part that it waits for is always one that a thread
// is at, or the next that one will take: a thread waits only while its own queue is full, which
// the taker empties when it comes to that part, and all before it are finished or being read.
//
// All of what they share lies under one mutex, taken once for a block. Blocks are moved, and belong
// to one thread at a time.
class ParallelSource final : public AnswerSource {
 public:
  ParallelSource(std::vector<KeyRange> parts, OpenPart open, std::size_t threads, std::size_t limit)
      : ranges_(std::move(parts)),
        open_(std::move(open)),
        parts_ahead_(2 * threads),
        left_(limit),
        parts_(ranges_.size()) {}

  ~ParallelSource() override {
    {
      const Lock lock(mutex_);
      stopped_ = true;
    }
    room_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  Status start(std::size_t threads) {
    threads = std::min(threads, ranges_.size());
    for (std::size_t i = 0; i < threads; ++i) {
      VARVE_TRY(std::thread thread, engine::start_thread("varve-scan", [this] { work(); }));
      threads_.push_back(std::move(thread));
    }
    return {};
  }

  Result<std::optional<Block>> next_block() override {
    if (failure_) return std::unexpected(*failure_);
    if (left_ == 0) return std::optional<Block>();
    VARVE_TRY(current_, take());
    if (!current_) return std::optional<Block>();
    const std::size_t count = std::min(current_->size(), left_);
    left_ -= count;
    return current_->view(count);
  }

 private:
  struct Part {
    std::deque<OwnedBlock> blocks;
    std::size_t bytes = 0;
    bool ended = false;
    std::optional<Error> failure;
  };

  /// The next block, when it is there; nothing after the last.
  Result<std::optional<OwnedBlock>> take() {
    const Lock lock(mutex_);
    for (; taken_ < parts_.size(); ++taken_, room_.notify_all()) {
      Part& part = parts_[taken_];
      while (part.blocks.empty() && !part.ended) filled_.wait(mutex_);
      if (!part.blocks.empty()) {
        std::optional<OwnedBlock> block(std::move(part.blocks.front()));
        part.blocks.pop_front();
        const std::size_t before = std::exchange(part.bytes, part.bytes - block->bytes());
        if (before > waiting_bytes_max && part.bytes <= waiting_bytes_max) room_.notify_all();
        return block;
      }
      if (part.failure) {
        failure_ = part.failure;
        return std::unexpected(*failure_);
      }
    }
    return std::optional<OwnedBlock>();
  }

  void work() {
    while (const std::optional<std::size_t> number = next_part()) {
      Status status = read(*number);
      const Lock lock(mutex_);
      if (!status) parts_[*number].failure = std::move(status).error();
      parts_[*number].ended = true;
      filled_.notify_one();
    }
  }

  /// Waits until one is to be read.
  std::optional<std::size_t> next_part() {
    const Lock lock(mutex_);
    while (!stopped_ && next_ < parts_.size() && next_ > taken_ + parts_ahead_) {
      room_.wait(mutex_);
    }
    if (stopped_ || next_ == parts_.size()) return std::nullopt;
    return next_++;
  }

  Status read(std::size_t number) {
    VARVE_TRY(const auto source, open_(ranges_[number]));
    while (true) {
      VARVE_TRY(const auto block, source->next_block());
      if (!block) return {};
      OwnedBlock owned(*block);
      const Lock lock(mutex_);
      Part& part = parts_[number];
      while (!stopped_ && part.bytes > waiting_bytes_max) room_.wait(mutex_);
      if (stopped_) return {};
      part.bytes += owned.bytes();
      part.blocks.push_back(std::move(owned));
      if (number == taken_) filled_.notify_one();
    }
  }

  const std::vector<KeyRange> ranges_;
  const OpenPart open_;
  const std::size_t parts_ahead_;  // So many, besides the one taken from, may have blocks waiting.

  // Of who takes the blocks.
  std::size_t left_;
  std::optional<OwnedBlock> current_;
  std::optional<Error> failure_;

  Mutex mutex_;
  Condition filled_;  // The part that is taken from has a block more, or has ended.
  Condition room_;    // A part can be begun, or its queue has room, or it is all over.
  std::vector<Part> parts_ VARVE_GUARDED_BY(mutex_);
  std::size_t next_ VARVE_GUARDED_BY(mutex_) = 0;   // To be read.
  std::size_t taken_ VARVE_GUARDED_BY(mutex_) = 0;  // To be taken from.
  bool stopped_ VARVE_GUARDED_BY(mutex_) = false;

  std::vector<std::thread> threads_;
};

}  // namespace

Result<std::vector<KeyRange>> split_keys(const engine::View& view,
                                         const engine::CursorBounds& bounds,
                                         const engine::CursorOptions& options, std::size_t count) {
  std::vector<Sample> samples;
  for (const auto& memtable : view.memtables()) sample(*memtable, bounds.keys, samples);
  for (const auto& table : view.version().overlapping(bounds.keys, bounds.times)) {
    const auto index = table->index({.fill_cache = options.fill_cache});
    if (index) {
      sample(**index, bounds, samples);
    } else if (!options.skip_damaged || index.error().code != Errc::corruption) {
      return std::unexpected(index.error());
    }
  }
  std::ranges::sort(samples, {}, &Sample::key);
  std::size_t rows = 0;
  for (const Sample& one : samples) rows += one.rows;
  count = std::min(count, rows / part_rows_min + 1);

  std::vector<KeyRange> parts{bounds.keys};
  std::size_t passed = 0;
  for (Sample& one : samples) {
    const bool is_next = passed >= rows / count * parts.size() && parts.size() < count;
    passed += one.rows;
    if (!is_next || one.key <= parts.back().first) continue;
    parts.back().end = one.key;
    parts.push_back({std::move(one.key), bounds.keys.end});
  }
  return parts;
}

Result<std::unique_ptr<AnswerSource>> parallel_source(std::vector<KeyRange> parts, OpenPart open,
                                                      std::size_t threads, std::size_t limit) {
  auto source = std::make_unique<ParallelSource>(std::move(parts), std::move(open), threads, limit);
  VARVE_CHECK(source->start(threads));
  return source;
}

}  // namespace varve::query
