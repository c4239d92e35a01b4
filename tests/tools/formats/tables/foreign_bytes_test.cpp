#include "tools/formats/tables/foreign_bytes.hpp"

#include <gtest/gtest.h>

#include <string>

namespace varve::tools {
namespace {

using namespace std::string_view_literals;

std::string found(std::string_view bytes) { return foreign_bytes(bytes).value_or("text"); }

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ForeignBytes, are_named_with_what_to_do_about_them) {
  EXPECT_TRUE(contains(found("\x1f\x8b\x08rest"sv), "zcat"));
  EXPECT_TRUE(contains(found("PK\x03\x04rest"sv), "save the sheet as csv"));
  EXPECT_TRUE(contains(found("\xff\xfet\0i\0"sv), "iconv -f UTF-16"));
  EXPECT_TRUE(contains(found("t\0i\0m\0"sv), "iconv -f UTF-16"));
  EXPECT_TRUE(contains(found("time,a\r1,2\r3,4\r"sv), "tr '\\r' '\\n'"));
}

TEST(ForeignBytes, are_none_in_a_table) {
  for (const std::string_view table :
       {""sv, "time,a\n1,2\n"sv, "time,a\r\n1,2\r\n"sv, "\xC3\xA4,b\n"sv, "PK,b\n"sv}) {
    EXPECT_EQ(found(table), "text");
  }
}

}  // namespace
}  // namespace varve::tools
