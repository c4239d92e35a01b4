#include "engine/codec/dictionary.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/codec/encoding.hpp"
#include "engine/codec/plain_words.hpp"
#include "engine/codec/sampled_repeats.hpp"
#include "engine/codec/scratch.hpp"

namespace varve::engine {

namespace {

using Words = std::span<const std::uint64_t>;

/// The distinct values of words that have few, sorted, and which of them each word is.
class Dictionary {
 public:
  static constexpr std::size_t size_max = 256;

  explicit Dictionary(Words words) : places_(words.size()) {
    const auto places = places_.words();
    for (std::size_t i = 0; i < words.size() && count_ <= size_max; ++i) places[i] = find(words[i]);
    if (count_ <= size_max) sort();
  }

  bool too_large() const { return count_ > size_max; }

  void encode(Bytes& target) {
    ByteWriter(target).put(static_cast<std::uint8_t>(count_ - 1));
    encode_plain_words(values(), target);
    encode_plain_words(places_.words(), target);
  }

 private:
  static constexpr std::size_t slot_count = 4 * size_max;

  std::span<std::uint64_t> values() { return std::span(values_).first(count_); }

  /// Where among the values the word is, in the order of their coming. Adds it where it is new.
  std::uint64_t find(std::uint64_t word) {
    constexpr std::uint64_t golden = 0x9E37'79B9'7F4A'7C15;  // Fibonacci hashing.
    std::size_t slot = static_cast<std::size_t>(word * golden >> 54);
    static_assert(slot_count == std::size_t{1} << (64 - 54));
    while (slots_[slot] != 0 && values_[slots_[slot] - 1u] != word) slot = (slot + 1) % slot_count;
    if (slots_[slot] == 0) {
      values_[count_] = word;
      slots_[slot] = static_cast<std::uint16_t>(++count_);
    }
    return slots_[slot] - 1u;
  }

  /// Sorted values pack better, and of neighbours the places are near each other.
  void sort() {
    std::array<std::pair<std::int64_t, std::size_t>, size_max> order;
    const auto ordered = std::span(order).first(count_);
    for (std::size_t i = 0; i < count_; ++i) ordered[i] = {as_signed(values_[i]), i};
    std::ranges::sort(ordered);
    std::array<std::uint64_t, size_max> ranks;
    for (std::size_t i = 0; i < count_; ++i) {
      values_[i] = static_cast<std::uint64_t>(ordered[i].first);
      ranks[ordered[i].second] = i;
    }
    for (std::uint64_t& place : places_.words()) place = ranks[static_cast<std::size_t>(place)];
  }

  Scratch places_;
  std::array<std::uint64_t, size_max + 1> values_;
  std::array<std::uint16_t, slot_count> slots_{};  // The number of a value, from 1.
  std::size_t count_ = 0;
};

}  // namespace

bool encode_dictionary_if_it_pays(Words words, std::size_t size, Bytes& target) {
  // Of 256 values that are equally frequent, 64 samples repeat eight.
  if (words.size() < 256 || sampled_repeats<64>(words) < 6) return false;
  Dictionary dictionary(words);
  if (dictionary.too_large()) return false;
  Bytes encoded;
  dictionary.encode(encoded);
  if (encoded.size() >= size - size / 8) return false;
  ByteWriter writer(target);
  writer.put(std::to_underlying(Encoding::dictionary));
  writer.put_bytes(encoded);
  return true;
}

void decode_dictionary(ByteReader& reader, std::span<std::uint64_t> words) {
  std::array<std::uint64_t, Dictionary::size_max> memory;
  const auto values = std::span(memory).first(std::size_t{reader.take<std::uint8_t>()} + 1);
  decode_plain_words(reader, values);
  decode_plain_words(reader, words);
  if (!reader.ok()) return;
  for (std::uint64_t& word : words) {
    if (word >= values.size()) return reader.fail();
    word = values[static_cast<std::size_t>(word)];
  }
}

}  // namespace varve::engine
