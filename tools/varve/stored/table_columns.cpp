#include "tools/varve/stored/table_columns.hpp"

#include <memory>
#include <utility>

#include "engine/codec/columns.hpp"
#include "engine/codec/encoding.hpp"
#include "engine/codec/row_columns.hpp"
#include "engine/codec/words.hpp"
#include "engine/table/block_format.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

using engine::Encoding;
using engine::RowType;

/// Reads column by column, and notes what each took.
class Columns {
 public:
  explicit Columns(engine::ByteSpan block) : block_(block), reader_(block) {}

  Result<std::vector<StoredColumn>> read() {
    const auto directory = read_directory();
    if (!reader_.ok()) return fail(Errc::corruption, "block directory");
    const std::size_t stretches = directory.counts.size();
    numbers("first times", stretches);
    numbers("time steps", directory.rows - stretches);
    const auto form = static_cast<engine::ExpiryForm>(reader_.take<std::uint8_t>());
    if (form != engine::ExpiryForm::none) {
      numbers("expiries", directory.rows - directory.rows_of(RowType::tombstone));
    }
    column("doubles", directory.rows_of(RowType::double_), [&](std::size_t count) {
      std::vector<double> values(count);
      engine::decode_doubles(reader_, values);
    });
    column("int64s", directory.rows_of(RowType::int64), [&](std::size_t count) {
      std::vector<std::int64_t> values(count);
      engine::decode_int64s(reader_, values);
    });
    column("bools", directory.rows_of(RowType::bool_), [&](std::size_t count) {
      const auto values = std::make_unique<bool[]>(count);
      engine::decode_bools(reader_, {values.get(), count});
    });
    column("bytes", directory.rows_of(RowType::bytes), [&](std::size_t count) {
      engine::decode_bytes(reader_, count, engine::BlockLimits::heap_size);
    });
    if (!reader_.ok() || !reader_.at_end()) return fail(Errc::corruption, "block columns");
    return std::move(columns_);
  }

 private:
  engine::BlockDirectory read_directory() {
    auto directory = engine::BlockDirectory::decode(reader_);
    columns_.push_back({"keys", "", directory.counts.size(), block_.size() - reader_.remaining()});
    return directory;
  }

  void numbers(const char* name, std::size_t count) {
    column(name, count, [&](std::size_t values) {
      std::vector<std::uint64_t> words(values);
      engine::decode_words(reader_, words);
    });
  }

  template <class Decode>
  void column(const char* name, std::size_t count, Decode decode) {
    if (count == 0) return;
    const std::size_t at = block_.size() - reader_.remaining();
    decode(count);
    const std::size_t end = block_.size() - reader_.remaining();
    if (!reader_.ok() || end == at) return;
    columns_.push_back({name, engine::name_of(static_cast<Encoding>(block_[at])), count, end - at});
  }

  const engine::ByteSpan block_;
  engine::ByteReader reader_;
  std::vector<StoredColumn> columns_;
};

}  // namespace

Result<std::vector<StoredColumn>> columns_of(engine::ByteSpan block) {
  return Columns(block).read();
}

}  // namespace varve::tools
