#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tools/formats/tables/csv_layout.hpp"

// What tests ask of sniff_csv(): of texts that are whole.

namespace varve::tools {

using Texts = std::vector<std::string>;

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

inline CsvLayout sniff(const std::string& text, const CsvOptions& options = {}) {
  auto layout = sniff_csv(options, text, true);
  EXPECT_TRUE(layout) << layout.error().text;
  return layout ? *std::move(layout) : CsvLayout();
}

inline std::string refusal(const std::string& text, const CsvOptions& options = {}) {
  const auto layout = sniff_csv(options, text, true);
  return layout ? "taken" : layout.error().text;
}

inline Texts names(const std::vector<CsvLayout::Series>& series) {
  Texts out;
  for (const CsvLayout::Series& one : series) out.push_back(one.name);
  return out;
}

inline CsvOptions keyed(const char* key = "k") {
  CsvOptions options;
  options.key = key;
  return options;
}

}  // namespace varve::tools
