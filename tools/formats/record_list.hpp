#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "varve/labels.hpp"
#include "varve/record.hpp"

namespace varve::tools {

/// The labels of a series, as an input says them.
struct Description {
  std::string key;
  Labels labels;
  bool only_first = false;  ///< They are for a series that has none yet.

  friend bool operator==(const Description&, const Description&) = default;
};

/// Records that were read and are not written yet, with their bytes in one piece of memory that
/// is used again; and the labels that were read with them.
class RecordList {
 public:
  /// Copies the key and the bytes of the value.
  void add(std::string_view key, Timestamp ts, const ValueView& value,
           Timestamp expires_at = never) {
    Item item{heap_.size(), key.size(), 0, ts, value, expires_at};
    heap_ += key;
    if (value.type() == ValueType::bytes) {
      item.bytes_size = value.as_bytes().size();
      heap_ += value.as_bytes();
    }
    items_.push_back(item);
  }

  /// Valid until the list changes.
  RecordView operator[](std::size_t index) const {
    const Item& item = items_[index];
    const std::string_view heap = heap_;
    const std::string_view key = heap.substr(item.offset, item.key_size);
    if (item.value.type() != ValueType::bytes) {
      return {key, item.ts, item.value, item.expires_at};
    }
    return {key, item.ts, heap.substr(item.offset + item.key_size, item.bytes_size),
            item.expires_at};
  }

  /// Labels in place of all that the series has. A line does it last: a bad one has none.
  void describe(std::string key, Labels labels) {
    label_bytes_ += bytes_of(key, labels);
    descriptions_.push_back({std::move(key), std::move(labels), false});
  }
  /// Labels that `make()` gives, for a series that has none, the first time that its key is named
  /// since clear(). As describe().
  template <class Make>
  void describe_once(std::string_view key, Make make) {
    if (described_.contains(key)) return;
    described_.emplace(key);
    Labels labels = make();
    label_bytes_ += bytes_of(key, labels);
    descriptions_.push_back({std::string(key), std::move(labels), true});
  }
  const std::vector<Description>& descriptions() const { return descriptions_; }

  /// Of records.
  std::size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty() && descriptions_.empty(); }
  /// What the keys and values of the records take.
  std::size_t bytes() const { return heap_.size(); }
  /// What the descriptions take.
  std::size_t label_bytes() const { return label_bytes_; }
  void clear() {
    next_batch();
    described_.clear();
    ++forgotten_;
  }
  /// How often clear() made it forget the keys that describe_once() met.
  std::uint64_t forgotten() const { return forgotten_; }
  /// Drops records and labels, and still remembers the keys that describe_once() met: for more of
  /// one long input, at the price of memory for each of its series.
  void next_batch() {
    shrink(0);
    descriptions_.clear();
    label_bytes_ = 0;
  }
  /// Drops all but the first `size` records: those of a line that turned out bad.
  void shrink(std::size_t size) {
    if (size >= items_.size()) return;
    heap_.resize(items_[size].offset);
    items_.resize(size, {0, 0, 0, 0, ValueView(0.0), never});
  }

 private:
  struct Item {
    std::size_t offset;  // In heap_: the key, then the value's bytes.
    std::size_t key_size;
    std::size_t bytes_size;
    Timestamp ts;
    ValueView value;  // Not to be used for bytes: it points where they came from.
    Timestamp expires_at;
  };

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const {
      return std::hash<std::string_view>()(key);
    }
  };

  static std::size_t bytes_of(std::string_view key, const Labels& labels) {
    std::size_t bytes = sizeof(Description) + key.size();
    for (const Label& label : labels) {
      bytes += sizeof(Label) + label.name().size() + label.value().size();
    }
    return bytes;
  }

  std::vector<Item> items_;
  std::string heap_;
  std::vector<Description> descriptions_;
  std::size_t label_bytes_ = 0;
  std::unordered_set<std::string, Hash, std::equal_to<>> described_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace varve::tools
