#pragma once

/// \file What Varve asks of a compiler and of its options, in one line each where it is not given.
/// Every other header of Varve includes this one before anything else.

#if defined(__has_include)
#if __has_include(<version>)
#include <version>
#endif
#endif

#if !defined(__cpp_lib_expected) || !defined(__cpp_lib_move_only_function)
#error Varve needs C++23 with std::expected: GCC 12 or clang 19, or later, over libstdc++ with -std=c++23
// There is no such file. It ends the compilation, before hundreds of lines bury the one above.
#include <see_the_line_above>
#endif

#include <ctime>

// Times and files as the library has them, whose build says so to CMake and to pkg-config.
static_assert(sizeof(std::time_t) >= 8,
              "Varve needs times of 64 bits: on 32 bits, -D_TIME_BITS=64 -D_FILE_OFFSET_BITS=64");
