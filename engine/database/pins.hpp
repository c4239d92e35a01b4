#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <optional>

#include "engine/base/mutex.hpp"
#include "varve/scan.hpp"

namespace varve::engine {

/// The snapshots and scans of a database that are alive, and since when. Users hold them for as
/// long as they like, and each keeps memory and files: one that is forgotten has to be seen.
///
/// Any thread. The mutex guards the lists; nothing is allocated or freed under it. A scan's own
/// threads take no part in this, so stop_scans() may wait for them under it.
class Pins {
 public:
  enum class Kind : std::uint8_t { snapshot, scan };
  /// By the monotonic clock.
  using Moment = std::chrono::nanoseconds;

 private:
  struct Pin {
    Moment since;
    Scan::Source* source;  // Of a scan.
  };
  using List = std::list<Pin>;  // Oldest first, but for what threads do at the same time.

 public:
  /// Counts as one while it lives. The Pins outlive it.
  class Hold {
   public:
    /// Of a scan with its source, which outlives this.
    Hold(Pins& pins, Kind kind, Moment now, Scan::Source* source = nullptr)
        : pins_(pins), kind_(kind), place_(pins.add(kind, {now, source})) {}
    ~Hold() { pins_.remove(kind_, place_); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    Pins& pins_;
    const Kind kind_;
    const List::iterator place_;
  };

  struct Figures {
    std::uint64_t snapshots = 0;
    std::uint64_t scans = 0;
    std::optional<Moment> oldest;  // Of both.
  };
  Figures figures() const {
    const Lock lock(mutex_);
    Figures now{.snapshots = lists_[place_of(Kind::snapshot)].size(),
                .scans = lists_[place_of(Kind::scan)].size(),
                .oldest = {}};
    for (const List& list : lists_) {
      if (list.empty()) continue;
      if (!now.oldest || list.front().since < *now.oldest) now.oldest = list.front().since;
    }
    return now;
  }

  /// Ends the threads of all scans that read ahead. REQUIRES that no step of a scan runs, and none
  /// will: that the gate is closed and empty.
  void stop_scans() {
    const Lock lock(mutex_);
    for (const Pin& scan : lists_[place_of(Kind::scan)]) scan.source->stop();
  }

 private:
  static std::size_t place_of(Kind kind) { return static_cast<std::size_t>(kind); }

  List::iterator add(Kind kind, Pin pin) {
    List fresh{pin};
    const Lock lock(mutex_);
    List& list = lists_[place_of(kind)];
    list.splice(list.end(), fresh);
    return std::prev(list.end());
  }
  void remove(Kind kind, List::iterator place) {
    List gone;  // Freed after the mutex is released.
    const Lock lock(mutex_);
    gone.splice(gone.end(), lists_[place_of(kind)], place);
  }

  mutable Mutex mutex_;
  std::array<List, 2> lists_ VARVE_GUARDED_BY(mutex_);  // By kind.
};

}  // namespace varve::engine
