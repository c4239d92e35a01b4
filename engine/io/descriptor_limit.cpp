#include "engine/io/descriptor_limit.hpp"

#include <sys/resource.h>

#include <limits>

namespace varve::engine {

std::size_t descriptor_limit() {
  struct rlimit limit{};
  const bool is_known = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  return is_known ? static_cast<std::size_t>(limit.rlim_cur)
                  : std::numeric_limits<std::size_t>::max();
}

}  // namespace varve::engine
