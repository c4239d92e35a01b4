#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/model/model.hpp"
#include "tests/support/engine_sizes.hpp"
#include "tests/support/random.hpp"

namespace varve::test {

/// The one thing that a step does.
enum class Action : std::uint8_t {
  write_records,
  write_batch,
  write_many,
  write_inline,
  try_write,
  async_write,
  append,
  append_points,
  erase,
  erase_batch,
  erase_range,
  erase_prefix,
  patch,
  async_patch,
  bulk,
  feed,
  refused,
  read,
  async_read,
  check_all,
  take_snapshot,
  read_snapshot,
  drop_snapshot,
  begin_scan,
  go_on_scanning,
  flush,
  compact,
  collect,
  checkpoint,
  sync,
  step,
  toggle_maintenance,
  clock_forward,
  clock_back,
  reopen,
};
inline constexpr std::size_t action_count = static_cast<std::size_t>(Action::reopen) + 1;

std::string_view name_of(Action action);

/// All that a step does follows from its own seed and the words of the program, so a program from
/// which steps were taken out does with the others what it did before, as nearly as can be.
struct Step {
  Action action;
  std::uint64_t seed;
};

/// What all steps of a program draw on: few keys and times, so that they meet again and again.
class Words {
 public:
  Words(Random random, Sizes sizes);

  /// The wall when the program begins.
  static constexpr Timestamp epoch = 1'700'000'000'000'000;
  /// Of a batch, which has to fit in 64 KiB: the least that memtable_bytes and a quarter of
  /// wal_bytes can be.
  static constexpr std::size_t batch_bytes_max = std::size_t{40} << 10;
  /// Series that one step of bulk() writes to.
  static constexpr std::size_t many_series_max = 400;

  bool threadless() const { return threadless_; }
  /// Whether records lie in many windows, and late ones of them wait in level 0: what engines with
  /// tiny sizes are for.
  bool has_layers() const { return has_layers_; }
  /// Whether there are steps that write thousands of records.
  bool has_bulk() const { return has_bulk_; }
  /// Whether there are steps that write on and on in time, as a gateway does.
  bool has_feed() const { return has_feed_; }

  /// How the engine is opened, first and each time again.
  Options options(Random& random) const;

  const std::vector<std::string>& keys() const { return keys_; }
  const std::vector<Timestamp>& times() const { return times_; }

  std::string key(Random& random) const;
  Timestamp ts(Random& random) const;
  Value value(Random& random) const;
  Duration ttl(Random& random) const;
  std::string prefix(Random& random) const;
  KeySet key_range(Random& random) const;
  TimeRange times(Random& random) const;
  Selection selection(Random& random) const;
  /// Of few names and values, so that series share them.
  std::string label_name(Random& random) const;
  Labels labels(Random& random) const;
  Matcher matcher(Random& random) const;
  Aggregation aggregation(Random& random) const;
  /// A batch that any of the options accept. With `puts_only`, puts without a TTL.
  Changes changes(Random& random, std::size_t count_max, bool puts_only = false) const;
  /// Thousands of records of one series, or one record of each of hundreds of series.
  Changes bulk(Random& random) const;
  /// Some hundred records of a few series, of about equal times in [from, from + span).
  Changes feed(Random& random, Timestamp from, Duration span) const;

 private:
  Changes long_series(Random& random) const;
  Changes many_series(Random& random) const;
  Change change(Random& random, bool puts_only) const;
  std::string key_bound(Random& random) const;

  bool threadless_;
  bool has_layers_;
  bool has_bulk_;
  bool has_feed_;
  bool has_large_;  // Values of some KiB, so that memtables fill.
  bool one_type_;   // Nearly all values have the first of types_.
  std::vector<ValueType> types_;
  double expiring_;  // The share of puts that expire.
  std::vector<std::string> keys_;
  std::vector<Timestamp> times_;
};

struct Program {
  std::uint64_t seed;
  Sizes sizes;
  std::vector<Step> steps;
};

/// The program of a seed: some of the actions, each with a weight of its own, since what needs
/// many of one kind and none of another is never found by an even mix.
Program random_program(std::uint64_t seed, Sizes sizes);

/// The words of a program.
Words words_of(std::uint64_t seed, Sizes sizes);

}  // namespace varve::test
