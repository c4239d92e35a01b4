#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tools/formats/parsed.hpp"
#include "tools/varve/terminal/failure.hpp"
#include "tools/varve/terminal/output.hpp"
#include "varve/aggregation.hpp"
#include "varve/record.hpp"

namespace varve::tools {

class TimeZone;

/// How query and latest answer.
enum class AnswerFormat : std::uint8_t { table, csv, json };

/// "table", "csv" or "json".
Parsed<AnswerFormat> parse_answer_format(std::string_view text);

/// What an answer consists of: records, one value per series or group, or one of each bucket.
enum class AnswerKind : std::uint8_t { records, aggregates, buckets };

/// Prints an answer as it comes.
class AnswerPrinter {
 public:
  virtual ~AnswerPrinter() = default;
  virtual Outcome<void> add(const RecordView& record) = 0;
  virtual Outcome<void> add(const Aggregate& aggregate) = 0;
  /// Ends the answer. Nothing was added: a table says so on stderr.
  virtual Outcome<void> finish() = 0;
};

/// `output` and `zone` outlive the printer. A table shows times as clocks of the zone do; null:
/// UTC.
std::unique_ptr<AnswerPrinter> make_answer_printer(AnswerFormat format, AnswerKind kind,
                                                   Output& output, const TimeZone* zone = nullptr);

}  // namespace varve::tools
