#include "engine/record/key.hpp"

#include <algorithm>

#include "varve/record.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

std::string shown(std::string_view first, std::string_view end) {
  constexpr std::size_t size_max = 40;
  return "[" + std::string(first.substr(0, size_max)) + ", " +
         std::string(end.substr(0, size_max)) + ")";
}

}  // namespace

std::optional<std::string> prefix_end(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xFF) end.pop_back();
  if (end.empty()) return std::nullopt;
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

Status check_key(std::string_view user_key) {
  if (is_key(user_key)) return {};
  if (user_key.empty()) return fail(Errc::invalid_argument, "an empty key");
  return fail(Errc::invalid_argument, "a key of " + std::to_string(user_key.size()) +
                                          " bytes, at most " +
                                          std::to_string(Record::key_size_max));
}

Status check_range(std::string_view first, std::optional<std::string_view> end,
                   const TimeRange& times) {
  constexpr std::size_t bound_max = Record::key_size_max + 1;
  const std::size_t longest = std::max(first.size(), end ? end->size() : 0);
  if (longest > bound_max) {
    return fail(Errc::invalid_argument, "a range's key of " + std::to_string(longest) +
                                            " bytes, at most " + std::to_string(bound_max));
  }
  if (end && *end < first) {
    return fail(Errc::invalid_argument,
                "a range of keys that ends before it begins: " + shown(first, *end));
  }
  if (times.from() && times.to() && *times.to() < *times.from()) {
    return fail(Errc::invalid_argument,
                "a range of time that ends before it begins: " +
                    shown(std::to_string(*times.from()), std::to_string(*times.to())));
  }
  return {};
}

KeyRange key_range(KeySpace space, std::string_view first, std::optional<std::string_view> end) {
  const char space_end = static_cast<char>(static_cast<char>(space) + 1);
  return {internal_key(first, space), end ? internal_key(*end, space) : std::string(1, space_end)};
}

KeyRange user_key_range(std::string_view first, std::optional<std::string_view> end) {
  return key_range(KeySpace::user, first, end);
}

}  // namespace varve::engine
