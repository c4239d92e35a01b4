#include "engine/version/manifest.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/directory/file_names.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

// Written ahead of the records, so that what drops expired tables fits where the disk is full:
// about a hundred small edits, unless others used it up since then.
constexpr std::uint64_t reserve_bytes = 4096;

Status write_one(File& file, std::uint64_t offset, ByteSpan bytes) {
  const std::array<ByteSpan, 1> pieces{bytes};
  return file.write_at(offset, pieces);
}

}  // namespace

struct Manifest::Impl {
  ManifestFormat format;
  std::uint64_t number;
  std::unique_ptr<File> file;
  std::uint64_t bytes;
  std::uint64_t reserved;  // End of the zeros after it.
  bool failed = false;

  /// Where it fails the disk is full, and the next record takes of what is left.
  void reserve() {
    const Bytes zeros(reserve_bytes);
    if (write_one(*file, reserved, zeros)) reserved += zeros.size();
  }
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

  VARVE_TRY(std::unique_ptr<File> file,
            directory.open(manifest_file_name(number), OpenMode::create, {WriteReason::manifest}));
  VARVE_CHECK(write_one(*file, 0, bytes));
  VARVE_CHECK(file->sync());
  VARVE_CHECK(directory.sync());
  return Manifest(
      std::unique_ptr<Impl>(new Impl{format, number, std::move(file), used, bytes.size()}));
}

Status Manifest::append(const VersionEdit& edit) {
  VARVE_ASSERT(!impl_->failed);
  VARVE_ASSERT(impl_->bytes <= impl_->reserved);
  const Bytes record = impl_->format.record(impl_->bytes, edit);
  impl_->failed = true;
  VARVE_CHECK(write_one(*impl_->file, impl_->bytes, record));
  const std::uint64_t end = impl_->bytes + record.size();
  impl_->reserved = std::max(impl_->reserved, end);
  if (impl_->reserved - end < reserve_bytes / 2) impl_->reserve();
  VARVE_CHECK(impl_->file->sync());
  impl_->failed = false;
  impl_->bytes = end;
  return {};
}

Status Manifest::close() { return impl_->file->close(); }

std::uint64_t Manifest::number() const { return impl_->number; }
std::uint64_t Manifest::bytes() const { return impl_->bytes; }

Result<std::optional<ManifestContent>> read_manifest_if_whole(Directory& directory,
                                                              const std::string& name,
                                                              std::uint64_t number,
                                                              const Uuid& database) {
  VARVE_TRY(const std::unique_ptr<File> file, directory.open(name, OpenMode::read));
  VARVE_TRY(const std::uint64_t size, file->size());
  Bytes bytes(static_cast<std::size_t>(size));
  VARVE_CHECK(file->read_at(0, bytes));
  return ManifestFormat(database, number).decode(bytes);
}

Result<ManifestContent> read_manifest(Directory& directory, const std::string& name,
                                      std::uint64_t number, const Uuid& database) {
  VARVE_TRY(std::optional<ManifestContent> content,
            read_manifest_if_whole(directory, name, number, database));
  if (!content) return fail(Errc::corruption, name + ": no whole first record");
  return *std::move(content);
}

}  // namespace varve::engine
