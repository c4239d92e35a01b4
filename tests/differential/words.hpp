#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "varve/varve.hpp"

namespace varve::test {

// What a run tells of the things that it met, for a person who reads why it failed.

/// The wall when a run begins.
inline constexpr Timestamp run_epoch = 1'750'000'000'000'000;

std::string say(std::string_view bytes);
std::string say(const Value& value);
std::string say(const std::optional<Value>& value);
std::string say(const Record& record);
std::string say(const std::optional<Record>& record);
std::string say(const Labels& labels);
std::string say(const DescribedSeries& series);
std::string say(const Note& note);
std::string say(const TimeRange& range);
std::string say(const Aggregation& aggregation);
std::string say(const Options& options);
/// As seconds since run_epoch where it is near.
std::string say_time(Timestamp ts);
std::string say_span(Duration span);
inline std::string say(const std::string& bytes) { return say(std::string_view(bytes)); }

/// The first place in which two lists differ; empty where they do not.
template <class T>
std::string difference(const std::vector<T>& found, const std::vector<T>& expected) {
  for (std::size_t i = 0; i < std::max(found.size(), expected.size()); ++i) {
    if (i < found.size() && i < expected.size() && found[i] == expected[i]) continue;
    const auto at = [i](const std::vector<T>& list) {
      return i < list.size() ? say(list[i]) : std::string("nothing");
    };
    return "expected " + std::to_string(expected.size()) + ", found " +
           std::to_string(found.size()) + "; number " + std::to_string(i) + ": expected " +
           at(expected) + ", found " + at(found);
  }
  return {};
}

}  // namespace varve::test
