#include <gtest/gtest.h>

#include "tools/varve/terminal/progress.hpp"
#include "tools/varve/terminal/table_text.hpp"

namespace varve::tools {
namespace {

TEST(TableText, lines_up_its_columns) {
  TableText table({{"key", Align::left}, {"value", Align::right}});
  table.add({"a", "1"});
  table.add({"caf\u00e9/x", "12.5"});
  std::string out;
  table.print(out);
  EXPECT_EQ(out,
            "key     value\n"
            "a           1\n"
            "caf\u00e9/x   12.5\n");
}

TEST(TableText, goes_on_below_what_it_printed) {
  TableText table({{"key", Align::left}, {"note", Align::left}});
  table.add({"a", "x"});
  std::string out;
  table.print(out);
  table.add({"longer", ""});
  table.print(out);
  EXPECT_EQ(out, "key  note\na    x\nlonger\n");
}

TEST(ProgressLine, shows_part_and_rate) {
  const ProgressState state{512'000, 13'500'000, 27'000'000, std::chrono::seconds(1)};
  EXPECT_EQ(progress_line(state, 80),
            "[===============               ] 50 %  13.5 MB of 27.0 MB  512,000 records/s");
  EXPECT_LE(progress_line(state, 40).size(), 40U);
}

TEST(ProgressLine, counts_where_the_end_is_unknown) {
  const ProgressState state{1'000, 2'500, {}, std::chrono::seconds(2)};
  EXPECT_EQ(progress_line(state, 80), "1,000 records  2.5 KB  500 records/s");
}

}  // namespace
}  // namespace varve::tools
