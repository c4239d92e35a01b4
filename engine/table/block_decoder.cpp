#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/codec/columns.hpp"
#include "engine/codec/row_columns.hpp"
#include "engine/codec/words.hpp"
#include "engine/table/block_format.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

/// What the views of a block point to.
struct BlockStorage {
  KeyList keys;
  std::vector<Timestamp> timestamps;
  std::vector<Timestamp> expiries;  // Of rows with a value, or none.
  std::vector<double> doubles;
  std::vector<std::int64_t> int64s;
  std::unique_ptr<bool[]> bools;
  std::size_t bools_size = 0;
  BytesColumn values;

  std::size_t bytes() const {
    return sizeof(*this) + keys.keys.size() * sizeof(std::string_view) + keys.heap_size +
           (timestamps.size() + expiries.size() + doubles.size() + int64s.size()) * 8 + bools_size +
           values.values.size() * sizeof(std::string_view) + values.heap_size;
  }
};

/// First timestamps of the stretches, then the steps from row to row. False where a step does not
/// go up.
bool decode_times(ByteReader& reader, const BlockDirectory& directory,
                  std::vector<Timestamp>& timestamps) {
  std::vector<std::int64_t> firsts(directory.counts.size());
  decode_int64s(reader, firsts);
  if (firsts.size() == 1) {
    timestamps.resize(directory.rows);
    timestamps.front() = firsts.front();
    decode_steps(reader, timestamps);
    return reader.ok() &&
           std::ranges::adjacent_find(timestamps, std::ranges::greater_equal()) == timestamps.end();
  }
  std::vector<std::uint64_t> steps(directory.rows - firsts.size());
  decode_words(reader, steps);
  if (!reader.ok()) return false;

  timestamps.reserve(directory.rows);
  auto step = steps.begin();
  for (std::size_t i = 0; i < firsts.size(); ++i) {
    Timestamp ts = firsts[i];
    const bool same_key =
        i > 0 && directory.keys.keys[i].data() == directory.keys.keys[i - 1].data();
    if (same_key && ts <= timestamps.back()) return false;
    timestamps.push_back(ts);
    for (std::uint64_t row = 1; row < directory.counts[i]; ++row) {
      // Wraps around where the step is too large, and then it is not above.
      const auto next = static_cast<Timestamp>(static_cast<std::uint64_t>(ts) + *step++);
      if (next <= ts) return false;
      timestamps.push_back(ts = next);
    }
  }
  return true;
}

void decode_expiries(ByteReader& reader, const BlockDirectory& directory, BlockStorage& storage) {
  const auto form = static_cast<ExpiryForm>(reader.take<std::uint8_t>());
  if (form == ExpiryForm::none) return;
  if (form != ExpiryForm::after_ts && form != ExpiryForm::moment) return reader.fail();
  storage.expiries.resize(directory.rows - directory.rows_of(RowType::tombstone));
  decode_int64s(reader, storage.expiries);
  if (form == ExpiryForm::moment) return;

  auto expiry = storage.expiries.begin();
  auto ts = storage.timestamps.begin();
  for (std::size_t i = 0; i < directory.counts.size(); ++i) {
    const auto end = ts + static_cast<std::ptrdiff_t>(directory.counts[i]);
    if (static_cast<RowType>(directory.types[i]) == RowType::tombstone) {
      ts = end;
      continue;
    }
    for (; ts != end; ++ts, ++expiry) {
      *expiry = static_cast<Timestamp>(static_cast<std::uint64_t>(*ts) +
                                       static_cast<std::uint64_t>(*expiry));
    }
  }
}

void decode_values(ByteReader& reader, const BlockDirectory& directory, BlockStorage& storage) {
  storage.doubles.resize(directory.rows_of(RowType::double_));
  decode_doubles(reader, storage.doubles);
  storage.int64s.resize(directory.rows_of(RowType::int64));
  decode_int64s(reader, storage.int64s);
  storage.bools_size = directory.rows_of(RowType::bool_);
  storage.bools = std::make_unique<bool[]>(storage.bools_size);
  decode_bools(reader, {storage.bools.get(), storage.bools_size});
  storage.values = decode_bytes(reader, directory.rows_of(RowType::bytes), BlockLimits::heap_size);
}

std::vector<RowsView> views_of(const BlockDirectory& directory, const BlockStorage& storage) {
  std::vector<RowsView> stretches;
  stretches.reserve(directory.counts.size());
  const Timestamp* ts = storage.timestamps.data();
  const Timestamp* expiry = storage.expiries.data();
  // The first value of each type that no stretch has yet.
  std::tuple<const double*, const std::int64_t*, const bool*, const std::string_view*> next{
      storage.doubles.data(), storage.int64s.data(), storage.bools.get(),
      storage.values.values.data()};
  for (std::size_t i = 0; i < directory.counts.size(); ++i) {
    const auto count = static_cast<std::size_t>(directory.counts[i]);
    RowsView rows;
    rows.key = storage.keys.keys[i];
    rows.type = static_cast<RowType>(directory.types[i]);
    rows.timestamps = {std::exchange(ts, ts + count), count};
    if (rows.type != RowType::tombstone) {
      with_type(rows.type, [&]<class T>() {
        rows.values = std::get<const T*>(next);
        std::get<const T*>(next) += count;
      });
    }
    if (rows.type != RowType::tombstone && !storage.expiries.empty()) {
      rows.expiries = {std::exchange(expiry, expiry + count), count};
    }
    stretches.push_back(rows);
  }
  VARVE_ASSERT(ts == storage.timestamps.data() + storage.timestamps.size());
  return stretches;
}

}  // namespace

BlockDirectory BlockDirectory::decode(ByteReader& reader) {
  BlockDirectory directory;
  const std::uint64_t rows = reader.take_varint();
  const std::uint64_t stretches = reader.take_varint();
  if (rows == 0 || rows > BlockLimits::rows || stretches == 0 || stretches > rows) {
    reader.fail();
    return directory;
  }
  directory.rows = static_cast<std::size_t>(rows);
  directory.keys = decode_keys(reader, static_cast<std::size_t>(stretches), BlockLimits::keys_size);
  directory.types.resize(static_cast<std::size_t>(stretches));
  decode_words(reader, directory.types);
  directory.counts.resize(static_cast<std::size_t>(stretches));
  decode_words(reader, directory.counts);

  std::uint64_t left = rows;
  for (const std::uint64_t count : directory.counts) {
    if (count == 0 || count > left) reader.fail();
    left -= std::min(count, left);
  }
  const bool types_known = std::ranges::all_of(directory.types, is_row_type);
  if (left != 0 || !types_known) reader.fail();
  return directory;
}

std::size_t BlockDirectory::rows_of(RowType type) const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (types[i] == std::to_underlying(type)) sum += counts[i];
  }
  return static_cast<std::size_t>(sum);
}

Result<std::shared_ptr<const TableBlock>> BlockDecoder::decode(ByteSpan bytes) {
  ByteReader reader(bytes);
  BlockDirectory directory = BlockDirectory::decode(reader);
  if (!reader.ok()) return fail(Errc::corruption, "block directory");

  const auto storage = std::make_shared<BlockStorage>();
  if (!decode_times(reader, directory, storage->timestamps)) {
    return fail(Errc::corruption, "block timestamps");
  }
  decode_expiries(reader, directory, *storage);
  if (!reader.ok()) return fail(Errc::corruption, "block expiries");
  decode_values(reader, directory, *storage);
  if (!reader.ok() || !reader.at_end()) return fail(Errc::corruption, "block values");

  storage->keys = std::move(directory.keys);
  auto block = std::make_shared<TableBlock>();
  block->stretches_ = views_of(directory, *storage);
  block->heads_.build(storage->keys.keys);
  storage->keys.keys = std::vector<std::string_view>();  // The stretches name them.
  block->bytes_ = sizeof(TableBlock) + block->stretches_.size() * sizeof(RowsView) +
                  block->heads_.bytes() + storage->bytes();
  block->storage_ = storage;
  return block;
}

}  // namespace varve::engine
