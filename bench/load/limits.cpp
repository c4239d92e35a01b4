// What the machine itself allows, in the same run: copying memory, writing to the page cache, and
// syncing a page to the device.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "bench/load/run.hpp"

namespace varve::bench {

namespace {

/// A file that goes away with it.
class Scratch {
 public:
  explicit Scratch(const std::filesystem::path& dir) : path_(dir / "scratch") {
    std::filesystem::create_directories(dir);
    fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    check(fd_ >= 0);
  }
  Scratch(Scratch&&) = delete;
  ~Scratch() {
    ::close(fd_);
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  void write_at(const std::string& bytes, std::size_t offset) const {
    check(::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset)) ==
          static_cast<ssize_t>(bytes.size()));
  }
  void sync() const { check(::fdatasync(fd_) == 0); }

 private:
  static void check(bool succeeded) {
    if (!succeeded) throw Failure("scratch file: " + std::generic_category().message(errno));
  }

  const std::filesystem::path path_;
  int fd_ = -1;
};

constexpr std::size_t page_size = 4'096;

/// Bytes per second, the best of some.
double copy_rate() {
  std::vector<char> from(std::size_t{128} << 20, 'x');
  std::vector<char> to(from.size());
  double best = 1e9;
  for (int i = 0; i < 6; ++i) {
    from[static_cast<std::size_t>(i)] = static_cast<char>(i);
    const double seconds = seconds_of([&] { std::memcpy(to.data(), from.data(), from.size()); });
    benchmark::DoNotOptimize(to.data());
    best = std::min(best, seconds);
  }
  return static_cast<double>(from.size()) / best;
}

/// Seconds for each write of `size` bytes to new pages of a file, the best of some passes.
double seconds_per_write(const std::filesystem::path& dir, std::size_t size) {
  const std::size_t count = (std::size_t{32} << 20) / size;
  const std::string bytes(size, 'w');
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const Scratch file(dir);
    best = std::min(best, seconds_of([&] {
                      for (std::size_t n = 0; n < count; ++n) file.write_at(bytes, n * size);
                    }));
  }
  return best / static_cast<double>(count);
}

void measure(Run& run) {
  run.set("copy_bytes_per_s", copy_rate());
  run.set("write_4k_us", seconds_per_write(run.dir(), page_size) * 1e6);
  run.set("write_1m_us", seconds_per_write(run.dir(), std::size_t{1} << 20) * 1e6);
  run.set("sync_us", seconds_per_sync(run.dir(), run.plan().choose(0.2, 1.0)) * 1e6);
}

}  // namespace

double seconds_per_sync(const std::filesystem::path& dir, double seconds) {
  constexpr std::size_t pages = 4'096;
  const Scratch file(dir);
  file.write_at(std::string(pages * page_size, 'z'), 0);
  file.sync();
  const std::string page(page_size, 's');
  std::size_t count = 0;
  const auto begin = SteadyClock::now();
  while (seconds_since(begin) < seconds) {
    file.write_at(page, count++ % pages * page_size);
    file.sync();
  }
  return seconds_since(begin) / static_cast<double>(count);
}

void register_limits(const Plan& plan) {
  static const StoreKind machine{"machine", nullptr, nullptr, ""};
  add_case(plan, machine, "limits", measure);
}

}  // namespace varve::bench
