#include "engine/table/key_list.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include "engine/base/assert.hpp"
#include "engine/codec/columns.hpp"
#include "engine/codec/words.hpp"

namespace varve::engine {

namespace {

/// What the first byte mostly tells.
bool is_above(std::string_view key, std::string_view other) {
  if (!key.empty() && !other.empty() && key.front() != other.front()) {
    return static_cast<unsigned char>(key.front()) > static_cast<unsigned char>(other.front());
  }
  return key > other;
}

}  // namespace

void encode_keys(std::span<const std::string_view> keys, Compression compression, Bytes& target) {
  VARVE_ASSERT(!keys.empty());
  ByteWriter(target).put_sized(keys.front());
  std::vector<std::uint64_t> shared_sizes;
  std::vector<std::uint64_t> rest_sizes;
  std::string rests;
  shared_sizes.reserve(keys.size());
  rest_sizes.reserve(keys.size());
  std::string_view previous = keys.front();
  for (const std::string_view key : keys.subspan(1)) {
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
  VARVE_ASSERT(count > 0);
  KeyList list;
  const std::string_view first = reader.take_sized();
  std::vector<std::uint64_t> shared_sizes(count - 1);
  decode_words(reader, shared_sizes);
  const BytesColumn rests = decode_bytes(reader, count - 1, heap_size_max);
  if (first.empty() || first.size() > std::min(internal_key_size_max, heap_size_max)) reader.fail();
  if (!reader.ok()) return list;

  // What the keys take is added up before memory is taken for it. A key that is the one before it
  // takes none.
  std::size_t size = first.size();
  list.heap_size = size;
  for (std::size_t i = 0; i < shared_sizes.size(); ++i) {
    const std::size_t rest_size = rests.values[i].size();
    if (shared_sizes[i] > size || rest_size > internal_key_size_max - shared_sizes[i]) {
      reader.fail();
      return list;
    }
    if (shared_sizes[i] == size && rest_size == 0) continue;
    size = static_cast<std::size_t>(shared_sizes[i]) + rest_size;
    if (size > heap_size_max - list.heap_size) {
      reader.fail();
      return list;
    }
    list.heap_size += size;
  }

  list.heap = std::make_unique_for_overwrite<char[]>(list.heap_size);
  list.keys.reserve(count);
  char* at = std::copy(first.begin(), first.end(), list.heap.get());
  std::string_view previous(list.heap.get(), first.size());
  list.keys.push_back(previous);
  for (std::size_t i = 0; i < shared_sizes.size(); ++i) {
    const auto shared = static_cast<std::size_t>(shared_sizes[i]);
    const std::string_view rest = rests.values[i];
    if (shared < previous.size() || !rest.empty()) {
      if (!is_above(rest, previous.substr(shared))) {  // What comes before is the same in both.
        reader.fail();
        return {};
      }
      char* const begin = at;
      at = std::copy_n(previous.begin(), shared, at);
      at = std::copy(rest.begin(), rest.end(), at);
      previous = {begin, shared + rest.size()};
    }
    list.keys.push_back(previous);
  }
  return list;
}

}  // namespace varve::engine
