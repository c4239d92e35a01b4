#include "varve/detail/finds_memory.hpp"

#include <new>

namespace varve::detail {

bool finds_memory(void (*call)(void* context), void* context) {
  try {
    call(context);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

}  // namespace varve::detail
