#include "tools/varve/import/importer.hpp"

#include <unistd.h>

#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "tools/formats/series_name.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/terminal/interruption.hpp"
#include "tools/varve/terminal/output.hpp"
#include "varve/labels.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

/// How many lines go by between two looks at the clock.
constexpr std::uint64_t lines_by_clock = 64;

std::unordered_set<std::string_view> keys_of(const RecordList& records) {
  std::unordered_set<std::string_view> keys;
  for (std::size_t i = 0; i < records.size(); ++i) keys.insert(records[i].key());
  return keys;
}

}  // namespace

Importer::Importer(Engine& engine, ImporterOptions options)
    : engine_(engine),
      options_(std::move(options)),
      begun_(std::chrono::steady_clock::now()),
      written_at_(begun_),
      progress_(terminal_of(STDERR_FILENO)),
      faults_(options_.skip_bad_lines, &progress_),
      tally_(&engine) {}

Outcome<void> Importer::read(Input& input, RecordReader& reader) {
  line_.reset();
  Outcome<void> outcome = read_lines(input, reader);
  Outcome<void> written = write(Leaving::written);
  bytes_before_ += input.consumed();
  progress_.clear();
  return written ? std::move(outcome) : std::move(written);
}

Outcome<void> Importer::read_lines(Input& input, RecordReader& reader) {
  while (true) {
    // Before it waits for more, what is there gets written. Labels that wait for a record do not
    // count, or it would never come to wait.
    input.pause_when_dry(waiting_.size() != 0 || waiting_.descriptions().size() > kept_.size());
    auto line = reader.next(waiting_);
    if (!line && is_pause(line.error())) {
      VARVE_CHECK(write(Leaving::waiting));
      show(input);
      continue;
    }
    const int number = Interruption::number();
    if (number != 0 && (line || is_interruption(line.error()))) {
      if (line && *line) VARVE_CHECK(take(input, **line));
      return interrupted("stopped by " + std::string(signal_name(number)) +
                         (line_ ? " behind " + input.name() + ':' + std::to_string(*line_)
                                : " before the first line of " + input.name()));
    }
    if (!line) return std::unexpected(std::move(line).error());
    if (!*line) return {};
    VARVE_CHECK(take(input, **line));
    const bool has_many_labels = waiting_.descriptions().size() / 2 >= options_.batch_records;
    if (!has_many_labels && !is_due()) continue;
    VARVE_CHECK(write(has_many_labels ? Leaving::written : Leaving::waiting));
    show(input);
  }
}

/// Counts a line, and tells what is wrong with it. Fails where nothing may be.
Outcome<void> Importer::take(const Input& input, const ReadLine& line) {
  ++lines_;
  line_ = line.number;
  return faults_.add(input.name(), line);
}

bool Importer::is_due() const {
  if (waiting_.size() >= options_.batch_records) return true;
  return lines_ % lines_by_clock == 0 && waiting_.size() != 0 &&
         std::chrono::steady_clock::now() - written_at_ >= options_.batch_time;
}

Outcome<void> Importer::write(Leaving labels) {
  written_at_ = std::chrono::steady_clock::now();
  kept_.clear();
  // What a batch owes besides its records is given once, so it is not tried twice.
  if (waiting_.empty() || was_refused_) return {};
  WriteBatch batch;
  if (auto described = describe(batch, labels); !described) {
    was_refused_ = true;
    return described;
  }
  for (std::size_t i = 0; i < waiting_.size(); ++i) batch.put(waiting_[i]);
  if (options_.complete) options_.complete(batch);
  tally_.add(waiting_);
  WriteOptions write_options;
  if (options_.ttl) write_options.ttl(*options_.ttl);
  const auto receipt = engine_.write(std::move(batch), write_options);
  was_refused_ = !receipt;
  if (!receipt) {
    tally_.take_back();
    return std::unexpected(receipt.error());
  }
  records_ += waiting_.size();
  expired_ += receipt->expired;
  waiting_.next_batch();
  for (const Description& kept : kept_) waiting_.describe(kept.key, kept.labels);
  return {};
}

/// What a series has already is not written again. Labels that leave with the last record of their
/// series could go before its first comes, where they are written without one: those wait, as long
/// as they are few.
Outcome<void> Importer::describe(WriteBatch& batch, Leaving leaving) {
  std::unordered_map<std::string_view, Labels> known;
  std::optional<std::unordered_set<std::string_view>> keys;
  for (const Description& description : waiting_.descriptions()) {
    const auto& [key, labels, only_first] = description;
    if (leaving == Leaving::waiting && labels.leaves_with_records()) {
      if (!keys) keys = keys_of(waiting_);
      if (!keys->contains(key)) {
        kept_.push_back(description);
        continue;
      }
    }
    const auto [at, is_new] = known.try_emplace(key);
    if (is_new) {
      VARVE_TRY(at->second, engine_.labels(key));
    }
    Labels wanted = labels;
    if (only_first && !at->second.empty()) {
      // Those of its key it has in any case, beside what somebody gave it by hand.
      if (!is_named_by_labels(key, labels)) continue;
      wanted = with_key_labels(at->second, labels);
    }
    if (at->second == wanted) continue;
    if (only_first && !check(wanted)) {
      ++unlabelled_;
      continue;
    }
    batch.describe(key, wanted);
    at->second = std::move(wanted);
    ++described_;
  }
  return {};
}

void Importer::show(const Input& input) {
  progress_.show({records_, bytes_before_ + input.consumed(), options_.bytes_total, elapsed()});
}

std::string Importer::summary() const {
  const double seconds = std::chrono::duration<double>(elapsed()).count();
  const double rate = seconds > 0 ? static_cast<double>(records_) / seconds : 0;
  std::string text = counted(records_, "record");
  if (records_ != 0) text += " in " + tally_.series_text();
  if (tally_.replaced() != 0) {
    text += ", " + grouped(tally_.replaced()) + " of them in place of others of this import";
  }
  if (expired_ != 0) text += ", " + grouped(expired_) + " of them expired already";
  if (records_ != 0) text += ", " + tally_.time_text();
  if (described_ != 0) text += ", " + counted(described_, "set") + " of labels";
  if (unlabelled_ != 0) {
    text += ", " + grouped(unlabelled_) + " series without their tags, too many or large";
  }
  return text + ", " + faults_.text() + ", " + format_fixed(seconds, 2) + " s, " +
         grouped(static_cast<std::uint64_t>(rate)) + " records/s";
}

}  // namespace varve::tools
