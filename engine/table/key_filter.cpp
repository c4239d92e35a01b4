#include "engine/table/key_filter.hpp"

#include <roaring/roaring.h>

#include <algorithm>
#include <new>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/numeric/wide.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

// A key that is not in the table hits one of 256 places by chance.
constexpr std::uint64_t places_for_each_key = 256;
constexpr std::uint64_t places_max = std::uint64_t{1} << 32;  // What the bitmap can number.

struct FreeBitmap {
  void operator()(roaring_bitmap_t* bitmap) const { roaring_bitmap_free(bitmap); }
};
using BitmapPointer = std::unique_ptr<roaring_bitmap_t, FreeBitmap>;

/// The hash's share of 2^64, of `places`: hashes in order stay in order.
std::uint32_t place_of(std::uint64_t hash, std::uint64_t places) {
  return static_cast<std::uint32_t>(multiply(hash, places).high);
}

}  // namespace

struct KeyFilter::Bitmap {
  BitmapPointer pointer;
};

KeyFilter::KeyFilter(std::unique_ptr<Bitmap> bitmap, std::uint64_t places, std::size_t bytes)
    : bitmap_(std::move(bitmap)), places_(places), bytes_(bytes) {}
KeyFilter::KeyFilter(KeyFilter&&) noexcept = default;
KeyFilter::~KeyFilter() = default;

Bytes KeyFilter::encode(std::vector<std::uint64_t> hashes) {
  const std::uint64_t places =
      std::clamp(hashes.size() * places_for_each_key, places_for_each_key, places_max);
  std::ranges::sort(hashes);  // In order, the bitmap is built several times faster.
  std::vector<std::uint32_t> taken;
  taken.reserve(hashes.size());
  for (const std::uint64_t hash : hashes) taken.push_back(place_of(hash, places));

  const BitmapPointer bitmap(roaring_bitmap_of_ptr(taken.size(), taken.data()));
  if (bitmap == nullptr) throw std::bad_alloc();
  roaring_bitmap_run_optimize(bitmap.get());
  Bytes bytes;
  ByteWriter(bytes).put(places);
  const std::size_t at = bytes.size();
  bytes.resize(at + roaring_bitmap_portable_size_in_bytes(bitmap.get()));
  roaring_bitmap_portable_serialize(bitmap.get(), reinterpret_cast<char*>(bytes.data() + at));
  return bytes;
}

Result<KeyFilter> KeyFilter::decode(ByteSpan bytes) {
  ByteReader reader(bytes);
  const auto places = reader.take<std::uint64_t>();
  const std::string_view stored = as_text(reader.take_bytes(reader.remaining()));
  // CRoaring prints to stderr where the bytes end too early, so that is found out before.
  if (places == 0 || places > places_max || stored.empty() ||
      roaring_bitmap_portable_deserialize_size(stored.data(), stored.size()) != stored.size()) {
    return fail(Errc::corruption, "filter");
  }
  auto bitmap = std::make_unique<Bitmap>();
  bitmap->pointer.reset(roaring_bitmap_portable_deserialize_safe(stored.data(), stored.size()));
  if (bitmap->pointer == nullptr) return fail(Errc::corruption, "filter");
  // Its containers are allocated one by one, 16 bytes each for the smallest and as much for malloc.
  const std::size_t memory = sizeof(KeyFilter) + stored.size() + 32 * (stored.size() / 512 + 1);
  return KeyFilter(std::move(bitmap), places, memory);
}

bool KeyFilter::may_contain(std::uint64_t hash) const {
  return roaring_bitmap_contains(bitmap_->pointer.get(), place_of(hash, places_));
}

}  // namespace varve::engine
