#pragma once

namespace varve::engine {

/// Prints where and what, and aborts.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace varve::engine

/// Guards against our own mistakes, in release builds too: a wrong byte stored is worse than a
/// stop. Input from disk or from the caller never reaches one.
#define VARVE_ASSERT(condition)       \
  ((condition) ? static_cast<void>(0) \
               : ::varve::engine::assertion_failed(#condition, __FILE__, __LINE__))
