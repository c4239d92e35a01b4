#pragma once

#include <expected>
#include <new>
#include <type_traits>

#include "varve/error.hpp"

namespace varve::engine {

// Where `new` fails, std::bad_alloc goes up to the caller, past what undoes itself. These are for
// the few places where it must not: threads of the engine's own, destructors, and what has to be
// done to its end once it was begun (docs/decisions.md, "Where new fails").

/// The error for that, without a text. Takes no memory.
inline Error no_memory() noexcept { return {make_error_code(Errc::no_memory), {}}; }

/// The same error, without its text where there is no memory for that.
inline Error copied(const Error& error) noexcept {
  try {
    return error;
  } catch (const std::bad_alloc&) {
    return {error.code, {}};
  }
}

/// What the call returns, a Status or a Result; no_memory where it throws std::bad_alloc.
template <class Call>
std::invoke_result_t<Call&> or_no_memory(Call call) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return std::unexpected(no_memory());
  }
}

/// Makes the call, and says whether it came to its end: it is left where it throws std::bad_alloc.
/// For what is said to a person, and what may as well be done another time.
template <class Call>
bool if_memory_allows(Call call) {
  try {
    call();
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

}  // namespace varve::engine
