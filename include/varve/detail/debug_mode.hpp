#pragma once

#include "varve/detail/requirements.hpp"

// With _GLIBCXX_DEBUG containers of the standard library have other sizes. A program and a library
// of which only one has it would read each other's containers wrong, so they do not link: what
// there is of these two names says how the library was built, and each file of a program that
// includes this header asks for the one that it was compiled with.
#ifdef _GLIBCXX_DEBUG
#define VARVE_DEBUG_MODE library_built_with_GLIBCXX_DEBUG
#else
#define VARVE_DEBUG_MODE library_built_without_GLIBCXX_DEBUG
#endif

namespace varve::detail {

extern const char VARVE_DEBUG_MODE;

#if __has_cpp_attribute(gnu::retain)
[[gnu::retain]]
#endif
[[gnu::used]] static const char* const asks_for_library = &VARVE_DEBUG_MODE;

}  // namespace varve::detail
