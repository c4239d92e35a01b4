#include "tests/support/random.hpp"

#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

namespace varve::test {

std::optional<std::uint64_t> given_number(const char* variable) {
  const char* const given = std::getenv(variable);
  if (given == nullptr) return std::nullopt;
  const std::string_view text = given;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    // A run that silently takes another seed would look like a failure that went away.
    throw std::invalid_argument(std::string(variable) + " is not a number: " + std::string(text));
  }
  return number;
}

std::uint64_t test_seed() { return given_number("VARVE_SEED").value_or(20'260'101); }

std::string describe_seed(std::uint64_t seed) { return "VARVE_SEED=" + std::to_string(seed); }

}  // namespace varve::test
