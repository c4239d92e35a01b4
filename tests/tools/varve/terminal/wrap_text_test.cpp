#include "tools/varve/terminal/wrap_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace varve::tools {
namespace {

TEST(Wrapped, breaks_at_blanks_and_indents_what_follows) {
  EXPECT_EQ(wrapped("one two three", 20), "one two three");
  EXPECT_EQ(wrapped("one two three", 8), "one two\nthree");
  EXPECT_EQ(wrapped("one two three", 9, 2), "one two\n  three");
  EXPECT_EQ(wrapped("one two three", 10, 4, 4), "one\n    two\n    three");
  EXPECT_EQ(wrapped("", 10), "");
}

TEST(Wrapped, keeps_a_word_whole_that_is_too_long) {
  EXPECT_EQ(wrapped("a incomprehensible b", 6), "a\nincomprehensible\nb");
}

TEST(Wrapped, counts_characters_and_not_bytes) {
  const std::string words = "\u00e4\u00e4\u00e4 \u00e4\u00e4\u00e4";
  EXPECT_EQ(wrapped(words, 7), words);
}

TEST(ListEntry, has_its_text_in_a_column_or_on_the_next_line) {
  EXPECT_EQ(list_entry("--db DIR", "The directory of it", 14, 28),
            "  --db DIR    The directory\n"
            "              of it\n");
  EXPECT_EQ(list_entry("--db DIRECTORY", "The directory", 14, 28),
            "  --db DIRECTORY\n"
            "              The directory\n");
  EXPECT_EQ(list_entry("--db", "", 14, 28), "  --db\n");
}

TEST(WrappedPage, joins_and_breaks_paragraphs) {
  EXPECT_EQ(wrapped_page("One two\nthree four.\n\nFive six\nseven", 12),
            "One two\nthree four.\n\nFive six\nseven\n");
  EXPECT_EQ(wrapped_page("One two\nthree four.\n\nFive six\nseven", 40),
            "One two three four.\n\nFive six seven\n");
}

TEST(WrappedPage, keeps_what_is_indented) {
  const char* const page =
      "Examples:\n"
      "  varve query --db plant --prefix press1/ --from -1h\n"
      "  varve downsample --db plant \\\n"
      "      --aggregate sum\n";
  EXPECT_EQ(wrapped_page(page, 40), page);
}

TEST(WrappedPage, wraps_the_texts_of_a_list_in_their_column) {
  EXPECT_EQ(wrapped_page("Formats:\n"
                         "  csv   any table of values, and\n"
                         "        whatever else\n"
                         "  lp    lines\n",
                         30),
            "Formats:\n"
            "  csv   any table of values,\n"
            "        and whatever else\n"
            "  lp    lines\n");
}

TEST(WrappedPage, puts_the_text_of_a_long_term_below_it) {
  EXPECT_EQ(wrapped_page("  varve import --db plant a.csv    into one series\n", 40),
            "  varve import --db plant a.csv\n"
            "      into one series\n");
  EXPECT_EQ(wrapped_page("  varve import --db plant a.csv    into one series\n", 60),
            "  varve import --db plant a.csv    into one series\n");
}

}  // namespace
}  // namespace varve::tools
