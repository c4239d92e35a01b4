#include "engine/io/io_error.hpp"

#include <cerrno>
#include <utility>

namespace varve::engine {

std::unexpected<Error> io_error(int error_number, std::string where) {
  if (error_number == ENOSPC || error_number == EDQUOT) {
    return std::unexpected(Error{make_error_code(Errc::no_space), std::move(where)});
  }
  if (error_number == ENOMEM) {
    return std::unexpected(Error{make_error_code(Errc::no_memory), std::move(where)});
  }
  const std::error_code code(error_number, std::generic_category());
  return std::unexpected(Error{code, std::move(where)});
}

std::unexpected<Error> too_large(std::string where) {
  return io_error(EOVERFLOW, std::move(where) + ": larger than the memory of this machine can be");
}

bool is_damage(const Error& error) {
  // EUCLEAN is what a file system says that found its own structures damaged; it has no std::errc.
  return error.code == Errc::corruption || error.code == std::errc::io_error ||
         error.code == std::errc::no_such_device_or_address ||
         error.code == std::error_code(EUCLEAN, std::generic_category());
}

}  // namespace varve::engine
