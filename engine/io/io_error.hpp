#pragma once

#include <expected>
#include <string>

#include "varve/error.hpp"

namespace varve::engine {

/// The error of a failed system call. A full disk or quota becomes Errc::no_space, memory that the
/// kernel lacks Errc::no_memory, and every other number keeps its meaning.
std::unexpected<Error> io_error(int error_number, std::string where);

/// Whether the bytes that were to be read are lost, as far as anybody can tell: they fail their
/// checksum, or the device cannot read them. Other errors pass (no descriptors, no memory).
bool is_damage(const Error& error);

}  // namespace varve::engine
