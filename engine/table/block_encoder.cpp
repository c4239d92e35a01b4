// add() copies rows into columns, all of one kind side by side, whatever stretches they came in;
// encode() writes the directory (keys, types, counts of the stretches) and then column by column:
// times, expiries, doubles, int64s, bools, bytes (docs/format/table.md). A block is full by its
// rows or by its bytes before encoding, its first key left out, whichever comes first; one row fits
// always.
//
// wrap() makes the same bytes of rows that a memtable has packed already.

#include <algorithm>
#include <functional>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/codec/columns.hpp"
#include "engine/codec/words.hpp"
#include "engine/table/block_format.hpp"
#include "varve/value.hpp"

namespace varve::engine {

namespace {

std::span<const std::string_view> byte_values(const RowsView& rows) {
  return rows.values_as<std::string_view>();
}

/// What BlockDirectory decodes.
void encode_directory(std::size_t rows, std::span<const std::string_view> keys,
                      std::span<const std::uint64_t> types, std::span<const std::uint64_t> counts,
                      Compression compression, Bytes& target) {
  ByteWriter writer(target);
  writer.put_varint(rows);
  writer.put_varint(keys.size());
  encode_keys(keys, compression, target);
  encode_words(types, Compression::none, target);
  encode_words(counts, Compression::none, target);
}

}  // namespace

std::size_t BlockEncoder::fitting(const RowsView& rows, bool new_stretch) const {
  const std::size_t count = std::min(rows.size(), size_max_.rows - timestamps_.size());
  // But for the first key: the rows would bring it along into the next block, however long it is.
  const std::size_t first_key = keys_.empty() ? rows.key.size() : keys_.front().size();
  std::size_t size = raw_size_ + (new_stretch ? rows.key.size() : 0) - first_key;
  // A block holds one row at least, however large.
  if (!empty() && size > size_max_.raw_bytes) return 0;
  if (rows.type != RowType::bytes) return count;

  const auto values = byte_values(rows);
  for (std::size_t i = 0; i < count; ++i) {
    size += values[i].size();
    if (size > size_max_.raw_bytes && (i > 0 || !empty())) return i;
  }
  return count;
}

std::size_t BlockEncoder::add(const RowsView& given) {
  const bool new_key = keys_.empty() || keys_.back() != given.key;
  const bool new_stretch = new_key || stretches_.back().type != given.type;
  const std::size_t count = fitting(given, new_stretch);
  if (count == 0) return 0;

  const RowsView rows = given.slice(0, count);
  VARVE_ASSERT(!rows.key.empty() && rows.key.size() <= internal_key_size_max);
  VARVE_ASSERT(!new_key || keys_.empty() || keys_.back() < rows.key);
  VARVE_ASSERT(new_key || timestamps_.back() < rows.first_ts());
  VARVE_ASSERT(std::ranges::adjacent_find(rows.timestamps, std::ranges::greater_equal()) ==
               rows.timestamps.end());

  if (new_key) keys_.emplace_back(rows.key);
  if (new_stretch) {
    stretches_.push_back({keys_.size() - 1, rows.type, 0});
    raw_size_ += rows.key.size();
  }
  stretches_.back().rows += count;
  times_.first = std::min(times_.first, rows.first_ts());
  times_.last = std::max(times_.last, rows.last_ts());
  timestamps_.insert(timestamps_.end(), rows.timestamps.begin(), rows.timestamps.end());
  if (rows.type == RowType::tombstone) {
    tombstones_ += count;
    expiry_min_ = expired_always;
  } else {
    add_expiries(rows);
    add_values(rows);
  }
  return count;
}

void BlockEncoder::add_expiries(const RowsView& rows) {
  const std::size_t first_row = timestamps_.size() - rows.size();
  for (std::size_t i = 0; i < rows.size(); ++i) value_rows_.push_back(first_row + i);
  if (rows.expiries.empty()) {
    expiries_.resize(expiries_.size() + rows.size(), never);
    expiry_max_ = never;
    return;
  }
  const auto [least, greatest] = std::ranges::minmax(rows.expiries);
  expiries_.insert(expiries_.end(), rows.expiries.begin(), rows.expiries.end());
  expiry_min_ = std::min(expiry_min_, least);
  expiry_max_ = std::max(expiry_max_, greatest);
}

void BlockEncoder::add_values(const RowsView& rows) {
  with_type(rows.type, [&]<class T>() { add_values(rows.values_as<T>()); });
}

void BlockEncoder::add_values(std::span<const double> values) {
  doubles_.insert(doubles_.end(), values.begin(), values.end());
}

void BlockEncoder::add_values(std::span<const std::int64_t> values) {
  int64s_.insert(int64s_.end(), values.begin(), values.end());
}

void BlockEncoder::add_values(std::span<const bool> values) {
  bools_.append(values.data(), values.size());
}

void BlockEncoder::add_values(std::span<const std::string_view> values) {
  for (const std::string_view value : values) {
    VARVE_ASSERT(value.size() <= Value::size_max);
    sizes_.push_back(value.size());
    heap_ += value;
    raw_size_ += value.size();
  }
}

TableIndex::Entry BlockEncoder::entry() const {
  VARVE_ASSERT(!empty());
  TableIndex::Entry entry;
  entry.rows = static_cast<std::uint32_t>(rows());
  entry.first_key = keys_.front();
  entry.first_ts = timestamps_.front();
  entry.last_key = keys_.back();
  entry.last_ts = timestamps_.back();
  entry.times = times_;
  entry.expiry_min = expiry_min_;
  entry.expiry_max = expiry_max_;
  return entry;
}

std::optional<NumberStatistics> BlockEncoder::statistics() const {
  if (stretches_.size() != 1) return std::nullopt;
  const RowType type = stretches_.front().type;
  if (type == RowType::double_) return statistics_of(doubles_);
  if (type == RowType::int64) return statistics_of(int64s_);
  return std::nullopt;
}

Bytes BlockEncoder::encode(Compression compression) const {
  VARVE_ASSERT(!empty());
  std::vector<std::string_view> keys;
  std::vector<std::uint64_t> types;
  std::vector<std::uint64_t> counts;
  for (const Stretch& stretch : stretches_) {
    keys.emplace_back(keys_[stretch.key]);
    types.push_back(std::to_underlying(stretch.type));
    counts.push_back(stretch.rows);
  }

  Bytes block;
  encode_directory(rows(), keys, types, counts, compression, block);
  encode_times(block);
  encode_expiries(block);
  encode_doubles(doubles_, compression, block);
  encode_int64s(int64s_, compression, block);
  encode_bools({static_cast<const bool*>(bools_.data()), bools_.size()}, block);
  encode_bytes(sizes_, heap_, compression, block);
  return block;
}

Bytes BlockEncoder::wrap(const PackedRows& packed) {
  VARVE_ASSERT(packed.rows > 0 && packed.rows <= BlockLimits::rows);
  const std::uint64_t type = std::to_underlying(packed.type);
  const std::uint64_t count = packed.rows;
  Bytes block;
  encode_directory(packed.rows, {&packed.key, 1}, {&type, 1}, {&count, 1}, Compression::none,
                   block);
  encode_int64s({&packed.times.first, 1}, Compression::none, block);
  ByteWriter(block).put_bytes(packed.columns);
  return block;
}

TableIndex::Entry BlockEncoder::entry_of(const PackedRows& packed) {
  VARVE_ASSERT(!packed.times.empty());
  TableIndex::Entry entry;
  entry.rows = static_cast<std::uint32_t>(packed.rows);
  entry.first_key = packed.key;
  entry.first_ts = packed.times.first;
  entry.last_key = packed.key;
  entry.last_ts = packed.times.last;
  entry.times = packed.times;
  entry.expiry_min = packed.expiry_min;
  entry.expiry_max = packed.expiry_max;
  return entry;
}

void BlockEncoder::encode_times(Bytes& target) const {
  std::vector<std::int64_t> firsts;
  std::vector<std::uint64_t> steps;
  firsts.reserve(stretches_.size());
  steps.reserve(timestamps_.size() - stretches_.size());
  std::size_t row = 0;
  for (const Stretch& stretch : stretches_) {
    firsts.push_back(timestamps_[row]);
    for (const std::size_t end = row + stretch.rows; ++row < end;) {
      steps.push_back(static_cast<std::uint64_t>(timestamps_[row]) -
                      static_cast<std::uint64_t>(timestamps_[row - 1]));
    }
  }
  encode_int64s(firsts, Compression::none, target);
  encode_step_words(steps, target);
}

void BlockEncoder::encode_expiries(Bytes& target) const {
  std::vector<Timestamp> timestamps;
  timestamps.reserve(value_rows_.size());
  for (const std::size_t row : value_rows_) timestamps.push_back(timestamps_[row]);
  engine::encode_expiries(expiries_, timestamps, target);
}

void BlockEncoder::clear() {
  keys_.clear();
  stretches_.clear();
  timestamps_.clear();
  value_rows_.clear();
  expiries_.clear();
  doubles_.clear();
  int64s_.clear();
  bools_.reset(RowType::bool_);
  sizes_.clear();
  heap_.clear();
  times_ = empty_times;
  expiry_min_ = never;
  expiry_max_ = expired_always;
  raw_size_ = 0;
  tombstones_ = 0;
}

}  // namespace varve::engine
