#include "tests/model/text.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>

#include "tests/model/program.hpp"

namespace varve::test {

std::string text_of(std::string_view bytes) {
  constexpr std::size_t shown = 24;
  std::string text = "\"";
  for (const char byte : bytes.substr(0, shown)) {
    if (byte >= ' ' && byte <= '~') {
      text += byte;
    } else {
      char hex[5];
      std::snprintf(hex, sizeof hex, "\\x%02X", static_cast<unsigned char>(byte));
      text += hex;
    }
  }
  text += '"';
  if (bytes.size() > shown) text += "...(" + std::to_string(bytes.size()) + " bytes)";
  return text;
}

/// Relative to where the clock began, if it is near.
std::string text_of_ts(Timestamp ts) {
  constexpr Timestamp near = Timestamp{100} * 366 * 86'400 * 1'000'000;
  if (ts == never) return "max";
  if (ts == std::numeric_limits<Timestamp>::min()) return "min";
  if (ts < Words::epoch - Timestamp{366} * 86'400 * 1'000'000 || ts > Words::epoch + near) {
    return std::to_string(ts);
  }
  const Timestamp since = ts - Words::epoch;
  return "T" + std::string(since < 0 ? "" : "+") + std::to_string(since);
}

std::string text_of(const Value& value) {
  switch (value.type()) {
    case ValueType::double_: {
      if (is_stale_marker(value.as_double())) return "stale";
      char text[32];
      std::snprintf(text, sizeof text, "%.17g", value.as_double());
      return std::string(text) + "d";
    }
    case ValueType::int64: return std::to_string(value.as_int64());
    case ValueType::bool_: return value.as_bool() ? "true" : "false";
    case ValueType::bytes: return text_of(std::string_view(value.as_bytes()));
  }
  return "?";
}

std::string text_of(const Record& record) {
  std::string text = "(" + text_of(std::string_view(record.key())) + ", " +
                     text_of_ts(record.ts()) + ") = " + text_of(record.value());
  if (record.expires_at() != never) text += " until " + text_of_ts(record.expires_at());
  return text;
}

std::string text_of(const std::optional<Record>& record) {
  return record ? text_of(*record) : "nothing";
}

std::string text_of(const KeySet& keys) {
  switch (keys.kind) {
    case KeySet::Kind::all: return "all";
    case KeySet::Kind::one: return "key " + text_of(std::string_view(keys.first));
    case KeySet::Kind::prefix: return "prefix " + text_of(std::string_view(keys.first));
    case KeySet::Kind::range: break;
  }
  return "keys [" + text_of(std::string_view(keys.first)) + ", " +
         (keys.end ? text_of(std::string_view(*keys.end)) : "...") + ")";
}

std::string text_of(const Labels& labels) {
  std::string text;
  for (const Label& label : labels) text += " " + label.name() + "=" + label.value();
  return text.empty() ? " as nothing" : text;
}

std::string text_of(const TimeRange& range) {
  return "[" + (range.from() ? text_of_ts(*range.from()) : "...") + ", " +
         (range.to() ? text_of_ts(*range.to()) : "...") + ")";
}

std::string text_of(const Selection& selection) {
  std::string text = text_of(selection.keys) + " " + text_of(selection.times);
  for (const Matcher& matcher : selection.matchers) {
    constexpr std::string_view kinds[] = {"=", "!=", "^=", "|=", "=~", "!~"};
    text += " " + matcher.name() + std::string(kinds[static_cast<std::size_t>(matcher.kind())]);
    for (const std::string& operand : matcher.operands()) text += "'" + operand + "'";
  }
  if (selection.limit != Query::unlimited) text += " limit " + std::to_string(selection.limit);
  if (selection.per_series != Query::unlimited) {
    text += " per series " + std::to_string(selection.per_series);
  }
  return selection.newest_first ? text + " newest first" : text;
}

std::string text_of(const Aggregation& aggregation) {
  constexpr std::string_view fills[] = {"none", "null", "previous", "linear"};
  std::string text = aggregation.name();
  if (aggregation.function() == Aggregation::Function::quantile) {
    text += " (" + text_of(Value(aggregation.quantile())) + ")";
  }
  if (aggregation.group_parts()) {
    text += " by " + std::to_string(*aggregation.group_parts()) + " parts at " +
            text_of(std::string_view(std::string(1, aggregation.group_delimiter())));
  }
  if (aggregation.group_label()) text += " by label " + *aggregation.group_label();
  if (!aggregation.every()) return text;
  text += " every " + std::to_string(aggregation.every()->count()) + " us";
  if (aggregation.offset()) text += " offset " + std::to_string(aggregation.offset()->count());
  return text + " fill " + std::string(fills[static_cast<std::size_t>(aggregation.fill())]);
}

std::string text_of(const Changes& changes) {
  constexpr std::size_t shown = 40;
  std::string text;
  if (changes.default_ttl) {
    text += " default ttl " + std::to_string(changes.default_ttl->count()) + " us";
  }
  for (std::size_t i = 0; i < std::min(changes.list.size(), shown); ++i) {
    const Change& change = changes.list[i];
    text += "\n      ";
    if (change.kind == Change::Kind::erase_range) {
      text += "erase " + text_of(change.keys) + " " + text_of(change.times);
    } else if (change.kind == Change::Kind::describe) {
      text += "describe " + text_of(std::string_view(change.key)) + text_of(change.labels);
    } else if (change.kind == Change::Kind::note) {
      text += "note " + text_of(std::string_view(change.key)) + " = " +
              (change.bytes ? text_of(std::string_view(*change.bytes)) : "none");
    } else if (change.kind == Change::Kind::erase) {
      text +=
          "erase (" + text_of(std::string_view(change.key)) + ", " + text_of_ts(change.ts) + ")";
    } else {
      text += "put " + text_of(Record(change.key, change.ts, change.value, change.expires_at));
      if (change.ttl) text += " ttl " + std::to_string(change.ttl->count()) + " us";
    }
  }
  if (changes.list.size() > shown) {
    const Change& last = changes.list.back();
    text += "\n      ... " + std::to_string(changes.list.size()) +
            " in all, the last of them put " + text_of(Record(last.key, last.ts, last.value));
  }
  return text;
}

std::string text_of(const Options& options) {
  constexpr std::string_view durabilities[] = {"none", "appended", "interval", "every", "always"};
  std::string text =
      "durability " +
      std::string(durabilities[static_cast<std::size_t>(options.durability.kind())]) +
      ", memtable " + std::to_string(options.memtable_bytes >> 10) + " KiB, wal " +
      std::to_string(options.wal_bytes >> 10) + " KiB, queue " +
      std::to_string(options.queue_bytes >> 10) + " KiB, cache " +
      std::to_string(options.block_cache_bytes >> 10) + " KiB, window " +
      std::to_string(options.window.count()) + " us";
  if (options.compression == Compression::zstd) text += ", zstd";
  if (options.default_ttl) {
    text += ", default ttl " + std::to_string(options.default_ttl->count()) + " us";
  }
  if (options.threadless) return text + ", threadless";
  return text + (options.background_maintenance ? ", in the background" : ", threads");
}

std::string first_difference(const std::vector<Record>& given,
                             const std::vector<Record>& expected) {
  for (std::size_t i = 0; i < std::max(given.size(), expected.size()); ++i) {
    const auto at = [i](const std::vector<Record>& records) {
      return i < records.size() ? std::optional(records[i]) : std::nullopt;
    };
    if (at(given) == at(expected)) continue;
    return "record " + std::to_string(i) + " of " + std::to_string(given.size()) + " is " +
           text_of(at(given)) + ", but record " + std::to_string(i) + " of " +
           std::to_string(expected.size()) + " is " + text_of(at(expected)) + " in the model";
  }
  return {};
}

}  // namespace varve::test
