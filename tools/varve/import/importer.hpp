#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tools/varve/import/import_tally.hpp"
#include "tools/varve/import/line_faults.hpp"
#include "tools/varve/import/record_reader.hpp"
#include "tools/varve/terminal/failure.hpp"
#include "tools/varve/terminal/progress.hpp"
#include "varve/engine.hpp"

namespace varve::tools {

struct ImporterOptions {
  std::size_t batch_records = 1'000;
  /// No record waits longer for its batch while others come. Where none come it does not wait.
  std::chrono::nanoseconds batch_time = std::chrono::seconds(1);
  std::optional<Duration> ttl;
  bool skip_bad_lines = false;               ///< And bad cells.
  std::optional<std::uint64_t> bytes_total;  ///< For the progress bar.
  /// Adds to a batch what its format keeps besides records and labels: notes, for the names of its
  /// series. Says whether there is more of it, for another batch. Called before the records that
  /// are written at once, until there is no more.
  std::function<bool(WriteBatch&)> complete;
};

/// Writes what readers give in batches, and keeps count. A batch ends with its number of records,
/// with some MiB of them, after its time, and at once where the input has nothing more at the
/// moment: so what a slow pipe gave is stored before the next of it comes. A line may be larger
/// than a batch, and is written in several. For one thread.
class Importer {
 public:
  Importer(Engine& engine, ImporterOptions options);

  /// Reads to the end of the input. With a bad line or cell, unless those are skipped, it writes
  /// what was before it and fails. Where a signal asks to stop it does the same, and fails with an
  /// interruption (Input) that says where.
  Outcome<void> read(Input& input, RecordReader& reader);

  std::uint64_t records() const { return records_; }
  /// Whether it was the database that failed, and not the input.
  bool was_refused() const { return was_refused_; }
  /// Lines and cells that were left out.
  std::uint64_t left_out() const { return faults_.count(); }
  /// "1,440 records in 2 series, 5 of them in place of others of this import, 2024-05-01 00:00:00
  /// to 2024-05-01 12:00:00, 3 sets of labels, 2 bad lines, 1 bad cell, 0.05 s, 28,800 records/s".
  std::string summary() const;

 private:
  /// Whether labels that leave with the last record of their series wait for its first.
  enum class Leaving : std::uint8_t { written, waiting };

  Outcome<void> read_lines(Input& input, RecordReader& reader);
  /// What is to be written of the labels that wait, by key.
  using LabelsByKey = std::unordered_map<std::string_view, Labels>;

  Outcome<void> take(const Input& input, const ReadLine& line);
  bool has_many_labels() const;
  bool is_due() const;
  Outcome<void> write(Leaving labels);
  Outcome<void> write_waiting(LabelsByKey labels);
  Outcome<void> send(WriteBatch& batch, std::size_t records);
  Outcome<LabelsByKey> labels_to_write(Leaving leaving);
  void show(const Input& input);
  std::chrono::nanoseconds elapsed() const { return std::chrono::steady_clock::now() - begun_; }

  Engine& engine_;
  const ImporterOptions options_;
  const std::chrono::steady_clock::time_point begun_;
  std::chrono::steady_clock::time_point written_at_;
  ProgressBar progress_;
  LineFaults faults_;
  RecordList waiting_;
  std::vector<Description> kept_;  // Labels that wait for the first record of their series.
  bool was_refused_ = false;
  ImportTally tally_;
  std::optional<std::uint64_t> line_;  // The last one that was taken, of this input.
  std::uint64_t lines_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t expired_ = 0;  // When they were written: nobody reads them.
  std::uint64_t described_ = 0;
  std::uint64_t unlabelled_ = 0;    // Since their tags are over the limits of labels.
  std::uint64_t bytes_before_ = 0;  // Of inputs that were read before.
};

}  // namespace varve::tools
