#include "engine/wal/spare_pool.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/base/bytes.hpp"
#include "engine/base/no_memory.hpp"
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

SparePool::ReadyList SparePool::take_ready(std::uint64_t bytes) {
  ReadyList taken;
  const Lock lock(mutex_);
  const auto found =
      std::ranges::find_if(ready_, [bytes](const Ready& spare) { return spare.bytes >= bytes; });
  if (found != ready_.end()) taken.splice(taken.end(), ready_, found);
  return taken;
}

void SparePool::put_ready(ReadyList ready) {
  const Lock lock(mutex_);
  ready_.splice(ready_.end(), ready);
}

Result<SparePool::Spare> SparePool::take(std::uint64_t bytes) {
  for (ReadyList ready = take_ready(bytes); !ready.empty(); ready = take_ready(bytes)) {
    const Ready& spare = ready.front();
    Result<std::shared_ptr<File>> file;
    try {
      file = open_ready(spare);
    } catch (const std::bad_alloc&) {
      put_ready(std::move(ready));  // It is as good as it was.
      throw;
    }
    Spare taken{std::move(ready.front().name), nullptr, spare.bytes, spare.recycled};
    if (file) {
      taken.file = *std::move(file);
      return taken;
    }
    log_.warning("a spare WAL segment is not usable: " + file.error().message());
    discard(std::move(taken));
  }
  {
    const Lock lock(mutex_);
    bytes = std::max(bytes, next_bytes_);
  }
  return create(bytes);
}

Result<std::shared_ptr<File>> SparePool::open_ready(const Ready& spare) const {
  VARVE_TRY(auto file, directory_->open(spare.name, OpenMode::read_write, log_cause));
  return std::shared_ptr<File>(std::move(file));
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

/// Whether another of so many bytes is wanted; then they count until end_recycling().
bool SparePool::begin_recycling(std::uint64_t bytes) {
  const Lock lock(mutex_);
  if (bytes < next_bytes_ || bytes > segment_bytes_) return false;
  if (bytes_ready() + recycling_bytes_ + bytes > spare_bytes_) return false;
  recycling_bytes_ += bytes;
  return true;
}

/// `recycled` is the spare that came of it, if one did.
void SparePool::end_recycling(std::uint64_t bytes, ReadyList recycled) {
  const Lock lock(mutex_);
  VARVE_ASSERT(recycling_bytes_ >= bytes);
  recycling_bytes_ -= bytes;
  ready_.splice(ready_.end(), recycled);
}

Result<bool> SparePool::recycle(const std::string& segment, std::uint64_t bytes) {
  ReadyList fresh;
  fresh.push_back({new_name(), bytes, true});
  if (!begin_recycling(bytes)) return false;
  Status status;
  try {
    status = directory_->rename(segment, fresh.front().name);
  } catch (const std::bad_alloc&) {
    end_recycling(bytes, {});
    throw;
  }
  end_recycling(bytes, status ? std::move(fresh) : ReadyList());
  if (!status) return std::unexpected(std::move(status).error());
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
  ReadyList fresh;
  fresh.push_back({preparing_.name, preparing_.bytes, false});
  // Synced piece by piece, so that a sync of the log never waits for more than one.
  Status status = write_piece(*preparing_.file, preparing_.written, preparing_.bytes);
  if (status) status = preparing_.file->sync();
  if (!status) {
    preparing_ = {};
    {
      const Lock lock(mutex_);
      prepared_bytes_ = 0;
    }
    discard({std::move(fresh.front().name), nullptr, 0, false});
    return std::unexpected(std::move(status).error());
  }
  preparing_.written = std::min<std::uint64_t>(preparing_.written + piece_size, preparing_.bytes);
  const bool done = preparing_.written == preparing_.bytes;
  const Lock lock(mutex_);
  prepared_bytes_ = done ? 0 : preparing_.written;
  if (done) {
    ready_.splice(ready_.end(), fresh);
    preparing_ = {};
  }
  return true;
}

Status SparePool::clear() {
  const Lock preparing(preparing_mutex_);
  ReadyList spares;
  {
    const Lock lock(mutex_);
    spares.splice(spares.end(), ready_);
    prepared_bytes_ = 0;
  }
  Status result;
  const auto remove_file = [&](const std::string& name) {
    // All of them, whatever becomes of one: the next opening removes what is left.
    Status removed = or_no_memory([&] { return directory_->remove(name); });
    if (!removed && result) result = std::move(removed);
  };
  for (const Ready& spare : spares) remove_file(spare.name);
  if (preparing_.file) {
    remove_file(preparing_.name);
    preparing_ = {};
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
