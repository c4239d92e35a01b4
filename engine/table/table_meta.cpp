#include "engine/table/table_meta.hpp"

#include "engine/table/key_list.hpp"
#include "varve/try.hpp"

namespace varve::engine {

void TableMeta::encode(ByteWriter& writer) const {
  // Of fixed width, so that a table's writer knows the meta's size before it knows the file's.
  writer.put(number);
  writer.put(size);
  writer.put_signed(times.first);
  writer.put_signed(times.last);
  writer.put_signed(expiry_min);
  writer.put_signed(expiry_max);
  writer.put(rows);
  writer.put(tombstones);
  writer.put(newest_flush);
  writer.put(first_sequence);
  writer.put(last_sequence);
  writer.put_sized(first_key);
  writer.put_sized(last_key);
}

Result<TableMeta> TableMeta::decode(ByteReader& reader) {
  TableMeta meta;
  meta.number = reader.take<std::uint64_t>();
  meta.size = reader.take<std::uint64_t>();
  meta.times.first = reader.take_signed();
  meta.times.last = reader.take_signed();
  meta.expiry_min = reader.take_signed();
  meta.expiry_max = reader.take_signed();
  meta.rows = reader.take<std::uint64_t>();
  meta.tombstones = reader.take<std::uint64_t>();
  meta.newest_flush = reader.take<std::uint64_t>();
  meta.first_sequence = reader.take<std::uint64_t>();
  meta.last_sequence = reader.take<std::uint64_t>();
  meta.first_key = reader.take_sized();
  meta.last_key = reader.take_sized();
  if (!reader.ok()) return fail(Errc::corruption, "table meta");
  if (meta.last_key.size() > internal_key_size_max ||
      meta.first_key.size() > internal_key_size_max || meta.last_key < meta.first_key) {
    return fail(Errc::corruption, "table meta: keys");
  }
  if (meta.times.empty() || meta.expiry_min > meta.expiry_max) {
    return fail(Errc::corruption, "table meta: times");
  }
  if (meta.tombstones > meta.rows) return fail(Errc::corruption, "table meta: rows");
  if (meta.first_sequence > meta.last_sequence) {
    return fail(Errc::corruption, "table meta: sequences");
  }
  return meta;
}

}  // namespace varve::engine
