#include "engine/version/version_edit.hpp"

#include <gtest/gtest.h>

#include "tests/engine/version/edits.hpp"

namespace varve::engine {
namespace {

Bytes encoded(const VersionEdit& edit) {
  Bytes bytes;
  ByteWriter writer(bytes);
  edit.encode(writer);
  return bytes;
}

Bytes raw(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

std::error_code error_of(const Bytes& bytes) {
  const auto edit = VersionEdit::decode(bytes);
  return edit ? std::error_code{} : edit.error().code;
}

TEST(VersionEdit, survives_a_round_trip_with_every_field) {
  EXPECT_EQ(VersionEdit::decode(encoded(full_edit())).value(), full_edit());
}

TEST(VersionEdit, of_nothing_is_no_bytes) {
  EXPECT_TRUE(encoded({}).empty());
  EXPECT_EQ(VersionEdit::decode({}).value(), VersionEdit{});
}

TEST(VersionEdit, tells_a_zero_from_nothing) {
  VersionEdit edit;
  edit.log_start = 0;
  EXPECT_EQ(VersionEdit::decode(encoded(edit)).value(), edit);
}

TEST(VersionEdit, has_the_bytes_that_the_format_page_says) {
  VersionEdit edit;
  edit.removed = {7, 300};
  edit.tombstones_added = {{{{"\1a", "\1b"}, {-10, 10}}, 3}};
  edit.tombstones_removed = {{{{"", "\2"}, {0, 1}}, 200}};
  edit.flushed_through = 1000;
  edit.flush_number = 3;
  edit.log_start = 9;
  edit.next_file = 14;
  edit.closed = true;
  edit.trusted_time = {64, true};
  edit.clock_steps = {{300, -1, 1, false}, {301, 0, -64, true}};
  EXPECT_EQ(encoded(edit),
            raw({2,  7,    2,    0xAC, 0x02,                        // removed
                 3,  2,    1,    'a',  2,    1, 'b',  19,   20, 3,  // tombstone added
                 4,  0,    1,    2,    0,    2, 0xC8, 0x01,         // tombstone removed
                 5,  0xE8, 0x07, 6,    3,    7, 9,    8,    14, 9,  // numbers, closed
                 10, 0x80, 0x01, 1,                                 // trusted time
                 11, 0xAC, 0x02, 1,    2,    0,                     // clock step
                 11, 0xAD, 0x02, 0,    0x7F, 1}));                  // another
}

TEST(VersionEdit, holds_tables_as_level_and_description) {
  VersionEdit edit;
  edit.added = {{5, table_meta(12, "\1a", "\1m")}};
  Bytes expected = raw({1, 5});
  ByteWriter writer(expected);
  edit.added[0].meta.encode(writer);
  EXPECT_EQ(encoded(edit), expected);
}

TEST(VersionEdit, cut_off_anywhere_inside_a_field_is_corruption) {
  const Bytes bytes = encoded(full_edit());
  std::size_t prefixes = 0;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    const auto edit = VersionEdit::decode(cut);
    if (edit) {
      EXPECT_EQ(encoded(*edit), cut);  // Ends between two fields.
      ++prefixes;
    } else {
      EXPECT_EQ(edit.error().code, Errc::corruption);
    }
  }
  EXPECT_EQ(prefixes, 14u);  // 14 fields have 13 places between, and one before.
}

TEST(VersionEdit, with_fields_out_of_order_or_twice_is_corruption) {
  EXPECT_EQ(error_of(raw({6, 3, 5, 1})), Errc::corruption);
  EXPECT_EQ(error_of(raw({5, 1, 5, 1})), Errc::corruption);
  EXPECT_EQ(error_of(raw({9, 9})), Errc::corruption);
  EXPECT_EQ(error_of(raw({5, 1, 0})), Errc::corruption);
  EXPECT_EQ(error_of(raw({10, 1, 1, 10, 1, 1})), Errc::corruption);
  EXPECT_EQ(error_of(raw({11, 1, 1, 1, 1, 10, 1, 1})), Errc::corruption);
}

TEST(VersionEdit, with_a_clock_that_is_neither_synchronised_nor_not_is_corruption) {
  EXPECT_EQ(error_of(raw({10, 1, 1})), std::error_code{});
  EXPECT_EQ(error_of(raw({10, 1, 2})), Errc::corruption);
  EXPECT_EQ(error_of(raw({11, 1, 1, 1, 2})), Errc::corruption);
}

TEST(VersionEdit, with_a_number_in_a_longer_form_is_corruption) {
  EXPECT_EQ(error_of(raw({5, 0x81, 0x00})), Errc::corruption);
}

TEST(VersionEdit, at_a_level_that_there_is_not_is_corruption) {
  Bytes bytes = raw({1, static_cast<int>(level_count)});
  ByteWriter writer(bytes);
  table_meta(12, "\1a", "\1m").encode(writer);
  EXPECT_EQ(error_of(bytes), Errc::corruption);
}

TEST(VersionEdit, with_a_field_of_a_later_version_is_unsupported) {
  const auto edit = VersionEdit::decode(raw({5, 1, 12, 1}));
  ASSERT_FALSE(edit);
  EXPECT_EQ(edit.error().code, Errc::unsupported_format);
  EXPECT_EQ(edit.error().where, "edit @ 2: unknown field 12");
}

}  // namespace
}  // namespace varve::engine
