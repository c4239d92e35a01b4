// The bytes of a segment, with the checksums of its header and groups put right, so that the fields
// are reached. What decodes encodes to the same bytes, and a replay gives as many batches as the
// groups hold, whatever they are.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

#include "engine/base/bytes.hpp"
#include "engine/base/checksum.hpp"
#include "engine/directory/file_names.hpp"
#include "engine/wal/group.hpp"
#include "engine/wal/segment.hpp"
#include "engine/wal/wal.hpp"

namespace {

using namespace varve;
using namespace varve::engine;

constexpr Uuid database{};
constexpr std::uint64_t number = 1;

void overwrite(Bytes& target, std::size_t offset, ByteSpan bytes) {
  std::ranges::copy(bytes, target.begin() + static_cast<std::ptrdiff_t>(offset));
}

/// Right magic and checksum; the rest is the fuzzer's.
bool check_header(ByteSpan input, SegmentHeader& header) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.put(SegmentHeader::magic);
  writer.put_bytes(input.subspan(8, SegmentHeader::checksum_offset - 8));
  writer.put(checksum(bytes));
  const auto decoded = SegmentHeader::decode(bytes);
  if (!decoded) return false;
  if (decoded->encode() != bytes) std::abort();
  header = *decoded;
  return true;
}

/// Encodes the table again, with the checksums of the payloads as they are.
Bytes encode_again(const GroupHeader& header, const GroupTable& table, ByteSpan group,
                   bool seal_payloads, std::uint32_t known_keys) {
  Bytes bytes;
  GroupEncoder encoder(bytes, {.synced = 0, .time = table.time, .step = table.step},
                       header.first_sequence);
  std::size_t key = 0;
  for (const GroupTable::Batch& batch : table.batches) {
    const ByteSpan payload =
        group.subspan(static_cast<std::size_t>(batch.payload_offset), batch.payload_size);
    encoder.add_batch(batch.sequence, batch.default_ttl, batch.payload_size,
                      seal_payloads ? checksum(payload) : batch.payload_checksum, batch.key_count);
    for (std::size_t i = 0; i < batch.key_count; ++i, ++key) {
      const GroupTable::Key& each = table.keys[key];
      if (each.definition.empty()) {
        if (each.id >= known_keys) std::abort();
        encoder.add_known_key(each.id);
      } else {
        if (each.id != known_keys++) std::abort();
        encoder.add_new_key(each.definition);
      }
    }
  }
  return bytes;
}

/// Seals the groups one after the other. Returns how many batches they hold.
std::uint64_t seal_groups(Bytes& segment, std::uint64_t chain, std::uint64_t last_sequence) {
  std::uint64_t batches = 0;
  std::uint32_t known_keys = 0;
  std::size_t at = SegmentHeader::encoded_size;
  while (segment.size() - at >= GroupHeader::encoded_size) {
    const ByteSpan rest = ByteSpan(segment).subspan(at);
    GroupHeader header;
    GroupTable table;
    if (!header.decode(rest.first(GroupHeader::encoded_size), rest.size()) ||
        header.first_sequence <= last_sequence) {
      break;
    }
    const ByteSpan stored = rest.subspan(GroupHeader::encoded_size, header.table_size);
    if (!table.decode(header, stored, known_keys)) break;
    const Bytes again = encode_again(header, table, rest, false, known_keys);
    if (as_text(ByteSpan(again).subspan(GroupHeader::encoded_size)) != as_text(stored)) {
      std::abort();
    }

    const Bytes right = encode_again(header, table, rest, true, known_keys);
    overwrite(segment, at + GroupHeader::encoded_size,
              ByteSpan(right).subspan(GroupHeader::encoded_size));
    const ByteSpan sealed =
        ByteSpan(segment).subspan(at + GroupHeader::encoded_size, header.table_size);
    Bytes fields;
    ByteWriter(fields).put(checksum(sealed));
    overwrite(segment, at + 8, fields);
    fields.clear();
    ByteWriter(fields).put(chain);
    overwrite(segment, at + 24, fields);
    chain = checksum(ByteSpan(segment).subspan(at + 8, GroupHeader::encoded_size - 8),
                     group_seed(database, number, at));
    fields.clear();
    ByteWriter(fields).put(chain);
    overwrite(segment, at, fields);

    for (const GroupTable::Key& key : table.keys) known_keys += key.definition.empty() ? 0 : 1;
    batches += table.batches.size();
    if (!table.batches.empty()) last_sequence = table.batches.back().sequence;
    at = std::min(at + static_cast<std::size_t>(aligned(header.size)), segment.size());
  }
  return batches;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < SegmentHeader::encoded_size) return 0;
  Bytes segment(std::as_bytes(std::span(data, size)).begin(),
                std::as_bytes(std::span(data, size)).end());
  SegmentHeader header;
  if (!check_header(segment, header)) return 0;
  header.database = database;
  header.number = number;
  overwrite(segment, 0, header.encode());
  const std::uint64_t batches = seal_groups(segment, header.chain, header.last_sequence);

  const auto directory = memory_file_system()->open_directory("/").value();
  auto file = directory->open(segment_name(number), OpenMode::create);
  const ByteSpan piece = segment;
  if (!file || !(*file)->write_at(0, std::span(&piece, 1))) std::abort();
  std::uint64_t replayed = 0;
  const auto result =
      replay_wal(*directory, database, {number, true}, [&](const ReplayedBatch& batch) -> Status {
        replayed += batch.payload.size() <= segment.size() ? 1 : 0;
        return {};
      });
  if (!result || replayed != batches || result->batches != batches) std::abort();
  return 0;
}
