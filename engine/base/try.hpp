#pragma once

#include <expected>
#include <utility>

#include "varve/error.hpp"

// GCC 12's std::expected has no and_then(), so propagation is spelled with these two. In a
// coroutine write the `if` and co_return by hand.

#define VARVE_CONCAT_INNER(a, b) a##b
#define VARVE_CONCAT(a, b) VARVE_CONCAT_INNER(a, b)

/// VARVE_TRY(auto footer, Footer::decode(bytes)): binds the value or returns the error.
#define VARVE_TRY(declaration, expression) \
  VARVE_TRY_INNER(VARVE_CONCAT(try_result_, __LINE__), declaration, expression)
#define VARVE_TRY_INNER(result, declaration, expression)          \
  auto result = (expression);                                     \
  if (!result) return std::unexpected(std::move(result).error()); \
  declaration = *std::move(result)

/// VARVE_CHECK(file.sync()): returns the error of a Result or Status, if it holds one.
#define VARVE_CHECK(expression)                                \
  do {                                                         \
    if (auto check_status = (expression); !check_status) {     \
      return std::unexpected(std::move(check_status).error()); \
    }                                                          \
  } while (false)

namespace varve::engine {

inline std::unexpected<Error> fail(Errc code, std::string where) {
  return std::unexpected(Error{make_error_code(code), std::move(where)});
}

}  // namespace varve::engine
