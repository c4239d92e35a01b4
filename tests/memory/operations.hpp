#pragma once

#include <ostream>
#include <span>
#include <string>

#include "varve/varve.hpp"

namespace varve::test {

/// A call of an engine, to be made where memory runs out.
struct Operation {
  const char* name;
  /// Makes the call, and returns what it answered in words, if that is always the same.
  Result<std::string> (*run)(Engine& engine);
  /// What comes before, with memory enough.
  void (*prepare)(Engine& engine) = nullptr;
  /// It is of several parts, of which some may be done where it fails. None takes a record away.
  bool is_in_parts = false;

  friend std::ostream& operator<<(std::ostream& out, const Operation& operation) {
    return out << operation.name;
  }
};

/// Those that write, and need no log.
std::span<const Operation> writing_operations();
/// Those that need a log, or write nothing that a user asked for.
std::span<const Operation> other_operations();

}  // namespace varve::test
