#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/model/model.hpp"

namespace varve::test {

// The things of a program as a person reads them, each on a line; long ones cut.

std::string text_of(std::string_view bytes);
std::string text_of_ts(Timestamp ts);
std::string text_of(const Value& value);
std::string text_of(const Record& record);
std::string text_of(const std::optional<Record>& record);
std::string text_of(const KeySet& keys);
std::string text_of(const Labels& labels);
std::string text_of(const TimeRange& range);
std::string text_of(const Selection& selection);
std::string text_of(const Aggregation& aggregation);
std::string text_of(const Changes& changes);
std::string text_of(const Options& options);

/// Where the two differ first; empty where they do not.
std::string first_difference(const std::vector<Record>& given, const std::vector<Record>& expected);

}  // namespace varve::test
