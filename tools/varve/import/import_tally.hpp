#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "tools/formats/record_list.hpp"
#include "varve/engine.hpp"

namespace varve::tools {

/// What an import has written so far: how many series, from when to when, and how many records took
/// the place of others of the same import. Its memory depends on the number of series alone, and
/// that is counted up to series_max. For one thread.
///
/// A record that lies behind all that came of its series, or before all of it, replaces nothing.
/// One at the time of the last does. For any other the engine is asked whether it has one then.
/// Where the series had records before the import, up to the last of these times it cannot be told
/// whose record is replaced, and nothing is counted.
class ImportTally {
 public:
  static constexpr std::size_t series_max = 100'000;

  /// Without an engine nothing is asked, and only records at the time of the last one count as
  /// replacing it.
  explicit ImportTally(Engine* engine) : engine_(engine) {}

  /// To be called with each batch before that is written. What the engine cannot answer is not
  /// counted: a summary is no reason to fail.
  void add(const RecordList& records);

  /// Has the last batch not be counted, since all of it was refused. REQUIRES that no other comes.
  void take_back() { counts_ = before_; }

  std::uint64_t replaced() const { return counts_.replaced; }
  /// "2 series", or "over 100,000 series".
  std::string series_text() const;
  /// "2024-05-01 00:00:00 to 2024-05-03 12:00:00", one moment, or nothing without records.
  std::string time_text() const;

 private:
  struct Series {
    bool is_new = true;
    Timestamp first = 0;
    Timestamp last = 0;
    std::optional<Timestamp> before;  // The last time that it had before the import.
    std::pair<const std::string, Series>* next = nullptr;  // What followed it the last time.
  };
  using Entry = std::pair<const std::string, Series>;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const {
      return std::hash<std::string_view>()(key);
    }
  };
  struct Counts {
    std::uint64_t series = 0;
    bool has_more_series = false;
    std::uint64_t replaced = 0;
    Timestamp first = std::numeric_limits<Timestamp>::max();
    Timestamp last = std::numeric_limits<Timestamp>::min();
  };
  /// Where a record of the batch stands.
  struct Place {
    const Series* series;
    Timestamp ts;

    friend bool operator==(const Place&, const Place&) = default;
  };
  struct PlaceHash {
    std::size_t operator()(const Place& place) const {
      return std::hash<const Series*>()(place.series) * 31 + std::hash<Timestamp>()(place.ts);
    }
  };

  Series* find(std::string_view key);
  Series first_seen(std::string_view key) const;
  bool replaces_late(const Place& place, std::string_view key);

  Engine* const engine_;
  std::unordered_map<std::string, Series, Hash, std::equal_to<>> series_;
  Entry* current_ = nullptr;  // Of the record before.
  Counts counts_;
  Counts before_;  // The last batch.
  // Of the batch, which the engine does not have yet. The set is made for the first late record.
  std::vector<Place> places_;
  std::unordered_set<Place, PlaceHash> taken_;
};

}  // namespace varve::tools
