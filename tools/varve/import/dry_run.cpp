#include "tools/varve/import/dry_run.hpp"

#include <utility>

#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/terminal/interruption.hpp"
#include "tools/varve/terminal/table_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr std::size_t counted_at_once = 1'000;
constexpr std::size_t counted_bytes_max = std::size_t{4} << 20;

}  // namespace

Outcome<void> DryRun::read(Input& input, RecordReader& reader,
                           const std::vector<std::string>& decisions) {
  std::vector<Record> first;
  const Outcome<void> outcome = read_lines(input, reader, first);
  // Also where it fails: what was taken for what is then of most use.
  std::string& out = output_.text();
  out += printable(input.name()) + '\n';
  for (const std::string& decision : decisions) out += "  " + decision + '\n';
  for (const std::string& decision : reader.decisions()) out += "  " + decision + '\n';
  if (!first.empty()) {
    TableText table({{"  key"}, {"time (UTC)"}, {"value", Align::right}, {"type"}});
    for (const Record& record : first) {
      const ValueView value = record.value().view();
      table.add({"  " + printable(record.key()), format_time_short(record.ts()), value_line(value),
                 std::string(name_of(value.type()))});
    }
    table.print(out);
  }
  VARVE_CHECK(output_.flush());
  return outcome;
}

Outcome<void> DryRun::read_lines(Input& input, RecordReader& reader, std::vector<Record>& first) {
  RecordList records;
  while (true) {
    const std::size_t before = records.size();
    const auto line = reader.next(records);
    Outcome<void> outcome;
    if (!line && !is_interruption(line.error())) outcome = std::unexpected(line.error());
    if (line && *line) outcome = faults_.add(input.name(), **line);
    for (std::size_t i = before; i < records.size() && first.size() < shown_max; ++i) {
      first.emplace_back(records[i]);
    }
    const bool is_last = !outcome || !line || !*line || Interruption::number() != 0;
    const bool is_many = records.size() >= counted_at_once ||
                         records.bytes() + records.label_bytes() > counted_bytes_max;
    if (is_last || is_many) count(records);
    if (is_last) return outcome;
  }
}

void DryRun::count(RecordList& records) {
  tally_.add(records);
  records_ += records.size();
  records.next_batch();
}

std::string DryRun::summary() const {
  std::string text = counted(records_, "record");
  if (records_ != 0) text += " in " + tally_.series_text();
  // There is no database to ask for late ones.
  if (tally_.replaced() != 0) {
    text += ", at least " + grouped(tally_.replaced()) + " of them in place of others";
  }
  if (records_ != 0) text += ", " + tally_.time_text();
  return text + ", " + faults_.text() + "; nothing was written";
}

}  // namespace varve::tools
