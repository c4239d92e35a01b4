#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/bytes.hpp"
#include "engine/io/io_error.hpp"
#include "varve/file_system.hpp"
#include "varve/try.hpp"

namespace varve::engine {

/// Opens a segment to be read; once more where that fails as it does where a device cannot read:
/// what it cannot do for a moment is not lost.
inline Result<std::unique_ptr<File>> open_twice(Directory& directory, const std::string& name) {
  auto file = directory.open(name, OpenMode::read);
  if (!file && is_damage(file.error())) file = directory.open(name, OpenMode::read);
  return file;
}

/// Reads a segment through one window, so that small groups cost no system call each.
class SegmentReader {
 public:
  SegmentReader(std::unique_ptr<File> file, std::uint64_t size)
      : file_(std::move(file)), size_(size) {}

  std::uint64_t size() const { return size_; }

  /// `count` bytes from `offset` on, valid until the next call. REQUIRES that the file has them.
  Result<ByteSpan> view(std::uint64_t offset, std::uint64_t count) {
    VARVE_ASSERT(offset <= size_ && count <= size_ - offset);
    if (offset < begin_ || offset + count > begin_ + window_.size()) {
      const std::uint64_t ahead = reads_ahead_ ? window_size : count;
      Status status = load(offset, std::min(std::max(count, ahead), size_ - offset));
      if (!status && window_.size() > count) {
        // A sector that the device cannot read may lie behind what is asked for. It is slow to say
        // so, and is not to be asked again each time.
        reads_ahead_ = false;
        status = load(offset, count);
      }
      if (!status) {
        window_.clear();
        return std::unexpected(std::move(status).error());
      }
    }
    return ByteSpan(window_).subspan(static_cast<std::size_t>(offset - begin_),
                                     static_cast<std::size_t>(count));
  }

 private:
  Status load(std::uint64_t offset, std::uint64_t size) {
    if (!fits_in_memory(size)) return too_large("WAL segment @ " + std::to_string(offset));
    window_.resize(static_cast<std::size_t>(size));
    begin_ = offset;
    Status status = file_->read_at(offset, window_);
    // Once more: what a device cannot read for a moment is not lost.
    if (!status && is_damage(status.error())) status = file_->read_at(offset, window_);
    return status;
  }

  static constexpr std::uint64_t window_size = std::uint64_t{256} << 10;

  std::unique_ptr<File> file_;
  std::uint64_t size_;
  Bytes window_;
  std::uint64_t begin_ = 0;  // Of the window in the file.
  bool reads_ahead_ = true;
};

}  // namespace varve::engine
