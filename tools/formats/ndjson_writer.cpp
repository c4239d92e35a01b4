#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "tools/formats/ndjson.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"
#include "varve/detail/with_type.hpp"

namespace varve::tools {

namespace {

void append_bytes(std::string& out, std::string_view bytes) {
  if (is_utf8(bytes)) {
    append_json_text(out, bytes);
  } else {
    out += R"({"base64":")" + encode_base64(bytes) + "\"}";
  }
}

void append_json_double(std::string& out, double value) {
  if (std::isfinite(value)) {
    const std::size_t before = out.size();
    append_double(out, value);
    if (out.find_first_of(".e", before) == std::string::npos) out += ".0";
    return;
  }
  const auto bits = std::bit_cast<std::uint64_t>(value);
  out += R"({"double":")";
  if (std::isinf(value)) {
    out += value < 0 ? "-inf" : "inf";
  } else {
    out += "nan";
    if (bits != std::bit_cast<std::uint64_t>(std::numeric_limits<double>::quiet_NaN())) {
      std::array<char, 16> digits;
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), bits, 16).ptr;
      const std::string_view text(digits.data(), end);
      (out += ':').append(16 - text.size(), '0') += text;
    }
  }
  out += "\"}";
}

void append_json(std::string& out, double value) { append_json_double(out, value); }
void append_json(std::string& out, std::int64_t value) { append_int64(out, value); }
void append_json(std::string& out, bool value) { out += value ? "true" : "false"; }
void append_json(std::string& out, std::string_view bytes) { append_bytes(out, bytes); }

void append_json_time(std::string& out, Timestamp ts, bool epoch) {
  if (epoch) {
    append_int64(out, ts);
  } else {
    out += '"';
    append_time(out, ts);
    out += '"';
  }
}

/// Those whose names can be written so.
void append_labels(std::string& out, const Labels& labels, bool base64) {
  bool first = true;
  for (const Label& label : labels) {
    if (is_utf8(label.name()) == base64) continue;
    out += !first ? "," : base64 ? R"(,"labels_base64":{)" : R"(,"labels":{)";
    append_json_text(out, base64 ? encode_base64(label.name()) : label.name());
    out += ':';
    append_bytes(out, label.value());
    first = false;
  }
  if (!first) out += '}';
}

}  // namespace

void append_ndjson(std::string& out, const RecordView& record, bool epoch_times) {
  out += R"({"key":)";
  append_bytes(out, record.key());
  out += R"(,"time":)";
  append_json_time(out, record.ts(), epoch_times);
  out += R"(,"value":)";
  append_json_value(out, record.value());
  if (record.expires_at() != never) {
    out += R"(,"expires_at":)";
    append_json_time(out, record.expires_at(), epoch_times);
  }
  out += '}';
}

void append_ndjson_labels(std::string& out, std::string_view key, const Labels& labels) {
  out += R"({"key":)";
  append_bytes(out, key);
  append_labels(out, labels, false);
  append_labels(out, labels, true);
  if (labels.empty()) out += R"(,"labels":{})";
  if (labels.leaves_with_records()) out += R"(,"leave_with_records":true)";
  out += '}';
}

void append_json_text(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20) {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_json_value(std::string& out, const ValueView& value) {
  detail::with_value(value, [&](const auto& one) { append_json(out, one); });
}

}  // namespace varve::tools
