#include "tools/formats/tables/foreign_bytes.hpp"

#include <algorithm>
#include <array>

namespace varve::tools {

namespace {

struct Magic {
  std::string_view bytes;
  const char* what;
};

using namespace std::string_view_literals;

constexpr std::array magics = {
    Magic{"\x1f\x8b"sv, "compressed by gzip: zcat FILE | varve import ... -"},
    Magic{"\x28\xb5\x2f\xfd"sv, "compressed by zstd: zstdcat FILE | varve import ... -"},
    Magic{"\xfd\x37zXZ\x00"sv, "compressed by xz: xzcat FILE | varve import ... -"},
    Magic{"BZh91AY&SY"sv, "compressed by bzip2: bzcat FILE | varve import ... -"},
    Magic{"PK\x03\x04"sv, "a zip archive, as spreadsheets are: unzip it, or save the sheet as csv"},
    Magic{"\xd0\xcf\x11\xe0"sv, "a document of an office program: save the sheet as csv"},
    Magic{"SQLite format 3\x00"sv, "a database of SQLite: sqlite3 -csv FILE 'SELECT ...'"},
    Magic{"PAR1\x15"sv, "a Parquet file: save it as csv"},
};

constexpr const char* utf16 =
    "in UTF-16, not in UTF-8: iconv -f UTF-16 -t UTF-8 FILE | varve import ... -";

/// Every second byte of ASCII in UTF-16 is zero.
bool looks_like_utf16(std::string_view first) {
  if (first.starts_with("\xff\xfe") || first.starts_with("\xfe\xff")) return true;
  if (first.size() < 4) return false;
  const auto zero = [first](std::size_t at) { return first[at] == '\0'; };
  return (zero(0) && !zero(1) && zero(2) && !zero(3)) ||
         (!zero(0) && zero(1) && !zero(2) && zero(3));
}

}  // namespace

std::optional<std::string> foreign_bytes(std::string_view first) {
  const auto magic = std::ranges::find_if(
      magics, [first](const Magic& candidate) { return first.starts_with(candidate.bytes); });
  if (magic != magics.end()) return magic->what;
  if (looks_like_utf16(first)) return utf16;
  if (first.find('\n') == std::string_view::npos && std::ranges::count(first, '\r') > 1) {
    return "lines end in \\r alone, as of old Macs: tr '\\r' '\\n' <FILE | varve import ... -";
  }
  return {};
}

}  // namespace varve::tools
