#pragma once

#include "varve/detail/requirements.hpp"

#include <expected>
#include <utility>

#include "varve/error.hpp"

namespace varve {

/// What a read of many things returns: a Result that may be looped over where the call stands,
///
///     for (const Record& record : engine.query(query).value()) use(record);
///
/// since what is taken out of a temporary one is a value of its own. Of another Result it is a
/// reference to what is gone when the loop begins, until the compiler has C++23's rule for that
/// (GCC 15): give such a Result a name first.
template <class T>
class ReadResult : public std::expected<T, Error> {
 public:
  /// What the engine makes of its own Result.
  ReadResult(Result<T> result) : Base(std::move(result)) {}

  using std::expected<T, Error>::value;
  using std::expected<T, Error>::operator*;
  T value() && { return static_cast<Base&&>(*this).value(); }
  T operator*() && { return *static_cast<Base&&>(*this); }

 private:
  using Base = std::expected<T, Error>;
};

}  // namespace varve
