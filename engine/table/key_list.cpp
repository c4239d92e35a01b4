#include "engine/table/key_list.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "engine/codec/columns.hpp"
#include "engine/codec/words.hpp"

namespace varve::engine {

void encode_keys(std::span<const std::string_view> keys, Compression compression, Bytes& target) {
  std::vector<std::uint64_t> shared_sizes;
  std::vector<std::uint64_t> rest_sizes;
  std::string rests;
  shared_sizes.reserve(keys.size());
  rest_sizes.reserve(keys.size());
  std::string_view previous;
  for (const std::string_view key : keys) {
    const auto shared =
        static_cast<std::size_t>(std::ranges::mismatch(previous, key).in2 - key.begin());
    shared_sizes.push_back(shared);
    rest_sizes.push_back(key.size() - shared);
    rests += key.substr(shared);
    previous = key;
  }
  encode_words(shared_sizes, Compression::none, target);
  encode_bytes(rest_sizes, rests, compression, target);
}

KeyList decode_keys(ByteReader& reader, std::size_t count, std::size_t heap_size_max) {
  std::vector<std::uint64_t> shared_sizes(count);
  decode_words(reader, shared_sizes);
  const BytesColumn rests = decode_bytes(reader, count, heap_size_max);
  KeyList list;
  if (!reader.ok()) return list;

  std::size_t previous_size = 0;
  const auto is_repeated = [&](std::size_t index) {
    return index > 0 && shared_sizes[index] == previous_size && rests.values[index].empty();
  };
  for (std::size_t i = 0; i < count; ++i) {
    if (is_repeated(i)) continue;
    const std::size_t rest_size = rests.values[i].size();
    if (shared_sizes[i] > previous_size || rest_size > internal_key_size_max ||
        shared_sizes[i] + rest_size > internal_key_size_max || shared_sizes[i] + rest_size == 0) {
      reader.fail();
      return list;
    }
    previous_size = static_cast<std::size_t>(shared_sizes[i]) + rest_size;
    if (previous_size > heap_size_max - list.heap_size) {
      reader.fail();
      return list;
    }
    list.heap_size += previous_size;
  }

  list.heap = std::make_unique_for_overwrite<char[]>(list.heap_size);
  list.keys.reserve(count);
  char* at = list.heap.get();
  std::string_view previous;
  previous_size = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (is_repeated(i)) {
      list.keys.push_back(previous);
      continue;
    }
    const auto shared = static_cast<std::size_t>(shared_sizes[i]);
    const std::string_view rest = rests.values[i];
    if (rest <= previous.substr(shared)) {  // What comes before it is the same in both.
      reader.fail();
      return {};
    }
    if (shared > 0) std::memcpy(at, previous.data(), shared);
    std::memcpy(at + shared, rest.data(), rest.size());
    previous = {at, shared + rest.size()};
    previous_size = previous.size();
    at += previous.size();
    list.keys.push_back(previous);
  }
  return list;
}

}  // namespace varve::engine
