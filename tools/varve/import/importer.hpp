#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "tools/varve/import/record_reader.hpp"
#include "tools/varve/terminal/failure.hpp"
#include "tools/varve/terminal/progress.hpp"
#include "varve/engine.hpp"

namespace varve::tools {

struct ImporterOptions {
  std::size_t batch_records = 1'000;
  std::optional<Duration> ttl;
  bool skip_bad_lines = false;
  std::optional<std::uint64_t> bytes_total;  ///< For the progress bar.
};

/// Writes what readers give in batches, and keeps count. For one thread.
class Importer {
 public:
  Importer(Engine& engine, ImporterOptions options);

  /// Reads to the end of the input. With a bad line, unless those are skipped, it writes what was
  /// before it and fails.
  Outcome<void> read(Input& input, RecordReader& reader);

  std::uint64_t records() const { return records_; }
  std::uint64_t bad_lines() const { return bad_lines_; }
  /// "1,440 records, 3 sets of labels, 2 bad lines, 0.05 s, 28,800 records/s".
  std::string summary() const;

 private:
  Outcome<void> write();
  Outcome<void> describe(WriteBatch& batch);
  void report_bad_line(const std::string& name, const ReadLine& line);
  std::chrono::nanoseconds elapsed() const { return std::chrono::steady_clock::now() - begun_; }

  Engine& engine_;
  const ImporterOptions options_;
  const std::chrono::steady_clock::time_point begun_;
  ProgressBar progress_;
  RecordList waiting_;
  std::uint64_t records_ = 0;
  std::uint64_t described_ = 0;
  std::uint64_t unlabelled_ = 0;  // Since their tags are over the limits of labels.
  std::uint64_t bad_lines_ = 0;
  std::uint64_t bytes_before_ = 0;  // Of inputs that were read before.
};

}  // namespace varve::tools
