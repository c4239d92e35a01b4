#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/time.hpp"

namespace varve::tools {

// A moment is a Timestamp. A local time is what the clocks of a zone show, also in microseconds,
// counted as if they showed UTC: 1970-01-01 00:00 on the clock is 0 in every zone.

/// A stretch of time in which the clocks of a zone are not set.
struct ZoneSpan {
  Timestamp from = std::numeric_limits<Timestamp>::min();  ///< Its first moment.
  Timestamp to = std::numeric_limits<Timestamp>::max();    ///< The first moment after it.
  std::int64_t offset = 0;   ///< Microseconds that the clocks are ahead of UTC; behind: negative.
  std::string abbreviation;  ///< "CEST"
};

/// The moments that a local time can be.
struct LocalMeaning {
  enum class Kind : std::uint8_t {
    once,      ///< One moment, in `first`.
    repeated,  ///< Two: clocks were set back, and show it in `first` and again in `second`.
    missing,   ///< None: clocks were set on over it, where `first` ends and `second` begins.
  };

  Kind kind = Kind::once;
  ZoneSpan first;
  ZoneSpan second;  // Empty where it comes once.
};

/// How the clocks of a place differ from UTC, and when they are set. Immutable; any thread.
class TimeZone {
 public:
  /// "UTC", "GMT", "Z", an offset ("+01:00", "-0330", "+02"), or a name of the system's tzdata
  /// ("Europe/Berlin"). Null where there is no such zone, or tables_are_there() is false and a
  /// table is needed. What it returns lives as long as the program.
  static const TimeZone* find(std::string_view name);
  /// Up to `most` names of tzdata that hold `part`, in any case: for a message.
  static std::vector<std::string> names_with(std::string_view part, std::size_t most);
  /// Whether the system has tables of zones, in the form that says each step of the clocks up to
  /// 2037. The other form (zic -b slim) ends with a rule, which is not read here: zones would keep
  /// the winter time of a year long ago.
  static bool tables_are_there();

  TimeZone(const TimeZone&) = delete;
  TimeZone& operator=(const TimeZone&) = delete;
  virtual ~TimeZone() = default;

  /// As tzdata spells it; "UTC"; "+01:00".
  const std::string& name() const { return name_; }
  /// The first moment of which the zone's table does not tell: tables of zones that set their
  /// clocks end with 2037. The last Timestamp where it tells of all.
  Timestamp known_until() const { return known_until_; }
  /// Whether the zone's table tells of a moment, or of a local time.
  bool knows(Timestamp ts) const {
    return ts < known_until_ || known_until_ == std::numeric_limits<Timestamp>::max();
  }

  /// The span that holds the moment.
  virtual ZoneSpan span_at(Timestamp ts) const = 0;
  virtual LocalMeaning meaning_of(Timestamp local) const = 0;

 protected:
  TimeZone(std::string name, Timestamp known_until)
      : name_(std::move(name)), known_until_(known_until) {}

 private:
  const std::string name_;
  const Timestamp known_until_;
};

/// What clocks of the zone show at a moment; the first or last local time where that is beyond.
Timestamp local_time(const TimeZone& zone, Timestamp ts);

/// The first moment at which clocks of the zone show `local` or later: of a repeated time the
/// first, of a missing one the moment at which they were set on over it.
Timestamp first_moment(const TimeZone& zone, Timestamp local);

/// Takes "Z", "UTC", "GMT", "+01:00", "+0100" or "+01" (also after UTC or GMT, and after a blank)
/// from the front of `text`, and gives the microseconds to take off to get UTC. False, and `text`
/// as it was, where there is no such thing.
bool take_utc_offset(std::string_view& text, std::int64_t& offset);

}  // namespace varve::tools
