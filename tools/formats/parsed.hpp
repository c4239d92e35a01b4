#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <utility>

namespace varve::tools {

/// What is wrong with a text, for the person who wrote it.
struct Problem {
  std::string text;                   ///< "'12x' is no number".
  std::optional<std::size_t> offset;  ///< Of the fault, in bytes from the front, where it is known.

  friend bool operator==(const Problem&, const Problem&) = default;
};

/// What a parser made of a text, or what is wrong with it.
template <class T>
using Parsed = std::expected<T, Problem>;

inline std::unexpected<Problem> problem(std::string text, std::optional<std::size_t> offset = {}) {
  return std::unexpected(Problem{std::move(text), offset});
}

/// Turns the result for a part of a text into one for the whole, in which the part begins at
/// `begin`. A problem without an offset is then at that place.
template <class T>
Parsed<T> part_at(std::size_t begin, Parsed<T> part) {
  if (!part) part.error().offset = begin + part.error().offset.value_or(0);
  return part;
}

}  // namespace varve::tools
