#pragma once

#include "varve/detail/requirements.hpp"

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "varve/detail/with_type.hpp"
#include "varve/error.hpp"
#include "varve/record.hpp"
#include "varve/time.hpp"
#include "varve/value.hpp"

namespace varve {

/// Consecutive records of one series whose values have one type, as columns: value i belongs to
/// timestamp i. Inside the engine this is one *stretch* (rows of one key and type); what its pages
/// call a block is a part of a table, from which a scan makes one Block or many.
///
/// A series comes in more than one Block if it is long or if its values change their type. A Block
/// points into its Scan, and is valid until the scan gives the next one or ends.
class Block {
 public:
  /// The series that all its records belong to.
  std::string_view key() const { return key_; }
  /// How many records it holds: one at least, if a scan gave it.
  std::size_t size() const { return timestamps_.size(); }
  /// Ascending, or descending if the query asked for newest_first().
  std::span<const Timestamp> timestamps() const { return timestamps_; }
  /// One expires_at per record, or empty if none of the records expires.
  std::span<const Timestamp> expiries() const { return expiries_; }

  /// The type that all its values have. It says which of the next four to call.
  ValueType type() const { return type_; }

  // The column of values, size() of them. Each REQUIRES the type of its name, which is not checked.

  std::span<const double> doubles() const { return {static_cast<const double*>(values_), size()}; }
  std::span<const std::int64_t> int64s() const {
    return {static_cast<const std::int64_t*>(values_), size()};
  }
  std::span<const bool> bools() const { return {static_cast<const bool*>(values_), size()}; }
  std::span<const std::string_view> bytes() const {
    return {static_cast<const std::string_view*>(values_), size()};
  }

  /// One value, whatever the type. REQUIRES index < size(), as record() does.
  ValueView value(std::size_t index) const {
    return detail::with_type(
        type_, [&]<class T>() -> ValueView { return static_cast<const T*>(values_)[index]; });
  }
  /// The first `count` records alone. REQUIRES count <= size(). Copies nothing.
  Block first(std::size_t count) const {
    return {key_, type_, timestamps_.first(count), values_,
            expiries_.empty() ? expiries_ : expiries_.first(count)};
  }
  /// One record, put together from the columns. It points into the block.
  RecordView record(std::size_t index) const {
    return {key_, timestamps_[index], value(index), expiries_.empty() ? never : expiries_[index]};
  }

  /// For the engine, and for sources of one's own. `values` points to timestamps.size() values of
  /// the C++ type of `type`: double, std::int64_t, bool or std::string_view. `expiries` is empty or
  /// as long as `timestamps`. Everything is owned by somebody else.
  Block(std::string_view key, ValueType type, std::span<const Timestamp> timestamps,
        const void* values, std::span<const Timestamp> expiries)
      : key_(key), type_(type), timestamps_(timestamps), values_(values), expiries_(expiries) {}

 private:
  std::string_view key_;
  ValueType type_;
  std::span<const Timestamp> timestamps_;
  const void* values_;
  std::span<const Timestamp> expiries_;
};

/// A lazy walk over the records of a query, once. It holds a few blocks at a time, however many
/// records the query has, and reads from disk only as far as it is followed.
///
///     Scan scan = engine.scan(query).value();
///     for (const RecordView& record : scan) use(record);
///     if (!scan.status()) report(scan.status().error());
///
/// Or, faster for numbers, column by column:
///
///     for (;;) {
///       const Result<std::optional<Block>> block = scan.next_block();
///       if (!block) return report(block.error());
///       if (!*block) break;
///       use((*block)->timestamps(), (*block)->doubles());
///     }
///
/// It shows the database as it was when it began, and pins memory and files as a snapshot does.
/// Use it on one thread at a time. It may outlive its engine: once that is closed, the next step of
/// it fails with Errc::closed, and what it pins goes with it.
class Scan {
 public:
  /// What a scan walks on; the engine makes it.
  class Source {
   public:
    virtual ~Source() = default;
    /// The next blocks, each of a record at least; none at the end. Valid until the next call.
    virtual Result<std::span<const Block>> next_blocks() = 0;
    /// Ends what reads ahead. No next_blocks() after it, nor beside it.
    virtual void stop() {}
  };

  /// Goes over the records once (an input iterator). What it points to is valid until it is
  /// incremented.
  class iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = RecordView;
    using difference_type = std::ptrdiff_t;

    RecordView operator*() const { return scan_->blocks_.front().record(scan_->index_); }
    iterator& operator++() {
      scan_->advance();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return scan_->blocks_.empty(); }

   private:
    friend class Scan;
    explicit iterator(Scan* scan) : scan_(scan) {}
    Scan* scan_;
  };

  /// Engine::scan() makes it.
  explicit Scan(std::unique_ptr<Source> source) : source_(std::move(source)) {}
  Scan(Scan&&) noexcept = default;
  Scan& operator=(Scan&&) noexcept = default;

  /// Returns the next block, or an empty optional at the end. An error is final: every later call
  /// returns it again. Follow a scan either with this or with begin(), not with both.
  Result<std::optional<Block>> next_block();

  /// Reads the first records. A scan is walked once: begun again it has none, and status() is
  /// invalid_argument from then on.
  iterator begin();
  std::default_sentinel_t end() const { return {}; }

  /// Whether everything so far went well. Ask after the loop: an error ends it early.
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  void load();
  void advance() {
    if (++index_ < blocks_.front().size()) return;
    index_ = 0;
    blocks_ = blocks_.subspan(1);
    if (blocks_.empty()) load();
  }

  std::unique_ptr<Source> source_;
  std::span<const Block> blocks_;  // Not given yet; of the record loop, the first is its current.
  std::size_t index_ = 0;          // In that.
  bool begun_ = false;
  Status status_;
};

}  // namespace varve
