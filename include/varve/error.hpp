#pragma once

#include "varve/detail/requirements.hpp"

#include <expected>
#include <string>
#include <system_error>
#include <type_traits>

namespace varve {

/// What Varve itself detects. A failed call of the operating system keeps its errno, in
/// std::generic_category(). docs/guide.md says what to do about each.
///
/// Codes compare with enumerators: `result.error().code == varve::Errc::busy`.
enum class Errc {
  invalid_argument = 1,  ///< The call can never succeed as written.
  not_found,             ///< No such record, or no database at this path.
  corruption,            ///< Stored bytes fail their checksum or break an invariant.
  unsupported_format,    ///< Written by a newer Varve. The file itself is sound.
  locked,                ///< The database is open already, in a process that the error names.
  busy,                  ///< The write queue is full. Retry once a write completes.
  no_space,              ///< The disk is full. Equals std::errc::no_space_on_device.
  read_only,             ///< A sync of the WAL failed, and a flush too. sync() tries again.
  unknown,               ///< The write is in the WAL, but may not be durable, nor last.
  closed,                ///< The engine is closing or closed.
  no_memory,             ///< Memory was refused. Equals std::errc::not_enough_memory.
};

/// The category of the codes above. Its name is "varve".
const std::error_category& varve_category() noexcept;
/// Makes Errc convert to std::error_code.
std::error_code make_error_code(Errc code) noexcept;

/// A code for the program to branch on, and a place for a person to look.
struct Error {
  std::error_code code;
  /// Which file and offset, key, or option it is about: "00000000000000000012.table @ 4096:
  /// checksum" for example. Show it, but do not parse it: its wording may change.
  std::string where;

  /// "where: what the code means", for a log or a terminal.
  std::string message() const;
};

/// What a call returns that can fail: a T, or why there is none. Test it like a bool, then take the
/// value with `*` or `->`, or the reason with error(). value() throws if there is none. try.hpp has
/// macros that pass an error on.
template <class T>
using Result = std::expected<T, Error>;
/// What a call returns that can fail and has nothing to give.
using Status = Result<void>;

}  // namespace varve

template <>
struct std::is_error_code_enum<varve::Errc> : std::true_type {};
