#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "varve/time.hpp"
#include "varve/value.hpp"

namespace varve::bench {

/// The keys of a run, by number, in one piece of memory.
class Keys {
 public:
  void add(std::string_view key) {
    heap_ += key;
    ends_.push_back(static_cast<std::uint32_t>(heap_.size()));
  }
  std::size_t size() const { return ends_.size() - 1; }
  std::string_view operator[](std::size_t number) const {
    return {heap_.data() + ends_[number], ends_[number + 1] - ends_[number]};
  }

 private:
  std::string heap_;
  std::vector<std::uint32_t> ends_{0};
};

/// One record to write: the number of its key, its time, and a double or a text that the
/// generator keeps. Small, so that reading the input costs every store the same few nanoseconds.
class Reading {
 public:
  Reading(std::uint32_t key, Timestamp ts, double number)
      : ts_(ts), bits_(std::bit_cast<std::uint64_t>(number)), key_(key), size_(numeric) {}
  Reading(std::uint32_t key, Timestamp ts, std::string_view text)
      : ts_(ts),
        bits_(std::bit_cast<std::uintptr_t>(text.data())),
        key_(key),
        size_(static_cast<std::uint32_t>(text.size())) {}

  std::uint32_t key() const { return key_; }
  Timestamp ts() const { return ts_; }
  bool is_number() const { return size_ == numeric; }
  double number() const { return std::bit_cast<double>(bits_); }
  std::string_view text() const { return {std::bit_cast<const char*>(bits_), size_}; }
  ValueView value() const { return is_number() ? ValueView(number()) : ValueView(text()); }
  std::size_t value_size() const { return is_number() ? sizeof(double) : size_; }

 private:
  static constexpr std::uint32_t numeric = ~std::uint32_t{0};

  Timestamp ts_;
  std::uint64_t bits_;
  std::uint32_t key_;
  std::uint32_t size_;
};

/// What one write writes.
struct Batch {
  const Keys& keys;
  std::span<const Reading> readings;

  std::string_view key(const Reading& reading) const { return keys[reading.key()]; }
};

// A digest says whether a value came back as it was written. It is cheap enough to be computed of
// every record of a timed scan, and reads all of a number and both ends of a text.

inline std::uint64_t digest(double number) { return std::bit_cast<std::uint64_t>(number); }
inline std::uint64_t digest(std::string_view text) {
  std::uint64_t head = 0;
  std::uint64_t tail = 0;
  if (text.size() >= sizeof head) {
    std::memcpy(&head, text.data(), sizeof head);
    std::memcpy(&tail, text.data() + text.size() - sizeof tail, sizeof tail);
  }
  return head ^ std::rotl(tail, 17) ^ text.size();
}
inline std::uint64_t digest(const ValueView& value) {
  return value.type() == ValueType::double_ ? digest(value.as_double()) : digest(value.as_bytes());
}
inline std::uint64_t digest(const Reading& reading) {
  return reading.is_number() ? digest(reading.number()) : digest(reading.text());
}

/// What a read of many records found: their number, and a sum over them that does not depend on
/// their order and ties each value to its time.
struct Answer {
  std::uint64_t records = 0;
  std::uint64_t sum = 0;

  void add(std::size_t key_size, Timestamp ts, std::uint64_t value_digest) {
    ++records;
    sum += (static_cast<std::uint64_t>(ts) ^ value_digest) + key_size;
  }
  void add(const Batch& batch, const Reading& reading) {
    add(batch.key(reading).size(), reading.ts(), digest(reading));
  }
  void remove(const Batch& batch, const Reading& reading) {
    --records;
    sum -= (static_cast<std::uint64_t>(reading.ts()) ^ digest(reading)) + batch.key(reading).size();
  }

  friend bool operator==(const Answer&, const Answer&) = default;
};

/// The bytes of keys, times and values, as a program would hold them.
inline std::uint64_t logical_bytes(const Batch& batch) {
  std::uint64_t bytes = 0;
  for (const Reading& reading : batch.readings) {
    bytes += batch.key(reading).size() + sizeof(Timestamp) + reading.value_size();
  }
  return bytes;
}

}  // namespace varve::bench
