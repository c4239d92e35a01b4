#include "query/scan/parallel_source.hpp"

#include <algorithm>
#include <deque>
#include <memory>
#include <span>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>

#include "engine/base/assert.hpp"
#include "engine/base/bytes.hpp"
#include "engine/base/mutex.hpp"
#include "engine/base/no_memory.hpp"
#include "engine/base/thread.hpp"
#include "engine/record/rows.hpp"
#include "varve/detail/with_type.hpp"
#include "varve/try.hpp"

// A read by several threads. Its parts, in the order of this file:
//
// - Sample, sample(): where the rows of memtables and tables lie, for split_keys() to cut the range
//   of keys into parts of about equally many rows;
// - OwnedBlocks, OwnedUnread: what one thread hands to another, with all memory of its own, since
//   a source's blocks are valid only until it goes on;
// - ParallelSource: the threads, one queue for each part, and the taker, who sees the parts in
//   order as if one thread had read them.
//
// The taker keeps the limit: threads read ahead in vain by what two parts a thread may hold.

namespace varve::query {

namespace {

using engine::Condition;
using engine::KeyRange;
using engine::Lock;
using engine::Mutex;

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
  const auto rows_each =
      static_cast<std::size_t>(memtable.row_count() / std::max<std::size_t>(series->size(), 1) + 1);
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

std::size_t padded(std::size_t size) { return (size + 7) / 8 * 8; }

/// Copies to `at`, and moves that on. Everything begins at a multiple of eight bytes.
template <class T>
std::span<const T> copy(std::span<const T> values, std::byte*& at) {
  engine::copy_bytes(at, values.data(), values.size_bytes());
  const auto* const copied = reinterpret_cast<const T*>(at);
  at += padded(values.size_bytes());
  return {copied, values.size()};
}

std::string_view copy(std::string_view text, std::byte*& at) {
  const auto copied = copy(std::span(text.data(), text.size()), at);
  return {copied.data(), copied.size()};
}

std::span<const std::string_view> copy(std::span<const std::string_view> texts, std::byte*& at) {
  auto* const views = reinterpret_cast<std::string_view*>(at);
  at += texts.size_bytes();
  for (std::size_t i = 0; i < texts.size(); ++i) std::construct_at(views + i, copy(texts[i], at));
  return {views, texts.size()};
}

template <class T>
std::span<const T> column(const Block& block) {
  if constexpr (std::is_same_v<T, double>) return block.doubles();
  if constexpr (std::is_same_v<T, std::int64_t>) return block.int64s();
  if constexpr (std::is_same_v<T, bool>) return block.bools();
  if constexpr (std::is_same_v<T, std::string_view>) return block.bytes();
}

const void* copy_values(const Block& block, std::byte*& at) {
  return varve::detail::with_type(
      block.type(), [&]<class T>() -> const void* { return copy(column<T>(block), at).data(); });
}

Block copy(const Block& block, std::byte*& at) {
  const auto timestamps = copy(block.timestamps(), at);
  const auto expiries = copy(block.expiries(), at);
  const auto values = copy_values(block, at);
  return {copy(block.key(), at), block.type(), timestamps, values, expiries};
}

/// Blocks that own all they say, in one piece of memory.
class OwnedBlocks {
 public:
  explicit OwnedBlocks(std::span<const Block> blocks) {
    for (const Block& block : blocks) size_ += size_of(block);
    memory_ = std::make_unique_for_overwrite<std::byte[]>(size_);
    std::byte* at = memory_.get();
    blocks_.reserve(blocks.size());
    for (const Block& block : blocks) blocks_.push_back(copy(block, at));
    VARVE_ASSERT(at == memory_.get() + size_);
  }

  std::size_t bytes() const { return size_ + blocks_.size() * sizeof(Block); }
  /// Of which the caller may cut off the end.
  std::vector<Block>& blocks() { return blocks_; }

 private:
  static std::size_t width_of(const Block& block) {
    return engine::value_size(engine::row_type(block.type()));
  }

  static std::size_t size_of(const Block& block) {
    std::size_t size = (block.timestamps().size() + block.expiries().size()) * sizeof(Timestamp) +
                       padded(block.size() * width_of(block)) + padded(block.key().size());
    if (block.type() == ValueType::bytes) {
      for (const std::string_view value : block.bytes()) size += padded(value.size());
    }
    return size;
  }

  std::size_t size_ = 0;
  std::unique_ptr<std::byte[]> memory_;
  std::vector<Block> blocks_;
};

/// What is known of a block that nobody needs to read.
struct OwnedUnread {
  explicit OwnedUnread(const UnreadBlock& block) : key(block.key), statistics(block.statistics) {}
  std::size_t bytes() const { return sizeof(*this) + key.size(); }

  std::string key;
  BlockStatistics statistics;
};

using Item = std::variant<OwnedBlocks, OwnedUnread>;

std::size_t bytes_of(const Item& item) {
  return std::visit([](const auto& owned) { return owned.bytes(); }, item);
}

/// What a part gives next; nothing at its end.
Result<std::optional<Item>> next_item(AnswerSource& source) {
  VARVE_TRY(const auto unread, source.next_unread());
  if (unread) return Item(OwnedUnread(*unread));
  VARVE_TRY(const auto blocks, source.next_blocks());
  if (blocks.empty()) return std::optional<Item>();
  return Item(OwnedBlocks(blocks));
}

// Threads take parts in order and read each to its end into its own queue. Who takes the items
// empties the queues in the same order, so the part that it waits for is always one that a thread
// is at, or the next that one will take: a thread waits only while its own queue is full, which
// the taker empties when it comes to that part, and all before it are finished or being read.
//
// All of what they share lies under one mutex, taken once for an item. Items are moved, and belong
// to one thread at a time.
class ParallelSource final : public AnswerSource {
 public:
  ParallelSource(std::vector<KeyRange> parts, OpenPart open, std::size_t threads, std::size_t limit,
                 std::size_t waiting_bytes_max)
      : ranges_(std::move(parts)),
        open_(std::move(open)),
        parts_ahead_(2 * threads),
        waiting_bytes_max_(waiting_bytes_max),
        left_(limit),
        parts_(ranges_.size()) {
    for (std::size_t i = 1; i < ranges_.size(); ++i) {
      VARVE_ASSERT(ranges_[i - 1].end <= ranges_[i].first);
    }
  }

  ~ParallelSource() override { join(); }

  void stop() override { join(); }

  Status start(std::size_t threads) {
    threads = std::min(threads, ranges_.size());
    threads_.reserve(threads);  // One that runs must be in the list.
    for (std::size_t i = 0; i < threads; ++i) {
      VARVE_TRY(std::thread thread, engine::start_thread("varve-scan", [this] { work(); }));
      threads_.push_back(std::move(thread));
    }
    return {};
  }

  Result<std::span<const Block>> next_blocks() override {
    VARVE_TRY(const bool found, look());
    if (!found) return std::span<const Block>();
    // REQUIRED of the caller: what comes next is not unread.
    VARVE_ASSERT(std::holds_alternative<OwnedBlocks>(*ahead_));
    current_ = std::exchange(ahead_, std::nullopt);
    std::vector<Block>& blocks = std::get<OwnedBlocks>(*current_).blocks();
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      if (left_ <= blocks[i].size()) {
        blocks[i] = blocks[i].first(left_);
        blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(i) + 1, blocks.end());
      }
      VARVE_ASSERT(blocks[i].size() <= left_);
      left_ -= blocks[i].size();
    }
    return std::span<const Block>(blocks);
  }

  Result<std::optional<UnreadBlock>> next_unread() override {
    VARVE_TRY(const bool found, look());
    if (!found || !std::holds_alternative<OwnedUnread>(*ahead_)) {
      return std::optional<UnreadBlock>();
    }
    current_ = std::exchange(ahead_, std::nullopt);
    const auto& [key, statistics] = std::get<OwnedUnread>(*current_);
    return UnreadBlock{key, statistics};
  }

 private:
  struct Part {
    std::deque<Item> items;
    std::size_t bytes = 0;
    bool ended = false;
    std::optional<Error> failure;
  };

  void join() {
    {
      const Lock lock(mutex_);
      stopped_ = true;
    }
    room_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  /// Sees to it that the next item is in ahead_. False after the last, or the last record.
  Result<bool> look() {
    if (failure_) return std::unexpected(*failure_);
    if (left_ == 0) return false;
    if (!ahead_) {
      VARVE_TRY(ahead_, take());
    }
    return ahead_.has_value();
  }

  /// The next item, when it is there; nothing after the last.
  Result<std::optional<Item>> take() {
    const Lock lock(mutex_);
    for (; taken_ < parts_.size(); ++taken_, room_.notify_all()) {
      Part& part = parts_[taken_];
      while (part.items.empty() && !part.ended) filled_.wait(mutex_);
      if (!part.items.empty()) {
        std::optional<Item> item(std::move(part.items.front()));
        part.items.pop_front();
        const std::size_t before = std::exchange(part.bytes, part.bytes - bytes_of(*item));
        if (before > waiting_bytes_max_ && part.bytes <= waiting_bytes_max_) room_.notify_all();
        return item;
      }
      if (part.failure) {
        failure_ = engine::copied(*part.failure);
        return std::unexpected(*failure_);
      }
    }
    return std::optional<Item>();
  }

  void work() {
    while (const std::optional<std::size_t> number = next_part()) {
      Status status = engine::or_no_memory([&] { return read(*number); });
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
    VARVE_ASSERT(taken_ <= next_ && parts_[next_].items.empty() && !parts_[next_].ended);
    return next_++;
  }

  Status read(std::size_t number) {
    VARVE_TRY(const auto source, open_(ranges_[number]));
    while (true) {
      VARVE_TRY(auto item, next_item(*source));
      if (!item) return {};
      const Lock lock(mutex_);
      Part& part = parts_[number];
      while (!stopped_ && part.bytes > waiting_bytes_max_) room_.wait(mutex_);
      if (stopped_) return {};
      const std::size_t bytes = bytes_of(*item);
      part.items.push_back(*std::move(item));
      part.bytes += bytes;
      if (number == taken_) filled_.notify_one();
    }
  }

  const std::vector<KeyRange> ranges_;
  const OpenPart open_;
  const std::size_t parts_ahead_;  // So many, besides the one taken from, may have items waiting.
  const std::size_t waiting_bytes_max_;

  // Of who takes the items.
  std::size_t left_;             // Records.
  std::optional<Item> ahead_;    // Taken, and not given yet.
  std::optional<Item> current_;  // What was given last.
  std::optional<Error> failure_;

  Mutex mutex_;
  Condition filled_;  // The part that is taken from has an item more, or has ended.
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
                                         const engine::CursorOptions& options, std::size_t count,
                                         std::size_t rows_min) {
  std::vector<Sample> samples;
  for (const auto& memtable : view.memtables()) sample(*memtable, bounds.keys, samples);
  for (const auto& table : view.version().overlapping(bounds.keys, bounds.times)) {
    const auto index = table->index({.fill_cache = options.fill_cache});
    if (index) {
      sample(**index, bounds, samples);
    } else if (!options.passes_over(index.error())) {
      return std::unexpected(index.error());
    }
  }
  std::ranges::sort(samples, {}, &Sample::key);
  std::size_t rows = 0;
  for (const Sample& one : samples) rows += one.rows;
  count = std::min(count, rows / rows_min + 1);

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
                                                      std::size_t threads, std::size_t limit,
                                                      std::size_t waiting_bytes_max) {
  auto source = std::make_unique<ParallelSource>(std::move(parts), std::move(open), threads, limit,
                                                 waiting_bytes_max);
  VARVE_CHECK(source->start(threads));
  return source;
}

}  // namespace varve::query
