#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace varve::engine {

/// Tells the one writer when every reader that was inside at some moment has left.
///
/// Readers count themselves in and out, on one of two sides; neither they nor the writer ever
/// wait. Newcomers take the side that `side_` names, so the writer can turn it to let the other
/// side run empty while readers keep coming.
///
/// Why a writer who saw a count of zero may use what it had unpublished before: its look is a
/// read-modify-write, so it has a place in the order of that count's changes. A reader whose entry
/// comes later in that order reads, with acquire, from a release sequence that the look heads, and
/// so sees everything unpublished. One whose entry comes earlier has left, with release, before
/// the look that acquired zero: all it read happened before. Every reader enters on one count, so
/// once each count was seen at zero, at moments of its own, all readers of before are gone. Which
/// side a reader takes matters for this to come soon, not for it to be right.
class ReaderGate {
  /// Apart, so that readers on several cores do not share a line.
  struct alignas(64) Counts {
    std::array<std::atomic<std::uint32_t>, 2> inside{};
  };

 public:
  /// A reader that is inside. May be moved to and destroyed on another thread.
  class Pin {
   public:
    explicit Pin(ReaderGate& gate)
        : inside_(
              &gate.counts_[place_of_thread()].inside[gate.side_.load(std::memory_order_relaxed)]) {
      inside_->fetch_add(1, std::memory_order_acquire);
    }
    Pin(Pin&& other) noexcept : inside_(std::exchange(other.inside_, nullptr)) {}
    Pin& operator=(Pin&&) = delete;
    ~Pin() {
      if (inside_ != nullptr) inside_->fetch_sub(1, std::memory_order_release);
    }

   private:
    std::atomic<std::uint32_t>* inside_;
  };

  /// The writer's: begins to wait for all who are inside now.
  void begin() { seen_empty_ = 0; }
  /// The writer's: whether they have left. Asked again until it is true, then not before begin().
  bool all_left() {
    while (seen_empty_ < 2) {
      const std::uint32_t side = side_.load(std::memory_order_relaxed);
      if (!is_empty(1 - side)) return false;
      side_.store(1 - side, std::memory_order_relaxed);
      ++seen_empty_;
    }
    return true;
  }

 private:
  static constexpr std::size_t places = 8;

  static std::size_t place_of_thread() {
    static std::atomic<std::size_t> next{0};
    thread_local const std::size_t place = next.fetch_add(1, std::memory_order_relaxed) % places;
    return place;
  }
  bool is_empty(std::uint32_t side) {
    for (Counts& counts : counts_) {
      if (counts.inside[side].fetch_add(0, std::memory_order_acq_rel) != 0) return false;
    }
    return true;
  }

  std::array<Counts, places> counts_;
  std::atomic<std::uint32_t> side_{0};  // The writer stores it.
  unsigned seen_empty_ = 0;             // The writer's: how many sides, since begin().
};

}  // namespace varve::engine
