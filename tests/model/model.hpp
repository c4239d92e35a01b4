#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/varve.hpp"

namespace varve::test {

/// Some keys, said in words: the model must not lean on the engine's arithmetic of bounds.
struct KeySet {
  enum class Kind : std::uint8_t { all, one, prefix, range };

  static KeySet all() { return {}; }
  static KeySet one(std::string key) { return {Kind::one, std::move(key), {}}; }
  static KeySet prefix(std::string prefix) { return {Kind::prefix, std::move(prefix), {}}; }
  static KeySet range(std::string first, std::optional<std::string> end) {
    return {Kind::range, std::move(first), std::move(end)};
  }

  bool contains(std::string_view key) const;
  /// Whether the engine takes it: an end below the first is refused.
  bool valid() const { return kind != Kind::range || !end || *end >= first; }

  Kind kind = Kind::all;
  std::string first;  // The key, the prefix, or where a range begins.
  std::optional<std::string> end;
};

bool contains(const TimeRange& range, Timestamp ts);
/// Whether the engine takes it.
bool valid(const TimeRange& range);

/// One operation of a batch.
struct Change {
  enum class Kind : std::uint8_t { put, erase, erase_range, describe, note };

  Kind kind = Kind::put;
  std::string key;                   // put, erase, describe; the name of a note
  Timestamp ts = 0;                  // put, erase
  Value value = 0.0;                 // put
  std::optional<Duration> ttl;       // put
  Timestamp expires_at = never;      // put without ttl; `never` asks for the default
  KeySet keys;                       // erase_range: a prefix or a range
  TimeRange times;                   // erase_range
  Labels labels;                     // describe
  std::optional<std::string> bytes;  // note; none takes it away
};

/// When the record of a put expires.
Timestamp expiry_of(const Change& put, std::optional<Duration> default_ttl);

/// A batch as it was written. Together its changes become visible or do not.
struct Changes {
  std::vector<Change> list;
  std::optional<Duration> default_ttl;  // Of the write, else of the engine.
};

/// What a query asks.
struct Selection {
  KeySet keys;
  TimeRange times;
  std::vector<Matcher> matchers = {};
  std::size_t limit = Query::unlimited;
  std::size_t per_series = Query::unlimited;
  bool newest_first = false;

  Query query() const;
  bool valid() const { return keys.valid() && test::valid(times); }
};

/// Whether a matcher takes the value of a label; "" where there is none.
bool accepts(const Matcher& matcher, std::string_view value);

/// What the engine promises, in the plainest form: a map of every record that was not deleted or
/// replaced, and a `now`. Copying it is a snapshot.
class Model {
 public:
  explicit Model(Timestamp now) : now_(now) {}

  Timestamp now() const { return now_; }
  /// The wall clock says `wall`, and the engine has looked.
  void look_at_clock(Timestamp wall);
  /// As after opening, when no earlier `now` is remembered.
  void restart_clock(Timestamp wall);

  void apply(const Changes& changes);
  void erase(std::string_view key, Timestamp ts);

  std::optional<Record> get(std::string_view key, Timestamp ts) const;
  std::vector<Record> latest_n(std::string_view key, std::size_t count) const;
  std::vector<Record> query(const Selection& selection) const;
  std::vector<std::string> series_list(const Selection& selection) const;
  std::vector<DescribedSeries> described_series(const Selection& selection) const;
  Labels labels(std::string_view key) const;
  /// Of the series that the keys and matchers choose; the limit counts names and values.
  std::vector<std::string> label_names(const Selection& selection) const;
  std::vector<std::string> label_values(std::string_view name, const Selection& selection) const;
  std::vector<Note> notes(std::string_view prefix) const;
  /// Everything that is live, as Selection() asks for it.
  std::vector<Record> all() const { return query({}); }

  /// The next moment at which a record expires.
  std::optional<Timestamp> next_expiry() const;

  /// Records that are live now and had been expired before a clock that ran ahead was set right.
  /// The engine may have dropped them for good meanwhile, or not.
  std::vector<Record> doubtful() const;
  /// From here on the engine is known to hold those that are left.
  void settle_doubts();

 private:
  // Keys by bytes, then ts. Held apart, so that a series is found without copying its key.
  struct Stored {
    Value value;
    Timestamp expires_at;
    bool was_expired;
  };
  using SeriesOfRecords = std::map<Timestamp, Stored>;

  void set_now(Timestamp now);
  void apply(const Change& change, std::optional<Duration> default_ttl);
  bool is_live(const Stored& stored) const { return now_ < stored.expires_at; }
  bool is_chosen(const std::string& key, const Selection& selection) const;

  Timestamp now_;
  std::map<std::string, SeriesOfRecords, std::less<>> series_;
  std::map<std::string, Labels, std::less<>> labels_;
  std::map<std::string, std::string> notes_;
};

}  // namespace varve::test
