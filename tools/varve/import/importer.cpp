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

// An engine refuses a batch of over 32 MiB whole, or of less where it was told so. The largest
// record adds half of that, so a batch goes while there is room for one.
constexpr std::size_t waiting_bytes_max = std::size_t{4} << 20;
constexpr std::size_t batch_bytes_max = std::size_t{8} << 20;
/// What an operation takes in a batch besides its key and its value, at most.
constexpr std::size_t operation_bytes = 64;

std::size_t bytes_of(const RecordView& record) {
  const bool has_bytes = record.value().type() == ValueType::bytes;
  return operation_bytes + record.key().size() + (has_bytes ? record.value().as_bytes().size() : 0);
}

std::size_t bytes_of(std::string_view key, const Labels& labels) {
  std::size_t bytes = operation_bytes + key.size();
  for (const Label& label : labels) bytes += 8 + label.name().size() + label.value().size();
  return bytes;
}

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
    const bool many_labels = has_many_labels();
    if (!many_labels && !is_due()) continue;
    VARVE_CHECK(write(many_labels ? Leaving::written : Leaving::waiting));
    show(input);
  }
}

/// Counts a line, and tells what is wrong with it. Fails where nothing may be.
Outcome<void> Importer::take(const Input& input, const ReadLine& line) {
  ++lines_;
  line_ = line.number;
  return faults_.add(input.name(), line);
}

bool Importer::has_many_labels() const {
  return waiting_.descriptions().size() / 2 >= options_.batch_records ||
         waiting_.label_bytes() > waiting_bytes_max;
}

bool Importer::is_due() const {
  if (waiting_.size() >= options_.batch_records) return true;
  if (waiting_.bytes() > waiting_bytes_max) return true;
  return lines_ % lines_by_clock == 0 && waiting_.size() != 0 &&
         std::chrono::steady_clock::now() - written_at_ >= options_.batch_time;
}

Outcome<void> Importer::write(Leaving labels) {
  written_at_ = std::chrono::steady_clock::now();
  kept_.clear();
  // What a batch owes besides its records is given once, so it is not tried twice.
  if (waiting_.empty() || was_refused_) return {};
  auto due = labels_to_write(labels);
  if (!due) {
    was_refused_ = true;
    return std::unexpected(std::move(due).error());
  }
  tally_.add(waiting_);
  const std::uint64_t before = records_;
  if (auto written = write_waiting(*std::move(due)); !written) {
    if (records_ == before) tally_.take_back();
    return written;
  }
  waiting_.next_batch();
  for (const Description& kept : kept_) waiting_.describe(kept.key, kept.labels);
  return {};
}

/// As one batch, or as several where it is more than one may hold: notes, and the records, each
/// series with its labels in the batch of its first record.
Outcome<void> Importer::write_waiting(LabelsByKey labels) {
  WriteBatch batch;
  while (options_.complete && options_.complete(batch)) VARVE_CHECK(send(batch, 0));
  std::size_t bytes = 0;
  std::size_t records = 0;
  const auto send_full = [&]() -> Outcome<void> {
    if (bytes <= batch_bytes_max) return {};
    bytes = 0;
    return send(batch, std::exchange(records, 0));
  };
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    const RecordView record = waiting_[i];
    const auto due = labels.empty() ? labels.end() : labels.find(record.key());
    if (due != labels.end()) {
      bytes += bytes_of(due->first, due->second);
      batch.describe(due->first, due->second);
      labels.erase(due);
    }
    bytes += bytes_of(record);
    batch.put(record);
    ++records;
    VARVE_CHECK(send_full());
  }
  for (const auto& [key, alone] : labels) {
    bytes += bytes_of(key, alone);
    batch.describe(key, alone);
    VARVE_CHECK(send_full());
  }
  return batch.empty() ? Outcome<void>() : send(batch, records);
}

/// The batch, which holds so many records; it is empty then.
Outcome<void> Importer::send(WriteBatch& batch, std::size_t records) {
  WriteOptions write_options;
  if (options_.ttl) write_options.ttl(*options_.ttl);
  const auto receipt = engine_.write(std::move(batch), write_options);
  was_refused_ = !receipt;
  if (!receipt) return std::unexpected(receipt.error());
  records_ += records;
  expired_ += receipt->expired;
  return {};
}

/// What a series has already is not written again. Labels that leave with the last record of their
/// series could go before its first comes, where they are written without one: those wait, as long
/// as they are few.
Outcome<Importer::LabelsByKey> Importer::labels_to_write(Leaving leaving) {
  LabelsByKey known;
  LabelsByKey due;
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
    due.insert_or_assign(key, wanted);
    at->second = std::move(wanted);
    ++described_;
  }
  return due;
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
