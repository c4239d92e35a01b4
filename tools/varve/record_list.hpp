#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "varve/record.hpp"

namespace varve::tools {

/// Records that were read and are not written yet, with their bytes in one piece of memory that
/// is used again.
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

  std::size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  void clear() { shrink(0); }
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

  std::vector<Item> items_;
  std::string heap_;
};

}  // namespace varve::tools
