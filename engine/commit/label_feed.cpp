#include "engine/commit/label_feed.hpp"

#include <algorithm>
#include <iterator>
#include <new>

#include "engine/base/assert.hpp"
#include "engine/record/payload.hpp"

namespace varve::engine {

void LabelFeed::add(const EncodedBatch& batch, std::uint64_t sequence) {
  const Lock lock(mutex_);
  VARVE_ASSERT(sequence > newest_);
  newest_ = sequence;
  if (!keeping_) return;
  try {
    record(batch, sequence);
  } catch (const std::bad_alloc&) {
    drop();  // The batch is written: so whoever keeps the index builds it anew.
  }
  if (bytes_ > bytes_max_) drop();
}

void LabelFeed::drop() {
  keeping_ = false;
  clear();
}

/// With its memory: to assign {} would keep that.
void LabelFeed::clear() {
  changes_ = std::vector<Change>();
  bytes_ = 0;
}

void LabelFeed::record(const EncodedBatch& batch, std::uint64_t sequence) {
  BatchDecoder decoder(batch.payload, static_cast<std::uint32_t>(batch.keys.size()));
  for (Operation operation;;) {
    const Result<bool> more = decoder.next(operation);
    VARVE_ASSERT(more.has_value());  // We encoded it ourselves.
    if (!*more) break;
    if (operation.kind == Operation::Kind::erase_range) continue;  // Of users' keys only.
    const std::string_view key = batch.bytes_of(batch.keys[operation.key]);
    if (space_of(key) != KeySpace::labels) continue;
    const bool removed = operation.kind == Operation::Kind::erase;
    changes_.push_back({sequence, std::string(user_key(key)),
                        removed ? std::string() : std::string(operation.value.as_bytes())});
    bytes_ += sizeof(Change) + changes_.back().key.size() + changes_.back().record.size();
  }
}

std::uint64_t LabelFeed::start() {
  const Lock lock(mutex_);
  keeping_ = true;
  clear();
  return newest_;
}

void LabelFeed::stop() {
  const Lock lock(mutex_);
  drop();
}

std::size_t LabelFeed::bytes() const {
  const Lock lock(mutex_);
  return bytes_;
}

std::optional<std::vector<LabelFeed::Change>> LabelFeed::take_through(std::uint64_t sequence) {
  const Lock lock(mutex_);
  if (!keeping_) return std::nullopt;
  const auto end = std::ranges::upper_bound(changes_, sequence, {}, &Change::sequence);
  std::vector<Change> taken(std::make_move_iterator(changes_.begin()),
                            std::make_move_iterator(end));
  changes_.erase(changes_.begin(), end);
  std::size_t bytes = 0;
  for (const Change& change : taken) {
    bytes += sizeof(Change) + change.key.size() + change.record.size();
  }
  VARVE_ASSERT(bytes <= bytes_ && (bytes == bytes_) == changes_.empty());
  bytes_ -= bytes;
  if (changes_.empty()) clear();
  return taken;
}

}  // namespace varve::engine
