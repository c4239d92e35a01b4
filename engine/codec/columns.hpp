#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/codec/doubles.hpp"
#include "varve/compression.hpp"

namespace varve::engine {

// Columns of one type each: a tag (engine/codec/encoding.hpp), then what belongs to it. Encoders
// append the encoding that takes least; a column of no values takes no bytes. Decoders fail the
// reader where the bytes are not such a column of that many values. Values come back bit for bit.

void encode_int64s(std::span<const std::int64_t> values, Compression compression, Bytes& target);
void decode_int64s(ByteReader& reader, std::span<std::int64_t> values);

void encode_bools(std::span<const bool> values, Bytes& target);
void decode_bools(ByteReader& reader, std::span<bool> values);

/// `heap` is all values one after the other, `sizes` how long each is.
void encode_bytes(std::span<const std::uint64_t> sizes, std::string_view heap,
                  Compression compression, Bytes& target);

/// Byte strings that own their bytes.
struct BytesColumn {
  std::vector<std::string_view> values;
  std::unique_ptr<char[]> heap;
  std::size_t heap_size = 0;
};
/// `heap_size_max` bounds what all values together may take in memory.
BytesColumn decode_bytes(ByteReader& reader, std::size_t count, std::size_t heap_size_max);

// The same for columns of one width, by the type of the values.

inline void encode_values(std::span<const double> values, Compression compression, Bytes& target) {
  encode_doubles(values, compression, target);
}
inline void encode_values(std::span<const std::int64_t> values, Compression compression,
                          Bytes& target) {
  encode_int64s(values, compression, target);
}
inline void encode_values(std::span<const bool> values, Compression /*compression*/,
                          Bytes& target) {
  encode_bools(values, target);
}
inline void decode_values(ByteReader& reader, std::span<double> values) {
  decode_doubles(reader, values);
}
inline void decode_values(ByteReader& reader, std::span<std::int64_t> values) {
  decode_int64s(reader, values);
}
inline void decode_values(ByteReader& reader, std::span<bool> values) {
  decode_bools(reader, values);
}

}  // namespace varve::engine
