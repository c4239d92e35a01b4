#pragma once

#include <cstdint>
#include <expected>
#include <limits>
#include <optional>

#include "tools/formats/times/time_zone.hpp"
#include "varve/time.hpp"

namespace varve::tools {

/// Why a local time is no moment.
enum class LocalFault : std::uint8_t {
  missing,    ///< Clocks of the zone were set on over it: no clock ever showed it.
  not_known,  ///< The zone's table does not reach so far (TimeZone::known_until()).
  range,      ///< The moment is beyond all Timestamps.
};

/// The moments of local times that stand one after the other in a file. For one thread.
///
/// Where clocks are set back, an hour of local times comes twice, and the order in the file says
/// which is meant. With times that rise, those of such an hour are of its first pass until they
/// step back by a third of it or more, or until one comes more often in a row than any did outside
/// (readings at each full hour, of one series or of several); then they are of its second pass.
/// So what arrives somewhat out of order does not end the first pass, and neither do several series
/// whose readings are of the same moment. Where the hour is entered from a later time, at most a
/// day away, times are taken to fall, and the passes are the other way round. A further step of
/// that kind begins again with the pass that came first.
class LocalTimes {
 public:
  /// `zone` outlives this.
  explicit LocalTimes(const TimeZone& zone) : zone_(&zone) {}

  std::expected<Timestamp, LocalFault> moment_of(Timestamp local);
  /// The same where the text names the zone's offset, "CEST": which pass is meant is said then.
  /// Nothing where no span around that time has the name.
  std::optional<std::expected<Timestamp, LocalFault>> moment_of(Timestamp local,
                                                                std::string_view abbreviation);

  const TimeZone& zone() const { return *zone_; }

 private:
  std::expected<Timestamp, LocalFault> look_up(Timestamp local);
  bool is_second_pass(Timestamp local, const LocalMeaning& meaning);
  void remember(const ZoneSpan& span);
  void note_outside(Timestamp local);

  const TimeZone* zone_;
  // Local times between these come once, with this offset.
  Timestamp sure_from_ = std::numeric_limits<Timestamp>::max();
  Timestamp sure_to_ = std::numeric_limits<Timestamp>::min();
  std::int64_t offset_ = 0;

  std::optional<Timestamp> last_;  // The local time before.
  std::uint64_t steps_ = 0;        // Times that differed from the one before, outside such hours.
  std::uint64_t run_ = 1;          // How often last_ has come in a row, in this pass.
  std::uint64_t run_max_ = 1;      // How often one came in a row outside, at most.
  std::optional<Timestamp> back_;  // When clocks were set back: of the hour that last_ is in.
  bool falling_ = false;           // It was entered from a later time.
  bool second_pass_ = false;
};

}  // namespace varve::tools
