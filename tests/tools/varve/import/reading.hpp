#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tools/varve/import/record_reader.hpp"
#include "varve/record.hpp"

namespace varve::tools {

/// What a reader made of a text.
struct ReadResult {
  std::vector<Record> records;
  std::vector<Description> descriptions;
  std::vector<std::string> problems;   // "3: 'x' is no number"
  std::vector<std::string> bad_cells;  // "3: column 'a': 'x' is no number"
  std::vector<std::string> decisions;
  std::string failure;
};

using MakeReader = std::function<std::unique_ptr<RecordReader>(Input&)>;

/// Reads all of `text`, in pieces of `piece` bytes.
inline ReadResult read_text(const MakeReader& make, std::string text, std::size_t piece = 1 << 18) {
  Input input = Input::of(std::move(text), piece);
  const auto reader = make(input);
  ReadResult result;
  RecordList records;
  while (true) {
    const auto line = reader->next(records);
    if (!line) {
      result.failure = line.error().message;
      break;
    }
    if (!*line) break;
    if ((*line)->problem) {
      result.problems.push_back(std::to_string((*line)->number) + ": " + *(*line)->problem);
    }
    for (const std::string& cell : (*line)->bad_cells) {
      result.bad_cells.push_back(std::to_string((*line)->number) + ": " + cell);
    }
  }
  for (std::size_t i = 0; i < records.size(); ++i) result.records.emplace_back(records[i]);
  result.descriptions = records.descriptions();
  result.decisions = reader->decisions();
  return result;
}

}  // namespace varve::tools
