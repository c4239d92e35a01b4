#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace varve::test {

/// The number that the environment gives by this name; none where it has no such variable. Throws
/// where that is no number.
std::optional<std::uint64_t> given_number(const char* variable);

/// The seed of this run: the environment's VARVE_SEED, or always the same one. A random test says
/// it, so that a failure can be had again: SCOPED_TRACE(describe_seed(seed)).
std::uint64_t test_seed();

/// "VARVE_SEED=42".
std::string describe_seed(std::uint64_t seed);

/// Numbers that look random and are the same for the same seed, with any compiler and library
/// (which the standard's distributions are not).
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t next() { return engine_(); }

  /// In [0, limit). `limit` is not 0.
  std::uint64_t below(std::uint64_t limit) {
    const std::uint64_t fair = ~std::uint64_t{0} - ~std::uint64_t{0} % limit;
    std::uint64_t value = next();
    while (value >= fair) value = next();
    return value % limit;
  }

  /// In [low, high], both included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    const std::uint64_t width = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
    const std::uint64_t step = width == ~std::uint64_t{0} ? next() : below(width + 1);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + step);
  }

  /// In [0, 1).
  double fraction() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  bool chance(double probability) { return fraction() < probability; }

  /// One of a container's elements, of which there is at least one.
  template <class Container>
  auto& pick(Container& container) {
    return container[static_cast<std::size_t>(below(container.size()))];
  }

  std::vector<std::byte> bytes(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(next() >> 56);
    return bytes;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace varve::test
