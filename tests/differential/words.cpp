#include "tests/differential/words.hpp"

#include <cstdio>
#include <limits>

namespace varve::test {

namespace {

constexpr std::int64_t second = 1'000'000;

std::string say_number(double number) {
  if (is_stale_marker(number)) return "stale";
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", number);
  return text;
}

}  // namespace

std::string say(std::string_view bytes) {
  constexpr std::size_t shown = 40;
  std::string text = "'";
  for (const char byte : bytes.substr(0, shown)) {
    const auto code = static_cast<unsigned char>(byte);
    if (code >= 0x20 && code < 0x7F) {
      text += byte;
    } else {
      char hex[5];
      std::snprintf(hex, sizeof hex, "\\x%02x", code);
      text += hex;
    }
  }
  text += '\'';
  if (bytes.size() > shown) text += "... of " + std::to_string(bytes.size()) + " bytes";
  return text;
}

std::string say_span(Duration span) {
  if (span.count() % second == 0) return std::to_string(span.count() / second) + " s";
  return std::to_string(span.count()) + " us";
}

std::string say_time(Timestamp ts) {
  constexpr std::int64_t decade = std::int64_t{3'653} * 86'400 * second;
  if (ts == never) return "the last moment";
  if (ts == std::numeric_limits<Timestamp>::min()) return "the first moment";
  if (ts < run_epoch - decade || ts > run_epoch + decade) return std::to_string(ts);
  const std::int64_t since = ts - run_epoch;
  return (since < 0 ? "" : "+") + say_span(Duration(since));
}

std::string say(const Value& value) {
  switch (value.type()) {
    case ValueType::double_: return "double " + say_number(value.as_double());
    case ValueType::int64: return "int64 " + std::to_string(value.as_int64());
    case ValueType::bool_: return value.as_bool() ? "true" : "false";
    case ValueType::bytes: break;
  }
  return say(std::string_view(value.as_bytes()));
}

std::string say(const std::optional<Value>& value) { return value ? say(*value) : "no value"; }

std::string say(const Record& record) {
  std::string text = say(record.key()) + " @ " + say_time(record.ts()) + " = ";
  text += say(record.value());
  if (record.expires_at() != never) text += " until " + say_time(record.expires_at());
  return text;
}

std::string say(const std::optional<Record>& record) { return record ? say(*record) : "no record"; }

std::string say(const Labels& labels) {
  std::string text = "{";
  for (const Label& label : labels) text += label.name() + "=" + say(label.value()) + " ";
  return text + (labels.leaves_with_records() ? "leaving}" : "}");
}

std::string say(const DescribedSeries& series) {
  return say(series.key) + " " + say(series.labels);
}

std::string say(const Note& note) {
  return say(std::string_view(note.name)) + " = " + say(std::string_view(note.bytes));
}

std::string say(const TimeRange& range) {
  return "[" + (range.from() ? say_time(*range.from()) : "") + ", " +
         (range.to() ? say_time(*range.to()) : "") + ")";
}

std::string say(const Aggregation& aggregation) {
  std::string text = aggregation.name();
  if (aggregation.function() == Aggregation::Function::quantile) {
    text = "quantile(" + say_number(aggregation.quantile()) + ")";
  }
  if (aggregation.every()) text += " every " + say_span(*aggregation.every());
  if (aggregation.offset()) text += " offset " + say_span(*aggregation.offset());
  switch (aggregation.fill()) {
    case Fill::none: break;
    case Fill::null: text += " filled with null"; break;
    case Fill::previous: text += " filled with previous"; break;
    case Fill::linear: text += " filled by lines"; break;
  }
  if (aggregation.group_parts()) {
    text += " in groups of " + std::to_string(*aggregation.group_parts()) + " parts by ";
    text += say(std::string(1, aggregation.group_delimiter()));
  }
  if (aggregation.group_label()) text += " in groups by label " + *aggregation.group_label();
  return text;
}

std::string say(const Options& options) {
  const auto kib = [](std::size_t bytes) { return std::to_string(bytes >> 10U) + " KiB"; };
  std::string text = "memtable " + kib(options.memtable_bytes);
  text += ", log " + kib(options.wal_bytes) + ", queue " + kib(options.queue_bytes);
  text += ", cache " + kib(options.block_cache_bytes) + ", window " + say_span(options.window);
  text += ", flush after " + say_span(options.flush_after);
  if (options.default_ttl) text += ", TTL " + say_span(*options.default_ttl);
  switch (options.durability.kind()) {
    case Durability::Kind::none: text += ", no log"; break;
    case Durability::Kind::appended: text += ", appended"; break;
    case Durability::Kind::interval: text += ", synced at intervals"; break;
    case Durability::Kind::every: text += ", synced every few batches"; break;
    case Durability::Kind::always: text += ", synced always"; break;
  }
  if (options.compression == Compression::zstd) text += ", zstd";
  return text;
}

}  // namespace varve::test
