#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "tools/varve/terminal/failure.hpp"
#include "varve/engine.hpp"

namespace varve::tools {

// A child process writes batches and says through a pipe which were acknowledged. It is killed in
// the middle, and then everything it was told is written has to be there.

/// Each batch is so many records, one to a series, all with the batch's number as their value.
inline constexpr std::size_t crash_batch_records = 20;
inline constexpr const char* crash_prefix = "crash/";

WriteBatch crash_batch(std::int64_t number);

/// The child: writes to the database in `dir` until somebody kills it, or the pipe breaks.
Outcome<int> run_crash_writer(const std::string& dir);

/// The parent: starts the child, kills it with SIGKILL about `after` its first acknowledgement,
/// and returns how many batches were acknowledged.
Outcome<std::uint64_t> kill_a_writer(const std::string& dir, std::chrono::milliseconds after);

struct CrashFindings {
  std::uint64_t acknowledged = 0;
  std::uint64_t whole = 0;    ///< Batches that are there with all their records.
  std::uint64_t missing = 0;  ///< Acknowledged, and not whole.
  std::uint64_t in_part = 0;  ///< There with some of their records.

  bool good() const { return missing == 0 && in_part == 0; }
};

/// Counts what of the batches is there.
Outcome<CrashFindings> check_after_crash(Engine& engine, std::uint64_t acknowledged);

}  // namespace varve::tools
