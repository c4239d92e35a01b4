#pragma once

#include "varve/detail/requirements.hpp"

namespace varve::detail {

/// Makes the call. False where it throws std::bad_alloc; what else it throws goes on to the caller.
/// Compiled into the library: programs that have no exceptions compile the headers all the same.
bool finds_memory(void (*call)(void* context), void* context);

template <class Call>
bool finds_memory(Call call) {
  return finds_memory([](void* of) { (*static_cast<Call*>(of))(); }, &call);
}

}  // namespace varve::detail
