#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include "engine/io/io_error.hpp"
#include "varve/error.hpp"

namespace varve::engine {

static_assert(sizeof(off_t) == 8, "files over 2 GiB need _FILE_OFFSET_BITS=64");

/// Repeats an interrupted system call. Not for close(2), which must not be repeated on Linux.
template <class Call>
auto retry(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

/// What errno says of an operation that failed just now.
inline std::unexpected<Error> last_error(const char* operation, const std::filesystem::path& path) {
  const int number = errno;
  return io_error(number, std::string(operation) + ' ' + path.string());
}

/// "write /db/7.wal @ 4096"
inline std::string position(const char* operation, const std::filesystem::path& path,
                            std::uint64_t offset) {
  return std::string(operation) + ' ' + path.string() + " @ " + std::to_string(offset);
}

/// An open descriptor, closed when it goes.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  /// Leaves the descriptor to somebody else, who closes it.
  int release() { return std::exchange(number_, -1); }
  int close() { return ::close(std::exchange(number_, -1)); }

 private:
  int number_;
};

/// Opens a name in a directory, or any path below AT_FDCWD, for this program alone. Not open where
/// it fails: errno says why. Never has the number of a standard stream: where the program has
/// closed one, what it prints would be written into the file.
inline Descriptor open_at(int directory, const char* name, int flags) {
  Descriptor opened(retry([&] { return ::openat(directory, name, flags | O_CLOEXEC, 0666); }));
  if (!opened.is_open() || opened.number() > STDERR_FILENO) return opened;
  return Descriptor(::fcntl(opened.number(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

}  // namespace varve::engine
