#pragma once

#include <expected>
#include <string>

#include "varve/error.hpp"

namespace varve::engine {

/// The error of a failed system call. A full disk or quota becomes Errc::no_space, and every other
/// number keeps its meaning.
std::unexpected<Error> io_error(int error_number, std::string where);

}  // namespace varve::engine
