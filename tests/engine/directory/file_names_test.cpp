#include "engine/directory/file_names.hpp"

#include <gtest/gtest.h>

namespace varve::engine {
namespace {

TEST(FileNames, say_kind_and_number) {
  EXPECT_EQ(parse_file_name("00000000000000000012.table"), (NumberedFile{FileKind::table, 12}));
  EXPECT_EQ(parse_file_name("00000000000000000000.wal"), (NumberedFile{FileKind::wal, 0}));
  EXPECT_EQ(parse_file_name("09223372036854775807.manifest"),
            (NumberedFile{FileKind::manifest, file_number_max}));
  EXPECT_EQ(parse_file_name("00000000000000000007.spare"), (NumberedFile{FileKind::spare, 7}));
}

TEST(FileNames, are_read_as_they_were_made) {
  for (const FileKind kind : {FileKind::wal, FileKind::spare, FileKind::table, FileKind::manifest,
                              FileKind::manifest_copy}) {
    for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{7}, file_number_max}) {
      const NumberedFile file{kind, number};
      EXPECT_EQ(parse_file_name(file_name(file)), file);
    }
  }
  EXPECT_EQ(segment_name(7), "00000000000000000007.wal");
  EXPECT_EQ(spare_name(7), "00000000000000000007.spare");
  EXPECT_EQ(table_file_name(12), "00000000000000000012.table");
  EXPECT_EQ(manifest_file_name(3), "00000000000000000003.manifest");
  EXPECT_EQ(manifest_file_names(3)[1], "00000000000000000003.copy");
}

TEST(FileNames, of_any_other_form_are_not_ours) {
  for (const char* name :
       {"", "VARVE", "VARVE.copy", "LOCK", "quarantine", "12.table", "00000000000000000012",
        "00000000000000000012.", "00000000000000000012.tables", "00000000000000000012.tabl",
        "000000000000000000012.table", "0000000000000000001x.table", "-0000000000000000012.table",
        "+0000000000000000012.table", " 0000000000000000012.table", "09223372036854775808.table",
        "18446744073709551616.table", "00000000000000000012.TABLE"}) {
    EXPECT_EQ(parse_file_name(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace varve::engine
