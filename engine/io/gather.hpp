#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstddef>
#include <span>

namespace varve::engine {

/// Cuts a gathered write into what pwritev() takes in one call, and goes on in the middle of a
/// piece where a call wrote less than it was given.
class Gather {
 public:
  explicit Gather(std::span<const std::span<const std::byte>> pieces) : pieces_(pieces) {}

  /// The next bytes to write, as many pieces as one call takes. Empty at the end.
  std::span<const iovec> next() {
    std::size_t count = 0;
    for (std::size_t i = 0; i < pieces_.size() && count < batch_.size(); ++i) {
      const std::span<const std::byte> rest = pieces_[i].subspan(i == 0 ? taken_ : 0);
      if (rest.empty()) continue;
      // iovec serves reads too, so its pointer is not const; pwritev() only reads.
      batch_[count++] = {const_cast<std::byte*>(rest.data()), rest.size()};
    }
    return std::span(batch_).first(count);
  }

  /// Drops what was written.
  void drop(std::size_t size) {
    while (!pieces_.empty() && size >= pieces_.front().size() - taken_) {
      size -= pieces_.front().size() - taken_;
      pieces_ = pieces_.subspan(1);
      taken_ = 0;
    }
    taken_ += size;
  }

 private:
  std::span<const std::span<const std::byte>> pieces_;
  std::size_t taken_ = 0;  // Of the first piece.
  std::array<iovec, std::min(IOV_MAX, 1024)> batch_;
};

}  // namespace varve::engine
