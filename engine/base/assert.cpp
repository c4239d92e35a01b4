#include "engine/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace varve::engine {

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "varve: %s:%d: assertion failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace varve::engine
