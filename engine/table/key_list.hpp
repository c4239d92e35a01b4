#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/bytes.hpp"
#include "varve/compression.hpp"
#include "varve/record.hpp"

namespace varve::engine {

inline constexpr std::size_t internal_key_size_max = Record::key_size_max + 1;

/// Keys in ascending order, equal ones side by side: the first as it is, each other as how many
/// first bytes it shares with the one before, and the rest.
/// REQUIRES a key.
void encode_keys(std::span<const std::string_view> keys, Compression compression, Bytes& target);

/// Such keys, decoded. Equal neighbours lie in memory once.
struct KeyList {
  std::vector<std::string_view> keys;
  std::unique_ptr<char[]> heap;
  std::size_t heap_size = 0;
};

/// REQUIRES a count above 0. Fails the reader where the bytes are not `count` keys in order, each
/// of 1 to internal_key_size_max bytes, or where they take over `heap_size_max` in memory.
KeyList decode_keys(ByteReader& reader, std::size_t count, std::size_t heap_size_max);

}  // namespace varve::engine
