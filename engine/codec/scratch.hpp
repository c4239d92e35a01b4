#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace varve::engine {

/// Words to work with while a column is encoded or decoded: on the stack for as many rows as a
/// block normally has, on the heap for more. Uninitialised.
class Scratch {
 public:
  explicit Scratch(std::size_t count)
      : heap_(count > inline_.size() ? std::make_unique_for_overwrite<std::uint64_t[]>(count)
                                     : nullptr),
        words_(heap_ ? heap_.get() : inline_.data(), count) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::span<std::uint64_t> words() { return words_; }

 private:
  std::array<std::uint64_t, 1'024> inline_;
  std::unique_ptr<std::uint64_t[]> heap_;
  std::span<std::uint64_t> words_;
};

}  // namespace varve::engine
