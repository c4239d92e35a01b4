#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "varve/file_system.hpp"

namespace varve::test {

/// A file of zeros that is as large as a file could be, and larger than any memory.
class EndlessFile final : public File {
 public:
  Status read_at(std::uint64_t, std::span<std::byte> target) const override {
    std::ranges::fill(target, std::byte{0});
    return {};
  }
  Status write_at(std::uint64_t, std::span<const std::span<const std::byte>>) override {
    return {};
  }
  Status truncate(std::uint64_t) override { return {}; }
  Status sync() override { return {}; }
  Result<std::uint64_t> size() const override { return std::numeric_limits<std::uint64_t>::max(); }
  Result<std::uint64_t> links() const override { return 1; }
  Status close() override { return {}; }
};

}  // namespace varve::test
