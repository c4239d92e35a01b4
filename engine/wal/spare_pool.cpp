#include "engine/wal/spare_pool.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/bytes.hpp"
#include "engine/base/file_names.hpp"
#include "engine/base/try.hpp"

namespace varve::engine {

namespace {

// A writer that rotates faster than the flush releases is fed by prepare(); one that does not
// needs no more than one, and one more where a flush releases several segments at once.
constexpr std::size_t ready_max = 2;

constexpr std::size_t piece_size = std::size_t{1} << 20;

}  // namespace

Status SparePool::start() {
  VARVE_TRY(const std::vector<std::string> names, file_system_->list(dir_));
  for (const std::string& name : names) {
    const auto file = parse_file_name(name);
    if (file && file->kind == FileKind::spare) VARVE_CHECK(file_system_->remove(dir_ / name));
  }
  const Lock lock(mutex_);
  started_ = true;
  return {};
}

Result<SparePool::Spare> SparePool::take(std::uint64_t bytes) {
  if (bytes > segment_bytes_) return create(bytes);
  for (;;) {
    Ready ready;
    {
      const Lock lock(mutex_);
      if (ready_.empty()) break;
      ready = std::move(ready_.back());
      ready_.pop_back();
    }
    auto file = file_system_->open(ready.path, OpenMode::read_write);
    if (file) return Spare{ready.path, std::move(*file), segment_bytes_, ready.recycled};
    log_.warning("a spare WAL segment is not usable: " + file.error().message());
    discard({ready.path, nullptr, 0, false});
  }
  return create(segment_bytes_);
}

Result<SparePool::Spare> SparePool::create(std::uint64_t bytes) {
  Spare spare{new_path(), nullptr, bytes, false};
  VARVE_TRY(spare.file, file_system_->open(spare.path, OpenMode::create));
  for (std::uint64_t offset = 0; offset < bytes; offset += piece_size) {
    if (Status status = write_piece(*spare.file, offset, bytes); !status) {
      discard(std::move(spare));
      return std::unexpected(std::move(status).error());
    }
  }
  return spare;
}

Status SparePool::write_piece(File& file, std::uint64_t offset, std::uint64_t end) const {
  static constexpr std::array<std::byte, std::size_t{64} << 10> zeros{};
  std::array<ByteSpan, piece_size / zeros.size()> pieces;
  std::uint64_t left = std::min<std::uint64_t>(piece_size, end - offset);
  std::size_t count = 0;
  for (; left != 0; ++count) {
    const std::uint64_t size = std::min<std::uint64_t>(zeros.size(), left);
    pieces[count] = ByteSpan(zeros).first(static_cast<std::size_t>(size));
    left -= size;
  }
  return file.write_at(offset, std::span(pieces).first(count));
}

void SparePool::discard(Spare spare) {
  spare.file.reset();
  if (Status status = file_system_->remove(spare.path); !status) {
    log_.warning("a spare WAL segment stays until the next open: " + status.error().message());
  }
}

Result<bool> SparePool::recycle(const std::filesystem::path& segment) {
  {
    const Lock lock(mutex_);
    if (ready_.size() + recycling_ >= ready_max) return false;
    ++recycling_;
  }
  const std::filesystem::path path = new_path();
  Status status = file_system_->rename(segment, path);
  const Lock lock(mutex_);
  --recycling_;
  if (!status) return std::unexpected(std::move(status).error());
  ready_.push_back({path, true});
  return true;
}

Result<bool> SparePool::prepare() {
  const Lock preparing(preparing_mutex_);
  if (!preparing_.file) {
    {
      const Lock lock(mutex_);
      if (!started_ || ready_.size() + recycling_ != 0) return false;
    }
    preparing_ = {new_path(), nullptr, 0};
    VARVE_TRY(preparing_.file, file_system_->open(preparing_.path, OpenMode::create));
  }
  // Synced piece by piece, so that a sync of the log never waits for more than one.
  Status status = write_piece(*preparing_.file, preparing_.written, segment_bytes_);
  if (status) status = preparing_.file->sync();
  if (!status) {
    discard({std::move(preparing_.path), std::move(preparing_.file), 0, false});
    preparing_ = {};
    const Lock lock(mutex_);
    prepared_bytes_ = 0;
    return std::unexpected(std::move(status).error());
  }
  preparing_.written = std::min<std::uint64_t>(preparing_.written + piece_size, segment_bytes_);
  const bool done = preparing_.written == segment_bytes_;
  const Lock lock(mutex_);
  prepared_bytes_ = done ? 0 : preparing_.written;
  if (done) {
    ready_.push_back({std::move(preparing_.path), false});
    preparing_ = {};
  }
  return true;
}

Status SparePool::clear() {
  const Lock preparing(preparing_mutex_);
  std::vector<Ready> spares;
  {
    const Lock lock(mutex_);
    spares = std::exchange(ready_, {});
    prepared_bytes_ = 0;
  }
  if (preparing_.file) {
    spares.push_back({preparing_.path, false});
    preparing_ = {};
  }
  Status result;
  for (const Ready& spare : spares) {
    Status removed = file_system_->remove(spare.path);
    if (!removed && result) result = std::move(removed);
  }
  return result;
}

std::filesystem::path SparePool::new_path() {
  const Lock lock(mutex_);
  return dir_ / spare_name(next_number_++);
}

std::uint64_t SparePool::bytes() const {
  const Lock lock(mutex_);
  return ready_.size() * segment_bytes_ + prepared_bytes_;
}

std::uint64_t SparePool::count() const {
  const Lock lock(mutex_);
  return ready_.size() + (prepared_bytes_ == 0 ? 0 : 1);
}

}  // namespace varve::engine
