#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/varve/import/import_tally.hpp"
#include "tools/varve/import/line_faults.hpp"
#include "tools/varve/import/record_reader.hpp"
#include "tools/varve/terminal/output.hpp"

namespace varve::tools {

/// An import that writes nothing: it shows how each input is understood, and its first records, and
/// counts the rest. For one thread.
class DryRun {
 public:
  static constexpr std::size_t shown_max = 5;  ///< Records of each input.

  /// `output` outlives it.
  DryRun(bool skip_bad_lines, Output& output) : output_(output), faults_(skip_bad_lines, nullptr) {}

  /// Reads to the end, and fails where an import would. Shows `decisions` before the reader's.
  Outcome<void> read(Input& input, RecordReader& reader, const std::vector<std::string>& decisions);

  std::uint64_t left_out() const { return faults_.count(); }
  /// "1,440 records in 2 series, at least 5 of them in place of others, 2024-05-01 00:00:00 to
  /// 2024-05-01 12:00:00, 0 bad lines; nothing was written". Of those that are late it knows such
  /// only within a thousand records.
  std::string summary() const;

 private:
  Outcome<void> read_lines(Input& input, RecordReader& reader, std::vector<Record>& first);
  void count(RecordList& records);

  Output& output_;
  LineFaults faults_;
  ImportTally tally_{nullptr};
  std::uint64_t records_ = 0;
};

}  // namespace varve::tools
