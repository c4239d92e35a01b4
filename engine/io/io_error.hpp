#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <string>

#include "varve/error.hpp"

namespace varve::engine {

/// The error of a failed system call. A full disk or quota becomes Errc::no_space, memory that the
/// kernel lacks Errc::no_memory, and every other number keeps its meaning.
std::unexpected<Error> io_error(int error_number, std::string where);

/// Whether the bytes that were to be read are lost, as far as anybody can tell: they fail their
/// checksum, or the device cannot read them. Other errors pass (no descriptors, no memory).
bool is_damage(const Error& error);

/// Whether memory can hold `count` things of `each` bytes. A stored size is asked before it becomes
/// one of memory: a machine of 32 bits may open what one of 64 has written.
constexpr bool fits_in_memory(std::uint64_t count, std::size_t each = 1) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::ptrdiff_t>::max());
  return count <= most / each;
}

/// The error where it cannot. That is no damage: the bytes are sound, and another machine has room
/// for them.
std::unexpected<Error> too_large(std::string where);

}  // namespace varve::engine
