#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/checksum.hpp"
#include "engine/wal/batch.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

std::unexpected<Error> refuse(std::size_t operation, const std::string& what) {
  return fail(Errc::invalid_argument, "operation " + std::to_string(operation) + ": " + what);
}

}  // namespace

/// Leaves out what later ranges cover, and the keys of which nothing is left.
class BatchReader::Thinning {
 public:
  explicit Thinning(const WriteBatch& batch) : batch_(batch) {}

  void run(EncodedBatch& encoded);

 private:
  using Kind = Operation::Kind;

  /// An erase_range, by its place in the batch.
  struct Covering {
    std::size_t operation;
    std::string_view end_max;  // The greatest end of this one and those sorted before it.
  };

  void decode();
  void sort_ranges();
  bool is_covered_later(std::size_t at) const;
  std::string_view key_of(const Operation& operation) const {
    return batch_.internal_key(batch_.keys_[operation.key]);
  }

  const WriteBatch& batch_;
  std::vector<Operation> operations_;
  std::vector<Covering> ranges_;  // By first key.
};

Result<EncodedBatch> BatchReader::encode(const WriteBatch& batch, const BatchDefaults& defaults) {
  if (batch.problem_) return refuse(batch.problem_->operation, batch.problem_->what);
  if (defaults.ttl && defaults.ttl->count() < 0) {
    return fail(Errc::invalid_argument, "the write's TTL is negative");
  }
  if (batch.engine_id_ != 0 && batch.engine_id_ != defaults.engine_id) {
    return refuse(batch.first_handle_, "a series of another engine");
  }
  if (batch.stranger_) return refuse(*batch.stranger_, "a series of another engine");

  EncodedBatch encoded;
  encoded.payload = ByteSpan(batch.payload_.bytes).first(batch.payload_.size);
  encoded.default_ttl = defaults.ttl;
  encoded.keys = batch.keys();
  encoded.key_heap = batch.key_heap_;
  encoded.key_bytes = batch.key_bytes_;
  encoded.puts = batch.puts_;
  encoded.deletes = batch.deletes_;
  encoded.user_bytes = batch.user_bytes_;
  encoded.times = {batch.first_ts_, batch.last_ts_};
  encoded.describes = batch.describes_;
  if (batch.may_cover_) Thinning(batch).run(encoded);
  encoded.payload_checksum = checksum(encoded.payload);
  return encoded;
}

void BatchReader::Thinning::run(EncodedBatch& encoded) {
  decode();
  sort_ranges();

  BatchEncoder encoder(encoded.thinned_payload);
  std::vector<BatchKey>& keys = encoded.thinned_keys;
  std::optional<std::uint32_t> last;  // The batch's number of the last of `keys`.
  const auto number_of = [&](std::uint32_t key) {
    if (last != key) keys.push_back(batch_.keys_[key]);
    last = key;
    return static_cast<std::uint32_t>(keys.size() - 1);
  };
  encoded.key_bytes = 0;
  encoded.puts = encoded.deletes = encoded.user_bytes = 0;
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    const Operation& operation = operations_[i];
    if (operation.kind == Kind::erase_range) {
      encoder.erase_range(operation.first_key, operation.end_key, operation.times);
      ++encoded.deletes;
    } else if (is_covered_later(i)) {
      continue;
    } else if (operation.kind == Kind::erase) {
      encoder.erase(number_of(operation.key), operation.ts);
      ++encoded.deletes;
    } else {
      encoder.put(number_of(operation.key), operation.ts, operation.value, operation.expires_at);
      ++encoded.puts;
      encoded.user_bytes += WriteBatch::user_bytes_of(key_of(operation), operation.value);
    }
  }
  encoded.payload = ByteSpan(encoded.thinned_payload.bytes).first(encoded.thinned_payload.size);
  encoded.keys = keys;
  for (const BatchKey& key : keys) encoded.key_bytes += batch_.internal_key(key).size();
}

void BatchReader::Thinning::decode() {
  BatchDecoder decoder(ByteSpan(batch_.payload_.bytes).first(batch_.payload_.size),
                       batch_.payload_.key_count);
  for (Operation operation;;) {
    const Result<bool> more = decoder.next(operation);
    VARVE_ASSERT(more.has_value());  // The batch encoded it itself.
    if (!*more) return;
    operations_.push_back(operation);
  }
}

void BatchReader::Thinning::sort_ranges() {
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    if (operations_[i].kind == Kind::erase_range) ranges_.push_back({i, {}});
  }
  std::ranges::sort(ranges_, {}, [this](const Covering& range) {
    return operations_[range.operation].first_key;
  });
  std::string_view end_max;
  for (Covering& range : ranges_) {
    end_max = std::max(end_max, operations_[range.operation].end_key);
    range.end_max = end_max;
  }
}

// Ranges that begin at or below the key, the nearest first, until none before can reach it: one
// step where ranges do not overlap, as when a batch replaces series by series.
bool BatchReader::Thinning::is_covered_later(std::size_t at) const {
  const Operation& operation = operations_[at];
  const std::string_view key = key_of(operation);
  auto range = std::ranges::upper_bound(ranges_, key, {}, [this](const Covering& each) {
    return operations_[each.operation].first_key;
  });
  while (range != ranges_.begin()) {
    --range;
    if (range->end_max <= key) return false;
    const Operation& covering = operations_[range->operation];
    if (range->operation > at && covering.end_key > key && covering.times.contains(operation.ts)) {
      return true;
    }
  }
  return false;
}

}  // namespace varve::engine
