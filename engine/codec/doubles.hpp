#pragma once

#include <span>

#include "engine/base/bytes.hpp"
#include "varve/compression.hpp"

namespace varve::engine {

/// A column of doubles. What sensors report is mostly decimal: 21.3 is 213 over 10. Such values are
/// stored as integers, which pack well, and a power of ten; the idea and its test for exactness are
/// ALP's (Afroozeh, Kuffo and Boncz, "ALP: Adaptive Lossless floating-Point Compression", 2023).
/// ALP multiplies by an inverse power and so misses some decimals by a last bit. Here the integer
/// is divided, which IEEE 754 rounds as reading the decimal text does: no decimal of up to 15
/// digits is missed, and one exponent describes a column where ALP searches two.
///
/// Every double comes back bit for bit: those for which it does not hold (NaN, -0.0, all that is no
/// short decimal) are exceptions, kept as they are; columns with many are stored by their bits.
void encode_doubles(std::span<const double> values, Compression compression, Bytes& target);

/// Fails the reader where the bytes are not such a column.
void decode_doubles(ByteReader& reader, std::span<double> values);

}  // namespace varve::engine
