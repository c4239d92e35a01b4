#include "engine/memtable/series_index.hpp"

#include <new>
#include <type_traits>

#include "engine/base/assert.hpp"
#include "engine/base/bytes.hpp"

namespace varve::engine {

// Series, runs and chunks are dropped with the memory they lie in.
static_assert(std::is_trivially_destructible_v<MemtableSeries>);
static_assert(std::is_trivially_destructible_v<RunChunk>);

SeriesIndex::SeriesIndex(Arena& arena) : arena_(arena) {
  slots_.push_back(std::make_unique<Slots>(slots_min));
  current_.store(slots_.back().get(), std::memory_order_release);
}

MemtableSeries* SeriesIndex::find(std::string_view key, std::uint64_t hash) const {
  const Slots& table = *current_.load(std::memory_order_acquire);
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  for (std::uint32_t at = tag & table.mask;; at = (at + 1) & table.mask) {
    const Slot slot = table.slots[at].load(std::memory_order_acquire);
    if (slot == 0) return nullptr;
    if (slot >> 32 != tag) continue;
    MemtableSeries& series = this->at(static_cast<std::uint32_t>(slot) - 1);
    if (series.key() == key) return &series;
  }
}

/// What the slot at the hash's own place names, where that may be the series.
MemtableSeries* SeriesIndex::first_candidate(std::uint64_t hash) const {
  const Slots& table = *slots_.back();
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  const Slot slot = table.slots[tag & table.mask].load(std::memory_order_relaxed);
  if (slot == 0 || slot >> 32 != tag) return nullptr;
  return &at(static_cast<std::uint32_t>(slot) - 1);
}

// Each request goes through four stages, several places apart, so that what one stage asks memory
// for is there when the next one needs it: the slot, the series, its key, and where its next row
// goes (Chen, Ailamaki, Gibbons, Mowry: "Improving Hash Join Performance through Prefetching").
void SeriesIndex::resolve(std::span<SeriesRequest> requests) {
  constexpr std::size_t apart = 6;
  const std::size_t count = requests.size();
  if (count < apart) {
    for (SeriesRequest& request : requests) {
      if (!request.known) request.series = &find_or_add(request.key, request.hash);
    }
    return;
  }
  for (std::size_t i = 0; i < count + 3 * apart; ++i) {
    if (i < count && !requests[i].known) {
      const Slots& table = *slots_.back();
      const auto tag = static_cast<std::uint32_t>(requests[i].hash >> 32);
      __builtin_prefetch(&table.slots[tag & table.mask]);
    }
    if (i >= apart && i - apart < count) {
      SeriesRequest& request = requests[i - apart];
      // No more than a candidate: the last stage compares its key.
      if (!request.known) request.series = first_candidate(request.hash);
      if (request.series != nullptr) request.series->prefetch();
    }
    if (i >= 2 * apart && i - 2 * apart < count) {
      const SeriesRequest& request = requests[i - 2 * apart];
      if (!request.known && request.series != nullptr) request.series->prefetch_key();
    }
    if (i >= 3 * apart) {
      SeriesRequest& request = requests[i - 3 * apart];
      if (!request.known && (request.series == nullptr || request.series->key() != request.key)) {
        request.series = &find_or_add(request.key, request.hash);
      }
      request.series->prefetch_append();
    }
  }
}

MemtableSeries& SeriesIndex::find_or_add(std::string_view key, std::uint64_t hash) {
  if (MemtableSeries* const known = find(key, hash)) return *known;

  const std::uint32_t number = count_.load(std::memory_order_relaxed);
  const Slots* table = slots_.back().get();
  if (number >= table->mask - table->mask / 4) {
    grow();
    table = slots_.back().get();
  }
  MemtableSeries& series = add(key);
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  std::uint32_t at = tag & table->mask;
  while (table->slots[at].load(std::memory_order_relaxed) != 0) at = (at + 1) & table->mask;
  table->slots[at].store(Slot{tag} << 32 | (number + 1), std::memory_order_release);
  return series;
}

MemtableSeries& SeriesIndex::at(std::uint32_t number) const {
  const std::size_t piece = piece_of(number);
  std::byte* const memory = pieces_[piece].load(std::memory_order_acquire);
  VARVE_ASSERT(memory != nullptr);
  const auto index = static_cast<std::size_t>(number - piece_start(piece));
  return *std::launder(reinterpret_cast<MemtableSeries*>(memory) + index);
}

MemtableSeries& SeriesIndex::add(std::string_view key) {
  const std::uint32_t number = count_.load(std::memory_order_relaxed);
  VARVE_ASSERT(number < ~std::uint32_t{0} - piece_size_min);
  const std::size_t piece = piece_of(number);
  if (piece == piece_memory_.size()) {
    // The system gives pages as series come.
    const std::size_t size = (std::size_t{piece_size_min} << piece) * sizeof(MemtableSeries);
    piece_memory_.emplace_back(size);
    pieces_[piece].store(piece_memory_.back().data(), std::memory_order_release);
  }
  char* const copy = arena_.allocate_array<char>(key.size());
  copy_bytes(copy, key.data(), key.size());
  // With its place in the list of sorted series, which a flush makes where no reader did.
  arena_.count(sizeof(MemtableSeries) + sizeof(const MemtableSeries*));
  auto* const series = new (&at(number)) MemtableSeries({copy, key.size()});
  count_.store(number + 1, std::memory_order_release);
  return *series;
}

void SeriesIndex::grow() {
  const Slots& old = *slots_.back();
  const std::size_t old_count = std::size_t{old.mask} + 1;
  auto grown = std::make_unique<Slots>(old_count * 2);
  for (std::size_t i = 0; i < old_count; ++i) {
    const Slot slot = old.slots[i].load(std::memory_order_relaxed);
    if (slot == 0) continue;
    auto at = static_cast<std::uint32_t>(slot >> 32) & grown->mask;
    while (grown->slots[at].load(std::memory_order_relaxed) != 0) at = (at + 1) & grown->mask;
    grown->slots[at].store(slot, std::memory_order_relaxed);
  }
  // Kept before it is shown: there may be no memory for the list.
  slots_.push_back(std::move(grown));
  arena_.count(old_count * 2 * sizeof(Slot));
  current_.store(slots_.back().get(), std::memory_order_release);
}

}  // namespace varve::engine
