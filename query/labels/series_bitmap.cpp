#include "query/labels/series_bitmap.hpp"

#include <roaring/roaring.h>

#include <new>

namespace varve::query {

void SeriesBitmap::Free::operator()(roaring_bitmap_s* bitmap) const { roaring_bitmap_free(bitmap); }

roaring_bitmap_s& SeriesBitmap::made() {
  if (bitmap_ == nullptr) {
    bitmap_.reset(roaring_bitmap_create());
    if (bitmap_ == nullptr) throw std::bad_alloc();
  }
  return *bitmap_;
}

SeriesBitmap SeriesBitmap::copy() const {
  SeriesBitmap copied;
  if (bitmap_ == nullptr) return copied;
  copied.bitmap_.reset(roaring_bitmap_copy(bitmap_.get()));
  if (copied.bitmap_ == nullptr) throw std::bad_alloc();
  return copied;
}

void SeriesBitmap::add(std::uint32_t series) { roaring_bitmap_add(&made(), series); }

void SeriesBitmap::add_range(std::uint32_t first, std::uint32_t end) {
  if (first < end) roaring_bitmap_add_range_closed(&made(), first, end - 1);
}

void SeriesBitmap::remove(std::uint32_t series) {
  if (bitmap_ != nullptr) roaring_bitmap_remove(bitmap_.get(), series);
}

bool SeriesBitmap::contains(std::uint32_t series) const {
  return bitmap_ != nullptr && roaring_bitmap_contains(bitmap_.get(), series);
}

bool SeriesBitmap::empty() const {
  return bitmap_ == nullptr || roaring_bitmap_is_empty(bitmap_.get());
}

std::uint64_t SeriesBitmap::count() const {
  return bitmap_ == nullptr ? 0 : roaring_bitmap_get_cardinality(bitmap_.get());
}

bool SeriesBitmap::intersects(const SeriesBitmap& other) const {
  return bitmap_ != nullptr && other.bitmap_ != nullptr &&
         roaring_bitmap_intersect(bitmap_.get(), other.bitmap_.get());
}

void SeriesBitmap::unite(const SeriesBitmap& other) {
  if (other.bitmap_ != nullptr) roaring_bitmap_or_inplace(&made(), other.bitmap_.get());
}

void SeriesBitmap::intersect(const SeriesBitmap& other) {
  if (bitmap_ == nullptr) return;
  if (other.bitmap_ == nullptr) {
    bitmap_.reset();
  } else {
    roaring_bitmap_and_inplace(bitmap_.get(), other.bitmap_.get());
  }
}

void SeriesBitmap::subtract(const SeriesBitmap& other) {
  if (bitmap_ == nullptr || other.bitmap_ == nullptr) return;
  roaring_bitmap_andnot_inplace(bitmap_.get(), other.bitmap_.get());
}

std::vector<std::uint32_t> SeriesBitmap::numbers() const {
  std::vector<std::uint32_t> numbers(static_cast<std::size_t>(count()));
  if (!numbers.empty()) roaring_bitmap_to_uint32_array(bitmap_.get(), numbers.data());
  return numbers;
}

void SeriesBitmap::shrink() {
  if (bitmap_ == nullptr) return;
  roaring_bitmap_run_optimize(bitmap_.get());
  roaring_bitmap_shrink_to_fit(bitmap_.get());
}

std::size_t SeriesBitmap::bytes() const {
  if (bitmap_ == nullptr) return 0;
  // Each container, of up to 65,536 numbers, has a head of its own beside what is stored.
  constexpr std::size_t container_head = 48;
  roaring_statistics_t statistics;
  roaring_bitmap_statistics(bitmap_.get(), &statistics);
  return sizeof(roaring_bitmap_t) + statistics.n_containers * container_head +
         roaring_bitmap_size_in_bytes(bitmap_.get());
}

}  // namespace varve::query
