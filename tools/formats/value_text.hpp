#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tools/formats/parsed.hpp"
#include "varve/value.hpp"

namespace varve::tools {

/// What a text column is read as. `automatic` decides value by value: true and false, then what
/// an int64 holds, then what a double reads, else bytes.
enum class ColumnType : std::uint8_t { double_, int64, bool_, bytes, automatic };

/// "double", "int64", "bool", "bytes" or "auto".
Parsed<ColumnType> parse_column_type(std::string_view text);

/// Blanks around numbers and bools do not count; bytes are taken as they are. The view may point
/// into `text`. Doubles round to the nearest, and may be nan and inf; bools are true, false, t, f,
/// 1 and 0 in any case.
Parsed<ValueView> parse_value(std::string_view text, ColumnType type);

/// The whole text as a number.
Parsed<double> parse_double(std::string_view text);
Parsed<std::int64_t> parse_int64(std::string_view text);
/// How many: a whole number in decimal digits and nothing else, no sign either.
Parsed<std::uint64_t> parse_count(std::string_view text);

/// The shortest text that reads back to the same bits; of a NaN only its sign is kept.
void append_double(std::string& out, double value);
/// The same, and all bits of a NaN: "nan:" and 16 hexadecimal digits, where they are not the usual.
void append_exact_double(std::string& out, double value);
void append_int64(std::string& out, std::int64_t value);

/// A value as text for people and csv: bytes as they are.
void append_value(std::string& out, const ValueView& value);

/// A value on one line, for people: bytes as printable(), cut where they are long.
std::string value_line(const ValueView& value);

/// The text in quotes for a message: cut where it is long, without control characters.
std::string quote(std::string_view text);

/// For a terminal: control characters and what is not UTF-8 become escapes like \x1b.
std::string printable(std::string_view text);

std::string_view trimmed(std::string_view text);

bool is_utf8(std::string_view text);

std::string encode_base64(std::string_view bytes);
Parsed<std::string> decode_base64(std::string_view text);

/// "1,440,000"
std::string grouped(std::uint64_t number);
/// "1 table", "1,440 tables"
std::string counted(std::uint64_t number, const char* noun);
/// "412 B", "3.1 KB", "27.0 MB": powers of 1,000.
std::string format_bytes(std::uint64_t bytes);
/// With so many decimal places.
std::string format_fixed(double value, int places);
/// For people: up to three decimal places, or four digits and an exponent.
std::string format_short(double value);

}  // namespace varve::tools
