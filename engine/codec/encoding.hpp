#pragma once

#include <cstdint>

namespace varve::engine {

/// How the values of a column are stored: its first byte. Which of them a column may have depends
/// on its type; a decoder refuses the others. Numbers are never given twice.
enum class Encoding : std::uint8_t {
  constant = 0,       // All values are this one.
  packed = 1,         // Differences to the least value, in as few bits as they need.
  packed_delta = 2,   // Differences between neighbours, packed in the same way.
  raw = 3,            // As they are.
  zstd = 4,           // The raw bytes, compressed.
  bitmap = 6,         // One bit each.
  packed_delta2 = 7,  // Differences between the differences, packed in the same way.
  scaled = 8,         // Multiples of a common divisor.
  dictionary = 9,     // The distinct values, and which of them each is.
  decimal = 10,       // Doubles as integers over a power of ten.
  decimal32 = 11,     // The same, rounded to a float.
  split = 12,         // Upper bits, which repeat themselves, apart from lower ones, which do not.
  line = 13,          // Steps along a line, by how far from it they end.
  runs = 14,          // How often the same comes in a row.
  distinct = 15,      // Of bytes, the distinct values, and which of them each is.
};

/// For people; "unknown" of a byte that is none of these.
constexpr const char* name_of(Encoding encoding) {
  switch (encoding) {
    case Encoding::constant: return "constant";
    case Encoding::packed: return "packed";
    case Encoding::packed_delta: return "delta";
    case Encoding::raw: return "raw";
    case Encoding::zstd: return "zstd";
    case Encoding::bitmap: return "bitmap";
    case Encoding::packed_delta2: return "delta2";
    case Encoding::scaled: return "scaled";
    case Encoding::dictionary: return "dictionary";
    case Encoding::decimal: return "decimal";
    case Encoding::decimal32: return "decimal32";
    case Encoding::split: return "split";
    case Encoding::line: return "line";
    case Encoding::runs: return "runs";
    case Encoding::distinct: return "distinct";
  }
  return "unknown";
}

}  // namespace varve::engine
