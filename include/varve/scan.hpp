#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "varve/error.hpp"
#include "varve/record.hpp"
#include "varve/time.hpp"
#include "varve/value.hpp"

namespace varve {

/// Consecutive records of one series whose values have one type, as columns. It points into its
/// Scan and is valid until the scan gives the next block, or ends.
class Block {
 public:
  std::string_view key() const { return key_; }
  std::size_t size() const { return timestamps_.size(); }
  std::span<const Timestamp> timestamps() const { return timestamps_; }
  /// One per record, or empty where none expires.
  std::span<const Timestamp> expiries() const { return expiries_; }

  ValueType type() const { return type_; }
  // Each REQUIRES the type of its name, and has size() values.
  std::span<const double> doubles() const { return {static_cast<const double*>(values_), size()}; }
  std::span<const std::int64_t> int64s() const {
    return {static_cast<const std::int64_t*>(values_), size()};
  }
  std::span<const bool> bools() const { return {static_cast<const bool*>(values_), size()}; }
  std::span<const std::string_view> bytes() const {
    return {static_cast<const std::string_view*>(values_), size()};
  }

  ValueView value(std::size_t index) const {
    switch (type_) {
      case ValueType::double_: return doubles()[index];
      case ValueType::int64: return int64s()[index];
      case ValueType::bool_: return bools()[index];
      case ValueType::bytes: break;
    }
    return bytes()[index];
  }
  /// The first records alone. REQUIRES that there are so many.
  Block first(std::size_t count) const {
    return {key_, type_, timestamps_.first(count), values_,
            expiries_.empty() ? expiries_ : expiries_.first(count)};
  }
  RecordView record(std::size_t index) const {
    return {key_, timestamps_[index], value(index), expiries_.empty() ? never : expiries_[index]};
  }

  /// `values` points to timestamps.size() values of the C++ type of `type`.
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

/// A lazy walk over the records of a query. It holds a few blocks whatever the range, and pins
/// the view it began with, as a snapshot does. Use one on one thread at a time, and let it go
/// before its engine.
///
///     for (const RecordView& record : scan) use(record);
///     if (!scan.status()) report(scan.status().error());
class Scan {
 public:
  /// What a scan walks on; the engine makes it.
  class Source {
   public:
    virtual ~Source() = default;
    /// The next blocks, each of a record at least; none at the end. Valid until the next call.
    virtual Result<std::span<const Block>> next_blocks() = 0;
  };

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

  explicit Scan(std::unique_ptr<Source> source) : source_(std::move(source)) {}
  Scan(Scan&&) noexcept = default;
  Scan& operator=(Scan&&) noexcept = default;

  /// The next block, or an empty optional at the end. An error is final: every later call
  /// returns it again. Begin a scan either with this or with begin(), not both.
  Result<std::optional<Block>> next_block();

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
  Status status_;
};

}  // namespace varve
