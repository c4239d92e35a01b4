#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/codec/row_columns.hpp"
#include "engine/table/block_size.hpp"
#include "engine/table/key_list.hpp"
#include "engine/table/table.hpp"
#include "varve/compression.hpp"
#include "varve/error.hpp"
#include "varve/value.hpp"

namespace varve::engine {

/// What every block keeps to (docs/format/table.md). Decoders allocate by nothing above it.
struct BlockLimits {
  static constexpr std::size_t rows = 65'536;
  static constexpr std::size_t keys_size = std::size_t{1} << 20;  // All keys of a block, decoded.
  static constexpr std::size_t heap_size = Value::size_max + (std::size_t{64} << 10);
};

/// Gathers the rows of one block and encodes them. For one thread.
class BlockEncoder {
 public:
  explicit BlockEncoder(BlockSize size_max = {}) : size_max_(size_max) {
    bools_.reset(RowType::bool_);
  }

  /// Takes as many of the first rows as still fit, and says how many: none only where it is not
  /// empty. Copies them.
  /// REQUIRES rows above those before, strictly ascending timestamps, a key of 1 to
  /// internal_key_size_max bytes, and values of at most Value::size_max bytes.
  std::size_t add(const RowsView& rows);

  bool empty() const { return timestamps_.empty(); }
  std::size_t rows() const { return timestamps_.size(); }
  /// Bytes of keys and values before encoding.
  std::size_t raw_size() const { return raw_size_; }
  std::size_t tombstones() const { return tombstones_; }
  std::size_t rows_of_last_stretch() const {
    return stretches_.empty() ? 0 : stretches_.back().rows;
  }
  /// What the index says of the block, but for its place. Views into this encoder, until clear().
  /// REQUIRES a row.
  TableIndex::Entry entry() const;

  /// Nothing but of the numbers of one series.
  std::optional<NumberStatistics> statistics() const;

  /// REQUIRES a row.
  Bytes encode(Compression compression) const;
  void clear();

  /// The block of these rows alone, and what the index says of it. The same bytes as the encoder
  /// makes of them unpacked.
  static Bytes wrap(const PackedRows& packed);
  static TableIndex::Entry entry_of(const PackedRows& packed);

 private:
  struct Stretch {
    std::size_t key;  // Index in keys_.
    RowType type;
    std::size_t rows;
  };

  std::size_t fitting(const RowsView& rows, bool new_stretch) const;
  void add_values(const RowsView& rows);
  void add_values(std::span<const double> values);
  void add_values(std::span<const std::int64_t> values);
  void add_values(std::span<const bool> values);
  void add_values(std::span<const std::string_view> values);
  void add_expiries(const RowsView& rows);
  void encode_times(Bytes& target) const;
  void encode_expiries(Bytes& target) const;

  BlockSize size_max_;
  std::vector<std::string> keys_;
  std::vector<Stretch> stretches_;
  std::vector<Timestamp> timestamps_;
  std::vector<std::size_t> value_rows_;  // Of each row with a value, its index in timestamps_.
  std::vector<Timestamp> expiries_;      // One for each of those.
  std::vector<double> doubles_;
  std::vector<std::int64_t> int64s_;
  Column bools_;
  std::vector<std::uint64_t> sizes_;
  std::string heap_;

  static constexpr TimeSpan empty_times{std::numeric_limits<Timestamp>::max(),
                                        std::numeric_limits<Timestamp>::min()};
  static constexpr Timestamp expired_always = std::numeric_limits<Timestamp>::min();

  TimeSpan times_ = empty_times;
  Timestamp expiry_min_ = never;
  Timestamp expiry_max_ = expired_always;
  std::size_t raw_size_ = 0;
  std::size_t tombstones_ = 0;
};

/// Which keys a block holds, without its rows.
struct BlockDirectory {
  std::size_t rows = 0;
  KeyList keys;                       // One for each stretch, as the other two.
  std::vector<std::uint64_t> types;   // Each a RowType.
  std::vector<std::uint64_t> counts;  // Of rows; they add up to `rows`.

  /// Any bytes in: a directory, or a failed reader.
  static BlockDirectory decode(ByteReader& reader);

  std::size_t rows_of(RowType type) const;
};

/// Makes a TableBlock of a block's bytes. Any bytes in: rows that keep what RowsView and the order
/// of a table promise, or corruption.
class BlockDecoder {
 public:
  static Result<std::shared_ptr<const TableBlock>> decode(ByteSpan bytes);
};

}  // namespace varve::engine
