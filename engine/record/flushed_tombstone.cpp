#include "engine/record/flushed_tombstone.hpp"

namespace varve::engine {

void FlushedTombstone::encode(ByteWriter& writer) const {
  writer.put_sized(range.keys.first);
  writer.put_sized(range.keys.end);
  writer.put_zigzag(range.times.first);
  writer.put_zigzag(range.times.last);
  writer.put_varint(flush);
}

FlushedTombstone FlushedTombstone::decode(ByteReader& reader) {
  FlushedTombstone tombstone;
  tombstone.range.keys.first = reader.take_sized();
  tombstone.range.keys.end = reader.take_sized();
  tombstone.range.times.first = reader.take_zigzag();
  tombstone.range.times.last = reader.take_zigzag();
  tombstone.flush = reader.take_varint();
  return tombstone;
}

}  // namespace varve::engine
