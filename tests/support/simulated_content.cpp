#include "tests/support/simulated_content.hpp"

#include <algorithm>
#include <utility>

namespace varve::test {

namespace {

using engine::Bytes;
using engine::ByteSpan;

constexpr std::size_t freed_sectors_max = 256;

// A sector that is written all the time, such as the last one of a log, keeps its newest versions.
constexpr std::size_t versions_max = 8;

}  // namespace

void FreedSectors::add(ByteSpan content, std::size_t sector_size) {
  // The first sectors of a file are the telling ones: they hold its header.
  for (std::uint64_t index = 0; index < 16 && !content.empty(); ++index) {
    const ByteSpan taken = content.first(std::min(sector_size, content.size()));
    content = content.subspan(taken.size());
    Bytes bytes(taken.begin(), taken.end());
    bytes.resize(sector_size);
    sectors_.push_back({index, std::move(bytes)});
    if (sectors_.size() > freed_sectors_max) sectors_.pop_front();
  }
}

Bytes FreedSectors::pick(Random& random, std::uint64_t index) const {
  if (sectors_.empty()) return {};
  if (random.chance(0.5)) {
    std::vector<const Bytes*> same_place;
    for (const Sector& sector : sectors_) {
      if (sector.index == index) same_place.push_back(&sector.bytes);
    }
    if (!same_place.empty()) return *random.pick(same_place);
  }
  return random.pick(sectors_).bytes;
}

void SimulatedContent::write(std::uint64_t offset, ByteSpan source) {
  if (source.empty()) return;
  const std::uint64_t end = offset + source.size();
  remember(offset, end);
  if (end > bytes_.size()) {
    bytes_.resize(end);
    sizes_.push_back(end);
  }
  std::ranges::copy(source, bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
}

void SimulatedContent::truncate(std::uint64_t size) {
  if (size >= bytes_.size()) return;
  remember(size, bytes_.size());
  bytes_.resize(size);
  sizes_.push_back(size);
}

/// What the sectors that are about to change hold.
void SimulatedContent::remember(std::uint64_t offset, std::uint64_t end) {
  for (std::uint64_t index = offset / sector_size_; index * sector_size_ < end; ++index) {
    Dirty& dirty =
        dirty_.try_emplace(index, Dirty{{}, index * sector_size_ >= synced_size_}).first->second;
    dirty.before.push_back(sector(index));
    if (dirty.before.size() > versions_max) dirty.before.erase(dirty.before.begin() + 1);
    dirty.forgotten = false;
  }
}

void SimulatedContent::sync() {
  std::erase_if(dirty_, [](const auto& entry) { return !entry.second.forgotten; });
  synced_size_ = bytes_.size();
  sizes_.clear();
}

void SimulatedContent::fail_sync() {
  for (auto& [index, dirty] : dirty_) dirty.forgotten = true;
}

void SimulatedContent::set(Bytes bytes) {
  bytes_ = std::move(bytes);
  synced_size_ = bytes_.size();
  sizes_.clear();
  dirty_.clear();
}

Bytes SimulatedContent::synced() const {
  Bytes result = bytes_;
  result.resize(std::max<std::uint64_t>(result.size(), synced_size_));
  for (const auto& [index, dirty] : dirty_) put_sector(result, index, dirty.before.front());
  result.resize(synced_size_);
  return result;
}

Bytes SimulatedContent::surviving(Random& random, double kept, const FreedSectors& freed) const {
  Bytes result = bytes_;
  result.resize(std::max<std::uint64_t>(result.size(), synced_size_));
  for (const auto& [index, dirty] : dirty_) {
    put_sector(result, index, surviving_sector(random, kept, freed, index, dirty));
  }
  result.resize(surviving_size(random));
  return result;
}

/// A whole sector, with zeros beyond the end of the file.
Bytes SimulatedContent::sector(std::uint64_t index) const {
  Bytes result(sector_size_);
  const std::uint64_t offset = index * sector_size_;
  if (offset < bytes_.size()) {
    const ByteSpan rest = bytes().subspan(offset);
    std::ranges::copy(rest.first(std::min(sector_size_, rest.size())), result.begin());
  }
  return result;
}

void SimulatedContent::put_sector(Bytes& target, std::uint64_t index, ByteSpan source) const {
  const std::uint64_t offset = index * sector_size_;
  if (offset >= target.size()) return;  // The file was cut since.
  const std::size_t size = std::min<std::uint64_t>(source.size(), target.size() - offset);
  std::ranges::copy(source.first(size), target.begin() + static_cast<std::ptrdiff_t>(offset));
}

Bytes SimulatedContent::surviving_sector(Random& random, double kept, const FreedSectors& freed,
                                         std::uint64_t index, const Dirty& dirty) const {
  const double fate = random.fraction();
  if (fate < 0.15) {  // Torn: up to some byte one write, from there on another.
    Bytes torn = random.pick(dirty.before);
    Bytes other = sector(index);
    if (random.chance(0.5)) std::swap(torn, other);
    const auto cut = static_cast<std::ptrdiff_t>(random.below(sector_size_ + 1));
    std::copy(other.begin() + cut, other.end(), torn.begin() + cut);
    return torn;
  }
  if (fate < 0.25) {  // Stale: an earlier write, or of a file that had the sector before.
    const Bytes stale = dirty.fresh && random.chance(0.5) ? freed.pick(random, index) : Bytes();
    return stale.empty() ? random.pick(dirty.before) : stale;
  }
  return random.chance(kept) ? sector(index) : dirty.before.front();
}

std::uint64_t SimulatedContent::surviving_size(Random& random) const {
  if (bytes_.size() == synced_size_) return synced_size_;
  switch (random.below(4)) {
    case 0: return synced_size_;
    case 1: return bytes_.size();
    case 2: return random.pick(sizes_);
    default: break;
  }
  // Blocks reach the disk one by one, and the size follows them.
  const std::uint64_t first = synced_size_ / sector_size_ + 1;
  const std::uint64_t last = bytes_.size() / sector_size_;
  if (first > last) return bytes_.size();
  return (first + random.below(last - first + 1)) * sector_size_;
}

}  // namespace varve::test
