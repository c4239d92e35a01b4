#pragma once

#include <expected>
#include <string>
#include <system_error>
#include <type_traits>

namespace varve {

/// What Varve itself detects. Failures of the operating system keep their errno instead.
enum class Errc {
  invalid_argument = 1,  ///< The call can never succeed as written.
  not_found,             ///< No such record, or no database at this path.
  corruption,            ///< Stored bytes fail their checksum or break an invariant.
  unsupported_format,    ///< Written by a newer Varve. The file itself is sound.
  locked,                ///< The database is open already, in a process that the error names.
  busy,                  ///< The write queue is full. Retry once a write completes.
  no_space,              ///< The disk is full. Equals std::errc::no_space_on_device.
  read_only,             ///< A sync of the WAL failed, so writes stopped. Reopen to recover.
  unknown,               ///< The write is in the WAL, but its sync failed: it may or may not last.
  closed,                ///< The engine is closing or closed.
};

const std::error_category& varve_category() noexcept;
std::error_code make_error_code(Errc code) noexcept;

/// A code for the program to branch on, and a place for a person to look.
struct Error {
  std::error_code code;
  std::string where;  ///< For example "00000000000000000012.table @ 4096: checksum". Never parsed.

  /// "where: what the code means", for a log or a terminal.
  std::string message() const;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

}  // namespace varve

template <>
struct std::is_error_code_enum<varve::Errc> : std::true_type {};
