#pragma once

#include <cstddef>
#include <memory>

#include "tools/varve/terminal/answer_printer.hpp"
#include "tools/varve/terminal/output.hpp"

namespace varve::tools {

/// How many values an answer may have that is printed with a column for each series: they are held
/// until the last of them is known.
inline constexpr std::size_t wide_answer_max = 2'000'000;

/// Prints records or buckets as csv of one row for each time and one column for each series, in the
/// order in which they come. Fails with more than `values_max`. `output` outlives the printer.
std::unique_ptr<AnswerPrinter> make_wide_printer(Output& output,
                                                 std::size_t values_max = wide_answer_max);

}  // namespace varve::tools
