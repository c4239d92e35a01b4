#include "engine/version/file_names.hpp"

#include <gtest/gtest.h>

namespace varve::engine {
namespace {

TEST(FileNames, say_kind_and_number) {
  EXPECT_EQ(parse_file_name("00000000000000000012.table"), (NumberedFile{FileKind::table, 12}));
  EXPECT_EQ(parse_file_name("00000000000000000000.wal"), (NumberedFile{FileKind::wal, 0}));
  EXPECT_EQ(parse_file_name("09223372036854775807.manifest"),
            (NumberedFile{FileKind::manifest, file_number_max}));
}

TEST(FileNames, of_any_other_form_are_not_ours) {
  for (const char* name :
       {"", "VARVE", "LOCK", "quarantine", "12.table", "00000000000000000012",
        "00000000000000000012.", "00000000000000000012.tables", "00000000000000000012.tabl",
        "000000000000000000012.table", "0000000000000000001x.table", "-0000000000000000012.table",
        "+0000000000000000012.table", " 0000000000000000012.table", "09223372036854775808.table",
        "18446744073709551616.table", "00000000000000000012.TABLE"}) {
    EXPECT_EQ(parse_file_name(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace varve::engine
