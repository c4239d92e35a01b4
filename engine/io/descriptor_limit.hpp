#pragma once

#include <cstddef>
#include <system_error>

namespace varve::engine {

/// How many descriptors this process may have at a time, by its limit as it is now (RLIMIT_NOFILE);
/// the largest number where it has none. A system call.
std::size_t descriptor_limit();

/// Whether it was for want of a descriptor.
inline bool wants_descriptor(const std::error_code& code) {
  return code == std::errc::too_many_files_open || code == std::errc::too_many_files_open_in_system;
}

}  // namespace varve::engine
