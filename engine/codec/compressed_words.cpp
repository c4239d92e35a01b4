#include "engine/codec/compressed_words.hpp"

#include <utility>

#include "engine/codec/encoding.hpp"
#include "engine/codec/plain_words.hpp"
#include "engine/codec/sampled_repeats.hpp"
#include "engine/codec/zstd.hpp"

namespace varve::engine {

namespace {

// zstd takes some 25 cycles a word to decode where unpacking takes two, and far more to encode. So
// it has to save at least an eighth, and is tried only on words that nothing else makes small and
// that come again: in other words it finds nothing that is not found cheaper.
constexpr std::size_t compressed_size_min = 256;
constexpr std::size_t sample_size = 256;
constexpr std::size_t repeats_min = sample_size / 32;

bool may_pay(std::span<const std::uint64_t> words, std::size_t packed) {
  return packed >= compressed_size_min && packed > words.size_bytes() / 8 * 5 &&
         sampled_repeats<sample_size>(words) >= repeats_min;
}

}  // namespace

bool encode_compressed_if_it_pays(std::span<const std::uint64_t> words, std::size_t packed,
                                  Bytes& target) {
  if (!may_pay(words, packed)) return false;
  Bytes raw;
  encode_raw(words, raw);
  const Bytes compressed = compress(raw);
  if (compressed.size() >= packed - packed / 8) return false;
  ByteWriter writer(target);
  writer.put(std::to_underlying(Encoding::zstd));
  writer.put_sized(as_text(compressed));
  return true;
}

void decode_compressed(ByteReader& reader, std::span<std::uint64_t> words) {
  const ByteSpan frame = as_bytes(reader.take_sized());
  if (!reader.ok()) return;
  Bytes bytes(words.size_bytes());
  if (!decompress(frame, bytes)) return reader.fail();
  words_of_raw(bytes, words);
}

}  // namespace varve::engine
