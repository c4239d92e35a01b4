#pragma once

#include "varve/detail/requirements.hpp"

namespace varve::detail {

/// Makes the call. False where it throws std::bad_alloc and `lacks` says that it is for want of
/// memory of ours; what else it throws goes on to the caller. Compiled into the library: programs
/// that have no exceptions compile the headers all the same.
bool finds_memory(void (*call)(void* context), bool (*lacks)(void* context), void* context);

template <class Call, class Lacks>
bool finds_memory(Call call, Lacks lacks) {
  struct Context {
    Call& call;
    Lacks& lacks;
  } context{call, lacks};
  return finds_memory([](void* of) { static_cast<Context*>(of)->call(); },
                      [](void* of) { return bool(static_cast<Context*>(of)->lacks()); }, &context);
}

}  // namespace varve::detail
