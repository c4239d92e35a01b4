#include "engine/version/manifest_format.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/checksum.hpp"
#include "engine/directory/file_names.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

constexpr std::string_view magic = "VARVEMAN";
constexpr std::size_t checksum_offset = 36;
static_assert(magic.size() + 4 + sizeof(Uuid) + 8 == checksum_offset);
static_assert(checksum_offset + 8 == ManifestFormat::header_size);

std::uint64_t seed_of(const Uuid& database, std::uint64_t number) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.put_bytes(ByteSpan(database));
  writer.put(number);
  return checksum(bytes);
}

std::string place(const std::string& file, std::uint64_t offset) {
  return file + " @ " + std::to_string(offset) + ": ";
}

}  // namespace

ManifestFormat::ManifestFormat(const Uuid& database, std::uint64_t number)
    : database_(database), number_(number), seed_(seed_of(database, number)) {}

Bytes ManifestFormat::header() const {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.put_bytes(magic);
  writer.put(format_version);
  writer.put_bytes(ByteSpan(database_));
  writer.put(number_);
  writer.put(checksum(bytes));
  return bytes;
}

Bytes ManifestFormat::record(std::uint64_t offset, const VersionEdit& edit) const {
  Bytes payload;
  ByteWriter payload_writer(payload);
  edit.encode(payload_writer);
  return record(offset, payload);
}

Bytes ManifestFormat::record(std::uint64_t offset, ByteSpan payload) const {
  VARVE_ASSERT(offset >= header_size);
  VARVE_ASSERT(payload.size() <= std::numeric_limits<std::uint32_t>::max());
  const auto size = static_cast<std::uint32_t>(payload.size());
  const std::uint64_t head = head_checksum(offset, size);
  Bytes bytes;
  bytes.reserve(record_head_size + payload.size());
  ByteWriter writer(bytes);
  writer.put(size);
  writer.put(static_cast<std::uint32_t>(head));
  writer.put(checksum(payload, head));
  writer.put_bytes(payload);
  return bytes;
}

std::uint64_t ManifestFormat::head_checksum(std::uint64_t offset, std::uint32_t size) const {
  std::array<std::uint64_t, 2> place{little_endian(offset), little_endian(std::uint64_t{size})};
  return checksum(std::as_bytes(std::span(place)), seed_);
}

Result<bool> ManifestFormat::check_header(const ManifestCopy& copy) const {
  const ByteSpan file = copy.bytes;
  if (file.size() < header_size) return false;
  ByteReader reader(file.first(header_size));
  const std::string_view found_magic = as_text(reader.take_bytes(magic.size()));
  const auto version = reader.take<std::uint32_t>();
  const ByteSpan database = reader.take_bytes(sizeof(Uuid));
  const auto number = reader.take<std::uint64_t>();
  if (found_magic != magic ||
      reader.take<std::uint64_t>() != checksum(file.first(checksum_offset))) {
    return false;
  }
  // Judged only after the checksum, so a flipped bit is never taken for the future.
  if (version != format_version) {
    return fail(Errc::unsupported_format,
                place(copy.name, 8) + "format version " + std::to_string(version));
  }
  // A power cut may show sectors of a removed manifest in one that was being created.
  return std::ranges::equal(database, database_) && number == number_;
}

std::optional<ManifestFormat::Record> ManifestFormat::record_at(ByteSpan file,
                                                                std::uint64_t offset) const {
  if (offset > file.size() || file.size() - offset < record_head_size) return std::nullopt;
  const ByteSpan rest = file.subspan(static_cast<std::size_t>(offset));
  ByteReader reader(rest);
  const auto size = reader.take<std::uint32_t>();
  if (size > rest.size() - record_head_size) return std::nullopt;
  const std::uint64_t head = head_checksum(offset, size);
  if (reader.take<std::uint32_t>() != static_cast<std::uint32_t>(head)) return std::nullopt;
  const auto payload_checksum = reader.take<std::uint64_t>();
  const ByteSpan payload = reader.take_bytes(size);
  if (checksum(payload, head) != payload_checksum) return std::nullopt;
  return Record{payload, offset + record_head_size + size};
}

std::optional<std::uint64_t> ManifestFormat::find_record(ByteSpan file, std::uint64_t from) const {
  for (std::uint64_t offset = from; offset < file.size(); ++offset) {
    if (record_at(file, offset)) return offset;
  }
  return std::nullopt;
}

/// Reads the copies side by side, and notes what one lacks that another has.
class ManifestFormat::Merge {
 public:
  Merge(const ManifestFormat& format, std::span<const ManifestCopy> copies)
      : format_(format), copies_(copies), lacks_(copies.size()) {
    for (const ManifestCopy& copy : copies) size_ = std::max(size_, copy.bytes.size());
  }

  std::uint64_t size() const { return size_; }

  Result<bool> has_header() {
    std::vector<bool> has;
    for (const ManifestCopy& copy : copies_) {
      VARVE_TRY(const bool whole, format_.check_header(copy));
      has.push_back(whole);
    }
    return note(has, 0);
  }

  /// The record that begins there in any copy.
  Result<std::optional<Record>> record(std::uint64_t offset) {
    std::vector<bool> has;
    std::optional<Record> found;
    for (const ManifestCopy& copy : copies_) {
      const std::optional<Record> record = format_.record_at(copy.bytes, offset);
      has.push_back(record.has_value());
      if (found && record && !std::ranges::equal(found->payload, record->payload)) {
        return fail(Errc::corruption, place(copy.name, offset) + "whole, but not the same as in " +
                                          copies_.front().name);
      }
      if (!found) found = record;
    }
    note(has, offset);
    return found;
  }

  std::optional<std::uint64_t> find_record(std::uint64_t from) const {
    std::optional<std::uint64_t> least;
    for (const ManifestCopy& copy : copies_) {
      const auto found = format_.find_record(copy.bytes, from);
      if (found && (!least || *found < *least)) least = found;
    }
    return least;
  }

  /// The first copy that has anything but zeros from there on.
  const ManifestCopy* with_bytes(std::uint64_t offset) const {
    for (const ManifestCopy& copy : copies_) {
      if (offset >= copy.bytes.size()) continue;
      const ByteSpan rest = copy.bytes.subspan(static_cast<std::size_t>(offset));
      if (!std::ranges::all_of(rest, [](std::byte byte) { return byte == std::byte{0}; })) {
        return &copy;
      }
    }
    return nullptr;
  }

  std::unexpected<Error> damaged(std::uint64_t offset, std::uint64_t later) const {
    std::string names;
    for (const ManifestCopy& copy : copies_) names += (names.empty() ? "" : " and ") + copy.name;
    return fail(Errc::corruption, place(names, offset) + "damaged, while what follows at " +
                                      std::to_string(later) + " is whole");
  }

  std::string name() const { return copies_.front().name; }

  /// `last_record` is where that begins. Copies are in the order in which they are written.
  std::vector<HealedCopy> healed(std::uint64_t last_record) const {
    std::vector<HealedCopy> healed;
    for (std::size_t index = 0; index < copies_.size(); ++index) {
      const Lacks& lacks = lacks_[index];
      if (lacks.parts == 0) continue;
      const ManifestCopy& copy = copies_[index];
      const std::string places =
          lacks.parts == 1 ? "" : ", nor do " + std::to_string(lacks.parts - 1) + " other parts";
      const bool lacks_last = copy.problem.empty() && lacks.first == last_record;
      const bool was_being_made =
          last_record == header_size && (copy.problem.empty() || copy.problem == "missing");
      healed.push_back({place(copy.name, lacks.first) +
                            (copy.problem.empty() ? "does not verify" + places : copy.problem) +
                            "; taken from the other copy",
                        index != 0 && (lacks_last || was_being_made)});
    }
    return healed;
  }

 private:
  /// Of header and records.
  struct Lacks {
    std::uint64_t first = 0;  // Offset.
    std::size_t parts = 0;
  };

  /// False where no copy has the part.
  bool note(const std::vector<bool>& has, std::uint64_t offset) {
    if (std::ranges::find(has, true) == has.end()) return false;
    for (std::size_t index = 0; index < has.size(); ++index) {
      if (has[index]) continue;
      if (lacks_[index].parts++ == 0) lacks_[index].first = offset;
    }
    return true;
  }

  const ManifestFormat& format_;
  const std::span<const ManifestCopy> copies_;
  std::vector<Lacks> lacks_;  // One for each copy.
  std::size_t size_ = 0;      // Of the largest.
};

Result<std::optional<ManifestContent>> ManifestFormat::decode(ByteSpan file) const {
  const ManifestCopy copy{manifest_file_name(number_), file};
  return decode(std::span(&copy, 1));
}

Result<std::optional<ManifestContent>> ManifestFormat::decode(
    std::span<const ManifestCopy> copies) const {
  VARVE_ASSERT(!copies.empty());
  Merge merge(*this, copies);
  VARVE_TRY(const bool has_header, merge.has_header());
  if (!has_header) {
    // The first record is written with the header, so it may be whole where that is torn.
    VARVE_TRY(const std::optional<Record> first, merge.record(header_size));
    const std::uint64_t from = first ? first->end : header_size + 1;
    if (const auto later = merge.find_record(from)) return merge.damaged(0, *later);
    return std::optional<ManifestContent>();
  }

  ManifestContent content;
  content.number = number_;
  content.valid_bytes = header_size;
  std::uint64_t last_record = header_size;
  while (content.valid_bytes < merge.size()) {
    const std::uint64_t offset = content.valid_bytes;
    VARVE_TRY(const std::optional<Record> record, merge.record(offset));
    if (!record) {
      const ManifestCopy* const torn = merge.with_bytes(offset);
      if (torn == nullptr) break;
      // No crash leaves a whole record behind one that is not: each was synced before the next.
      if (const auto later = merge.find_record(offset + 1)) return merge.damaged(offset, *later);
      content.torn_tail = place(torn->name, offset) + std::to_string(torn->bytes.size() - offset) +
                          " bytes are no whole record";
      break;
    }
    auto edit = VersionEdit::decode(record->payload);
    if (!edit) {
      return std::unexpected(
          Error{edit.error().code, place(merge.name(), offset) + edit.error().where});
    }
    content.edits.push_back(*std::move(edit));
    VARVE_ASSERT(record->end > content.valid_bytes && record->end <= merge.size());
    last_record = offset;
    content.valid_bytes = record->end;
  }
  if (content.edits.empty()) return std::optional<ManifestContent>();
  content.healed = merge.healed(last_record);
  return content;
}

}  // namespace varve::engine
