#include "engine/io/descriptor_limit.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <limits>

namespace varve::engine {

std::size_t descriptor_limit() {
  struct rlimit limit{};
  constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return unlimited;
  return static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur, unlimited));
}

}  // namespace varve::engine
