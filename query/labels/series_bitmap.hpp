#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

// CRoaring's.
struct roaring_bitmap_s;  // NOLINT(readability-identifier-naming)

namespace varve::query {

/// A set of series by number: a roaring bitmap (Chambi, Lemire et al. 2016). Throws std::bad_alloc.
class SeriesBitmap {
 public:
  SeriesBitmap() = default;  // Empty, and takes no memory.
  SeriesBitmap(SeriesBitmap&&) noexcept = default;
  SeriesBitmap& operator=(SeriesBitmap&&) noexcept = default;
  ~SeriesBitmap() = default;
  SeriesBitmap copy() const;

  void add(std::uint32_t series);
  void add_range(std::uint32_t first, std::uint32_t end);
  void remove(std::uint32_t series);
  bool contains(std::uint32_t series) const;
  bool empty() const;
  std::uint64_t count() const;
  bool intersects(const SeriesBitmap& other) const;

  void unite(const SeriesBitmap& other);
  void intersect(const SeriesBitmap& other);
  void subtract(const SeriesBitmap& other);

  /// Ascending.
  std::vector<std::uint32_t> numbers() const;
  /// Takes the memory that it needs and no more.
  void shrink();
  std::size_t bytes() const;

 private:
  struct Free {
    void operator()(roaring_bitmap_s* bitmap) const;
  };
  roaring_bitmap_s& made();

  std::unique_ptr<roaring_bitmap_s, Free> bitmap_;
};

}  // namespace varve::query
