#pragma once

#include <cerrno>
#include <expected>
#include <string>
#include <system_error>
#include <utility>

#include "varve/error.hpp"

namespace varve::tools {

// What the command exits with.
inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;   ///< The operation failed; the message says what was done.
inline constexpr int exit_usage = 2;    ///< The command line is not valid; nothing was done.
inline constexpr int exit_partial = 3;  ///< Done, and something was left out: bad lines, say.
inline constexpr int exit_damaged = 4;  ///< Stored bytes are damaged; the message says which.

/// Why a command ends early: what it exits with, and a line for stderr. No line, no message.
struct Failure {
  Failure(int code, std::string text) : exit_code(code), message(std::move(text)) {}
  /// An error of the engine, so that VARVE_TRY passes it on.
  Failure(const Error& error)
      : exit_code(is_damage(error) ? exit_damaged : exit_failed), message(error.message()) {}

  int exit_code;
  std::string message;

 private:
  /// What a device cannot read is as damaged as what fails its checksum.
  static bool is_damage(const Error& error) {
    return error.code == Errc::corruption || error.code == std::errc::io_error ||
           error.code == std::errc::no_such_device_or_address;
  }
};

template <class T>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> failed(std::string message) {
  return std::unexpected(Failure(exit_failed, std::move(message)));
}
/// Of a call of the system that has just failed, on this file or for this purpose.
inline std::unexpected<Failure> system_failure(const std::string& what) {
  return failed(what + ": " + std::generic_category().message(errno));
}
inline std::unexpected<Failure> damaged(std::string message) {
  return std::unexpected(Failure(exit_damaged, std::move(message)));
}
inline std::unexpected<Failure> usage(std::string message) {
  return std::unexpected(Failure(exit_usage, std::move(message)));
}

}  // namespace varve::tools
