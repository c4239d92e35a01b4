#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace varve::tools {

/// The parts of a decimal number: "-12.5e3" has the digits "12" and "5", and the exponent 3. They
/// are views of the text.
struct EpochNumber {
  bool negative = false;
  bool has_exponent = false;
  std::string_view whole;     ///< One digit at least.
  std::string_view fraction;  ///< Empty where there is no point.
  int exponent = 0;           ///< Of two digits at most: beyond that it is beyond all times.
};

/// Nothing where the text is no such number.
std::optional<EpochNumber> epoch_number(std::string_view text);

/// The number moved by `places` decimal places to the left (6 makes microseconds of seconds),
/// rounded down to a whole one. Exact; nothing where it is beyond int64.
std::optional<std::int64_t> scaled(const EpochNumber& number, int places);

}  // namespace varve::tools
