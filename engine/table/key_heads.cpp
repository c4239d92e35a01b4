#include "engine/table/key_heads.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace varve::engine {

namespace {

// Fewer are found as fast by themselves.
constexpr std::size_t count_min = 8;

}  // namespace

void KeyHeads::build(const std::vector<std::string_view>& keys) {
  count_ = keys.size();
  heads_.clear();
  if (count_ < count_min || keys.front() == keys.back()) return;
  const std::string_view first = keys.front();
  const auto differs = std::ranges::mismatch(first, keys.back()).in1;
  shared_ = first.substr(0, static_cast<std::size_t>(differs - first.begin()));
  heads_.reserve(count_);
  for (const std::string_view key : keys) heads_.push_back(head_of(key));
}

/// REQUIRES a key that begins with what all share. Not asserted: it is called for every key of a
/// block, and callers know. A key that ends early counts as followed by zeros, so of two keys in
/// order the heads are in order, or equal.
std::uint64_t KeyHeads::head_of(std::string_view key) const {
  std::uint64_t head = 0;
  const std::size_t size = std::min(key.size() - shared_.size(), sizeof head);
  std::memcpy(&head, key.data() + shared_.size(), size);
  if constexpr (std::endian::native == std::endian::little) head = std::byteswap(head);
  return head;
}

KeyHeads::Span KeyHeads::may_be(std::string_view key) const {
  if (heads_.empty()) return {0, count_};
  if (const auto order = key.substr(0, shared_.size()) <=> shared_; order != 0) {
    return order < 0 ? Span{0, 0} : Span{count_, count_};
  }
  const std::uint64_t head = head_of(key);
  const auto first = std::ranges::lower_bound(heads_, head);
  auto last = first;
  if (last != heads_.end() && *last == head) ++last;
  if (last != heads_.end() && *last == head) last = std::upper_bound(last, heads_.end(), head);
  return {static_cast<std::size_t>(first - heads_.begin()),
          static_cast<std::size_t>(last - heads_.begin())};
}

}  // namespace varve::engine
