#include "engine/database/options_check.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "varve/try.hpp"

namespace varve::engine {

namespace {

constexpr std::size_t memtable_bytes_min = std::size_t{64} << 10;
constexpr std::size_t wal_bytes_min = std::size_t{256} << 10;
constexpr std::size_t queue_bytes_min = std::size_t{16} << 10;
// An opening asks for the address space of as many small writes as fit: some 4 % of it.
constexpr std::size_t queue_bytes_max = std::size_t{1} << (sizeof(std::size_t) >= 8 ? 34 : 30);

Status check_least(std::string_view name, std::size_t value, std::size_t least) {
  if (value >= least) return {};
  return fail(Errc::invalid_argument, "Options::" + std::string(name) + " is " +
                                          std::to_string(value) + "; the least is " +
                                          std::to_string(least));
}

Status check_most(std::string_view name, std::size_t value, std::size_t most) {
  if (value <= most) return {};
  return fail(Errc::invalid_argument, "Options::" + std::string(name) + " is " +
                                          std::to_string(value) + "; the most is " +
                                          std::to_string(most));
}

Status check_durability(const Durability& durability, const char* whose) {
  const auto wrong = [&](const char* what) {
    return fail(Errc::invalid_argument, std::string(whose) + "::durability: " + what);
  };
  if (durability.kind() == Durability::Kind::every && durability.batches() < 1) {
    return wrong("every() of less than 1 batch");
  }
  if (durability.kind() == Durability::Kind::interval && durability.period().count() <= 0) {
    return wrong("interval() of no time");
  }
  return {};
}

}  // namespace

Status check(const Options& options) {
  if (options.dir.empty()) return fail(Errc::invalid_argument, "Options::dir is empty");
  VARVE_CHECK(check_least("memtable_bytes", options.memtable_bytes, memtable_bytes_min));
  VARVE_CHECK(check_least("wal_bytes", options.wal_bytes, wal_bytes_min));
  VARVE_CHECK(check_least("queue_bytes", options.queue_bytes, queue_bytes_min));
  VARVE_CHECK(check_most("queue_bytes", options.queue_bytes, queue_bytes_max));
  if (options.window < std::chrono::seconds(1)) {
    return fail(Errc::invalid_argument, "Options::window is under one second");
  }
  if (options.flush_after < std::chrono::seconds(1)) {
    return fail(Errc::invalid_argument, "Options::flush_after is under one second");
  }
  if (options.default_ttl && options.default_ttl->count() <= 0) {
    return fail(Errc::invalid_argument, "Options::default_ttl is not positive");
  }
  return check_durability(options.durability, "Options");
}

Status check_in_memory(const Options& options) {
  const Options usual;
  const auto unused = [](const char* name) {
    return fail(Errc::invalid_argument,
                "Options::" + std::string(name) + " means nothing to an engine in memory");
  };
  if (options.dir != usual.dir) return unused("dir");
  if (options.mode != usual.mode) return unused("mode");
  if (options.create_if_missing != usual.create_if_missing) return unused("create_if_missing");
  if (options.durability != usual.durability && options.durability != Durability::none()) {
    return unused("durability");
  }
  if (options.wal_bytes != usual.wal_bytes) return unused("wal_bytes");
  if (options.file_system) return unused("file_system");
  return {};
}

Status check(const WriteOptions& options, bool has_log) {
  if (!options.durability()) return {};
  if (!has_log && options.durability()->kind() != Durability::Kind::none) {
    return fail(Errc::invalid_argument,
                "WriteOptions::durability: the engine was opened with Durability::none()");
  }
  return check_durability(*options.durability(), "WriteOptions");
}

}  // namespace varve::engine
