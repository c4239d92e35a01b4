#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/differential/oracle.hpp"
#include "varve/varve.hpp"

namespace varve::test {

/// A batch, and beside it what it does to the oracle, in the same order.
class TwinBatch {
 public:
  /// `default_ttl` is that of the call that will write it, else the engine's. The batch has room
  /// for operations until `bytes_max` of it are taken.
  TwinBatch(std::optional<Duration> default_ttl, std::size_t bytes_max)
      : default_ttl_(default_ttl), bytes_max_(bytes_max) {}

  /// Whether one more operation of about so many bytes fits in, whatever it costs to store it.
  bool has_room(std::size_t bytes) const { return bytes_ + bytes + overhead <= bytes_max_; }

  // As of WriteBatch. Those that do not fit in are left out.

  void put(std::string_view key, Timestamp ts, const Value& value,
           std::optional<Duration> ttl = {});
  void put(const Series& series, Timestamp ts, const Value& value,
           std::optional<Duration> ttl = {});
  void put_until(std::string_view key, Timestamp ts, const Value& value, Timestamp expires_at);
  void erase(std::string_view key, Timestamp ts);
  void erase_range(std::string_view first, std::optional<std::string> end, const TimeRange& range);
  void erase_prefix(std::string_view prefix, const TimeRange& range);
  void describe(std::string_view key, const Labels& labels);
  /// note(), or remove_note() for none.
  void keep_note(std::string_view name, const std::optional<std::string>& bytes);

  bool empty() const { return effects_.empty(); }
  std::size_t size() const { return effects_.size(); }
  WriteBatch& batch() { return batch_; }
  void apply_to(Oracle& oracle) const;
  /// What Receipt::expired has to be if it is applied at `now`; none where a range of the batch
  /// may cover some of its records, which are not applied then.
  std::optional<std::uint64_t> expired_at(Timestamp now) const;
  /// In words; only the first operations of many.
  std::string words() const;

 private:
  // More than an operation and its key take beside their bytes.
  static constexpr std::size_t overhead = 96;

  bool take(std::size_t bytes);
  void note(std::string words, std::function<void(Oracle&)> effect);
  void note_put(Record record);

  std::optional<Duration> default_ttl_;
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  WriteBatch batch_;
  std::vector<std::function<void(Oracle&)>> effects_;
  std::vector<Timestamp> expiries_;
  bool has_range_ = false;
  std::vector<std::string> words_;
};

}  // namespace varve::test
