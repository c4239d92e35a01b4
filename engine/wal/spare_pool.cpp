#include "engine/wal/spare_pool.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/bytes.hpp"
#include "engine/directory/file_names.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

constexpr std::uint64_t first_bytes = std::uint64_t{16} << 10;
constexpr std::uint64_t growth = 4;

constexpr WriteCause log_cause{WriteReason::log};

constexpr std::size_t piece_size = std::size_t{1} << 20;

}  // namespace

SparePool::SparePool(std::shared_ptr<Directory> directory, std::uint64_t segment_bytes,
                     std::uint64_t spare_bytes, Log log)
    : directory_(std::move(directory)),
      segment_bytes_(segment_bytes),
      spare_bytes_(spare_bytes),
      log_(std::move(log)),
      next_bytes_(std::min(segment_bytes, first_bytes)) {}

Status SparePool::start() {
  VARVE_TRY(const std::vector<std::string> names, directory_->list());
  for (const std::string& name : names) {
    const auto file = parse_file_name(name);
    if (file && file->kind == FileKind::spare) VARVE_CHECK(directory_->remove(name));
  }
  const Lock lock(mutex_);
  started_ = true;
  return {};
}

bool SparePool::grow() {
  const Lock lock(mutex_);
  next_bytes_ = std::min(next_bytes_ * growth, segment_bytes_);
  return ready_.empty() && recycling_bytes_ == 0;
}

Result<SparePool::Spare> SparePool::take(std::uint64_t bytes) {
  for (;;) {
    Ready ready;
    {
      const Lock lock(mutex_);
      const auto found = std::ranges::find_if(
          ready_, [bytes](const Ready& spare) { return spare.bytes >= bytes; });
      if (found == ready_.end()) {
        bytes = std::max(bytes, next_bytes_);
        break;
      }
      ready = std::move(*found);
      ready_.erase(found);
    }
    auto file = directory_->open(ready.name, OpenMode::read_write, log_cause);
    if (file) return Spare{ready.name, std::move(*file), ready.bytes, ready.recycled};
    log_.warning("a spare WAL segment is not usable: " + file.error().message());
    discard({ready.name, nullptr, 0, false});
  }
  return create(bytes);
}

Result<SparePool::Spare> SparePool::create(std::uint64_t bytes) {
  Spare spare{new_name(), nullptr, bytes, false};
  VARVE_TRY(spare.file, directory_->open(spare.name, OpenMode::create, log_cause));
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
  VARVE_ASSERT(offset < end);
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
  if (Status status = directory_->remove(spare.name); !status) {
    log_.warning("a spare WAL segment stays until the next open: " + status.error().message());
  }
}

Result<bool> SparePool::recycle(const std::string& segment, std::uint64_t bytes) {
  {
    const Lock lock(mutex_);
    if (bytes < next_bytes_ || bytes > segment_bytes_) return false;
    if (bytes_ready() + recycling_bytes_ + bytes > spare_bytes_) return false;
    recycling_bytes_ += bytes;
  }
  const std::string name = new_name();
  Status status = directory_->rename(segment, name);
  const Lock lock(mutex_);
  VARVE_ASSERT(recycling_bytes_ >= bytes);
  recycling_bytes_ -= bytes;
  if (!status) return std::unexpected(std::move(status).error());
  ready_.push_back({name, bytes, true});
  return true;
}

Result<bool> SparePool::prepare() {
  const Lock preparing(preparing_mutex_);
  if (!preparing_.file) {
    std::uint64_t bytes = 0;
    {
      const Lock lock(mutex_);
      if (!started_ || !ready_.empty() || recycling_bytes_ != 0) return false;
      bytes = next_bytes_;
    }
    preparing_ = {new_name(), nullptr, bytes, 0};
    VARVE_TRY(preparing_.file, directory_->open(preparing_.name, OpenMode::create, log_cause));
  }
  // Synced piece by piece, so that a sync of the log never waits for more than one.
  Status status = write_piece(*preparing_.file, preparing_.written, preparing_.bytes);
  if (status) status = preparing_.file->sync();
  if (!status) {
    discard({std::move(preparing_.name), std::move(preparing_.file), 0, false});
    preparing_ = {};
    const Lock lock(mutex_);
    prepared_bytes_ = 0;
    return std::unexpected(std::move(status).error());
  }
  preparing_.written = std::min<std::uint64_t>(preparing_.written + piece_size, preparing_.bytes);
  const bool done = preparing_.written == preparing_.bytes;
  const Lock lock(mutex_);
  prepared_bytes_ = done ? 0 : preparing_.written;
  if (done) {
    ready_.push_back({std::move(preparing_.name), preparing_.bytes, false});
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
    spares.push_back({preparing_.name, preparing_.bytes, false});
    preparing_ = {};
  }
  Status result;
  for (const Ready& spare : spares) {
    Status removed = directory_->remove(spare.name);
    if (!removed && result) result = std::move(removed);
  }
  return result;
}

std::string SparePool::new_name() {
  const Lock lock(mutex_);
  return spare_name(next_number_++);
}

std::uint64_t SparePool::bytes_ready() const {
  std::uint64_t sum = 0;
  for (const Ready& spare : ready_) sum += spare.bytes;
  return sum;
}

std::uint64_t SparePool::bytes() const {
  const Lock lock(mutex_);
  return bytes_ready() + prepared_bytes_;
}

std::uint64_t SparePool::count() const {
  const Lock lock(mutex_);
  return ready_.size() + (prepared_bytes_ == 0 ? 0 : 1);
}

}  // namespace varve::engine
