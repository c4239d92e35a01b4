#include "engine/version/manifest.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/directory/file_names.hpp"
#include "engine/directory/read_file.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

// Written ahead of the records, so that what drops expired tables fits where the disk is full:
// about a hundred small edits, unless others used it up since then.
constexpr std::uint64_t reserve_bytes = 4096;
constexpr std::uint64_t any_size = std::numeric_limits<std::uint64_t>::max();

Status write_one(File& file, std::uint64_t offset, ByteSpan bytes) {
  const std::array<ByteSpan, 1> pieces{bytes};
  return file.write_at(offset, pieces);
}

/// One of the two files, open.
struct Copy {
  std::unique_ptr<File> file;
  std::uint64_t reserved = 0;  // End of the zeros after the records.

  Status append(std::uint64_t offset, ByteSpan record) {
    VARVE_ASSERT(offset <= reserved);
    VARVE_CHECK(write_one(*file, offset, record));
    const std::uint64_t end = offset + record.size();
    reserved = std::max(reserved, end);
    if (reserved - end < reserve_bytes / 2) reserve();
    return file->sync();
  }

  /// Where it fails the disk is full, and the next record takes of what is left.
  void reserve() {
    static constexpr std::array<std::byte, reserve_bytes> zeros{};
    if (write_one(*file, reserved, zeros)) reserved += zeros.size();
  }
};

}  // namespace

struct Manifest::Impl {
  ManifestFormat format;
  std::uint64_t number;
  std::array<Copy, 2> copies;
  std::uint64_t bytes;
  bool failed = false;
};

Manifest::Manifest(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Manifest::Manifest(Manifest&&) noexcept = default;
Manifest& Manifest::operator=(Manifest&&) noexcept = default;
Manifest::~Manifest() = default;

Result<Manifest> Manifest::create(Directory& directory, const Uuid& database, std::uint64_t number,
                                  const VersionEdit& whole) {
  const ManifestFormat format(database, number);
  Bytes bytes = format.header();
  ByteWriter(bytes).put_bytes(format.record(bytes.size(), whole));
  const std::uint64_t used = bytes.size();
  bytes.resize(bytes.size() + reserve_bytes);

  std::array<Copy, 2> copies;
  const auto names = manifest_file_names(number);
  for (std::size_t index = 0; index < copies.size(); ++index) {
    Copy& copy = copies[index];
    VARVE_TRY(copy.file, directory.open(names[index], OpenMode::create, {WriteReason::manifest}));
    VARVE_CHECK(write_one(*copy.file, 0, bytes));
    VARVE_CHECK(copy.file->sync());
    copy.reserved = bytes.size();
  }
  std::unique_ptr<Impl> made(new Impl{format, number, std::move(copies), used});
  VARVE_CHECK(directory.sync());
  return Manifest(std::move(made));
}

Result<Manifest> Manifest::resume(Directory& directory, const Uuid& database, std::uint64_t number,
                                  std::uint64_t valid_bytes) {
  const ManifestFormat format(database, number);
  const auto names = manifest_file_names(number);
  std::array<Copy, names.size()> copies;
  Bytes whole;
  std::size_t whole_index = names.size();
  for (std::size_t index = 0; index < names.size(); ++index) {
    Copy& copy = copies[index];
    VARVE_TRY(const Bytes bytes, read_file(directory, names[index], any_size));
    VARVE_TRY(copy.file,
              directory.open(names[index], OpenMode::read_write, {WriteReason::manifest}));
    copy.reserved = std::max<std::uint64_t>(bytes.size(), valid_bytes);
    if (whole_index != names.size()) continue;
    const auto content = format.decode(bytes);
    const bool is_whole =
        content && *content && (*content)->valid_bytes == valid_bytes && !(*content)->torn_tail;
    if (!is_whole) continue;
    whole.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(valid_bytes));
    whole_index = index;
  }
  if (whole_index == names.size()) {
    return fail(Errc::corruption, names.front() + ": neither file has all of it");
  }
  // Never both at once: whatever the power cuts short, one of them is as it was read.
  for (const std::size_t index : {names.size() - 1 - whole_index, whole_index}) {
    VARVE_CHECK(write_one(*copies[index].file, 0, whole));
    VARVE_CHECK(copies[index].file->sync());
  }
  return Manifest(std::unique_ptr<Impl>(new Impl{format, number, std::move(copies), valid_bytes}));
}

Status Manifest::append(const VersionEdit& edit) {
  VARVE_ASSERT(!impl_->failed);
  impl_->failed = true;
  const Bytes record = impl_->format.record(impl_->bytes, edit);
  for (Copy& copy : impl_->copies) VARVE_CHECK(copy.append(impl_->bytes, record));
  impl_->failed = false;
  impl_->bytes += record.size();
  return {};
}

Status Manifest::close() {
  for (Copy& copy : impl_->copies) VARVE_CHECK(copy.file->close());
  return {};
}

std::uint64_t Manifest::number() const { return impl_->number; }
std::uint64_t Manifest::bytes() const { return impl_->bytes; }

Result<std::optional<ManifestContent>> read_manifest(Directory& directory, std::uint64_t number,
                                                     const Uuid& database) {
  const auto names = manifest_file_names(number);
  std::array<Bytes, names.size()> bytes;
  std::array<ManifestCopy, names.size()> copies;
  std::optional<Error> unreadable;
  std::size_t unreadable_count = 0;
  for (std::size_t index = 0; index < names.size(); ++index) {
    copies[index].name = names[index];
    if (auto read = read_file(directory, names[index], any_size)) {
      bytes[index] = *std::move(read);
      copies[index].bytes = bytes[index];
    } else if (read.error().code == Errc::not_found) {
      copies[index].problem = "missing";
    } else {
      copies[index].problem = read.error().message();
      unreadable = std::move(read).error();
      ++unreadable_count;
    }
  }
  if (unreadable_count == names.size()) return std::unexpected(*std::move(unreadable));
  auto content = ManifestFormat(database, number).decode(copies);
  // What cannot be read may be all that there is of it.
  if (unreadable && content && !*content) return std::unexpected(*std::move(unreadable));
  return content;
}

}  // namespace varve::engine
