#include "tools/varve/import/importer.hpp"

#include <unistd.h>

#include <string_view>
#include <unordered_map>
#include <utility>

#include "tools/formats/value_text.hpp"
#include "tools/varve/terminal/output.hpp"
#include "varve/labels.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr std::uint64_t bad_lines_shown_max = 10;

}  // namespace

Importer::Importer(Engine& engine, ImporterOptions options)
    : engine_(engine),
      options_(options),
      begun_(std::chrono::steady_clock::now()),
      progress_(terminal_of(STDERR_FILENO)) {}

Outcome<void> Importer::read(Input& input, RecordReader& reader) {
  while (true) {
    auto line = reader.next(waiting_);
    if (!line) {
      VARVE_CHECK(write());
      progress_.clear();
      return std::unexpected(line.error());
    }
    if (!*line) break;
    if ((*line)->problem) {
      ++bad_lines_;
      if (!options_.skip_bad_lines) {
        VARVE_CHECK(write());
        progress_.clear();
        return failed(input.name() + ':' + std::to_string((*line)->number) + ": " +
                      *(*line)->problem);
      }
      report_bad_line(input.name(), **line);
    }
    // Labels are written with the record behind them, or those that leave with the last record of
    // their series could go before its first comes. So only many that have none make a batch.
    const bool full = waiting_.size() >= options_.batch_records ||
                      waiting_.descriptions().size() / 2 >= options_.batch_records;
    if (!full) continue;
    VARVE_CHECK(write());
    progress_.show({records_, bytes_before_ + input.consumed(), options_.bytes_total, elapsed()});
  }
  VARVE_CHECK(write());
  bytes_before_ += input.consumed();
  progress_.clear();
  return {};
}

Outcome<void> Importer::write() {
  if (waiting_.empty()) return {};
  WriteBatch batch;
  VARVE_CHECK(describe(batch));
  for (std::size_t i = 0; i < waiting_.size(); ++i) batch.put(waiting_[i]);
  WriteOptions write_options;
  if (options_.ttl) write_options.ttl(*options_.ttl);
  VARVE_CHECK(engine_.write(std::move(batch), write_options));
  records_ += waiting_.size();
  waiting_.next_batch();
  return {};
}

/// What a series has already is not written again.
Outcome<void> Importer::describe(WriteBatch& batch) {
  std::unordered_map<std::string_view, Labels> known;
  for (const auto& [key, labels, only_first] : waiting_.descriptions()) {
    const auto [at, is_new] = known.try_emplace(key);
    if (is_new) {
      VARVE_TRY(at->second, engine_.labels(key));
    }
    if (at->second == labels || (only_first && !at->second.empty())) continue;
    if (only_first && !check(labels)) {
      ++unlabelled_;
      continue;
    }
    batch.describe(key, labels);
    at->second = labels;
    ++described_;
  }
  return {};
}

void Importer::report_bad_line(const std::string& name, const ReadLine& line) {
  if (bad_lines_ > bad_lines_shown_max + 1) return;
  progress_.clear();
  if (bad_lines_ > bad_lines_shown_max) {
    say("further bad lines are only counted");
  } else {
    say(name + ':' + std::to_string(line.number) + ": " + *line.problem);
  }
}

std::string Importer::summary() const {
  const double seconds = std::chrono::duration<double>(elapsed()).count();
  const double rate = seconds > 0 ? static_cast<double>(records_) / seconds : 0;
  std::string labels;
  if (described_ != 0) labels = ", " + counted(described_, "set") + " of labels";
  if (unlabelled_ != 0) {
    labels += ", " + grouped(unlabelled_) + " series without their tags, too many or large";
  }
  return counted(records_, "record") + labels + ", " + counted(bad_lines_, "bad line") + ", " +
         format_fixed(seconds, 2) + " s, " + grouped(static_cast<std::uint64_t>(rate)) +
         " records/s";
}

}  // namespace varve::tools
