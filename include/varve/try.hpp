#pragma once

/// \file Passes failures on in one line each. Every call of Varve that can fail returns a Result or
/// a Status; std::expected has no and_then() before GCC 13, and these two macros read like the code
/// that they stand for:
///
///     varve::Result<double> mean_of_day(varve::Engine& engine, const varve::Query& day) {
///       VARVE_CHECK(engine.flush());
///       VARVE_TRY(const auto means, engine.aggregate(day, varve::Aggregation::mean));
///       if (means.empty()) return varve::fail(varve::Errc::not_found, "no numbers");
///       return means.front().value->as_double();
///     }
///
/// Both work on any std::expected, in a function that returns a std::expected whose error can be
/// made from it. They contain a `return`: in a coroutine write the `if` and the co_return by hand.

#include "varve/detail/requirements.hpp"

#include <expected>
#include <string>
#include <utility>

#include "varve/error.hpp"

#define VARVE_CONCAT_INNER(a, b) a##b
#define VARVE_CONCAT(a, b) VARVE_CONCAT_INNER(a, b)

/// VARVE_TRY(const auto record, engine.latest(key)): declares `record` with the value, or returns
/// the error. The declaration may also be a variable that exists: VARVE_TRY(record,
/// engine.latest(key)). It is two statements, so it needs braces after an `if`.
#define VARVE_TRY(declaration, expression) \
  VARVE_TRY_INNER(VARVE_CONCAT(try_result_, __LINE__), declaration, expression)
#define VARVE_TRY_INNER(result, declaration, expression)          \
  auto result = (expression);                                     \
  if (!result) return std::unexpected(std::move(result).error()); \
  declaration = *std::move(result)

/// VARVE_CHECK(engine.flush()): returns the error of a Result or Status, if it holds one.
#define VARVE_CHECK(expression)                                \
  do {                                                         \
    if (auto check_status = (expression); !check_status) {     \
      return std::unexpected(std::move(check_status).error()); \
    }                                                          \
  } while (false)

namespace varve {

/// Makes an Error to return from a function of a Result or Status. `where` tells a person where to
/// look: a file and offset, or the argument that was wrong.
inline std::unexpected<Error> fail(Errc code, std::string where) {
  return std::unexpected(Error{make_error_code(code), std::move(where)});
}

}  // namespace varve
