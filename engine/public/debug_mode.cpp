#include "varve/detail/debug_mode.hpp"

namespace varve::detail {

// One of two names: how this library was built.
const char VARVE_DEBUG_MODE = 0;

}  // namespace varve::detail
