#include "engine/record/note_record.hpp"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/bytes.hpp"
#include "engine/wal/batch.hpp"
#include "varve/note.hpp"
#include "varve/write_batch.hpp"

namespace varve::engine {
namespace {

using namespace std::string_literals;

EncodedBatch encode(const WriteBatch& batch) {
  return BatchReader::encode(batch, {.ttl = Duration(5)}).value();
}

TEST(NoteRecord, has_the_bytes_that_the_format_page_says) {
  WriteBatch batch;
  batch.note("gateway/position", "42");
  const EncodedBatch encoded = encode(batch);
  ASSERT_EQ(encoded.keys.size(), 1u);
  EXPECT_EQ(encoded.bytes_of(encoded.keys[0]), "\x03gateway/position");
  EXPECT_EQ(as_text(encoded.payload),
            "\xD0\0\x02"
            "42"
            "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"s);
  EXPECT_EQ(note_key("gateway/position"), encoded.bytes_of(encoded.keys[0]));
}

TEST(NoteRecord, is_no_label_and_has_no_time_among_those_of_records) {
  WriteBatch batch;
  batch.note("n", "x").remove_note("m");
  const EncodedBatch encoded = encode(batch);
  EXPECT_FALSE(encoded.describes);
  EXPECT_TRUE(encoded.times.empty());
  EXPECT_EQ(encoded.puts, 1u);
  EXPECT_EQ(encoded.deletes, 1u);
}

TEST(NoteRecord, lies_outside_every_range_of_users_keys) {
  for (const char* name : {"a", "\xFF", "\x01"}) {
    EXPECT_FALSE(user_key_range("", {}).contains(note_key(name)));
    EXPECT_FALSE(key_range(KeySpace::labels, "", {}).contains(note_key(name)));
    EXPECT_TRUE(key_range(KeySpace::notes, "", {}).contains(note_key(name)));
  }
}

TEST(NoteRecord, has_limits_that_are_checked) {
  const std::string longest_name(Note::name_size_max, 'n');
  const std::string most_bytes(Note::bytes_size_max, 'b');
  EXPECT_TRUE(check_note(longest_name, most_bytes));
  EXPECT_TRUE(check_note("n", ""));
  EXPECT_EQ(check_note("", "x").error().where, "a note without a name");
  EXPECT_EQ(check_note(longest_name + 'n', "").error().where,
            "a note's name of 8193 bytes, at most 8192");
  EXPECT_EQ(check_note("n", most_bytes + 'b').error().where,
            "a note of 1048577 bytes, at most 1048576");
}

TEST(NoteRecord, that_breaks_a_limit_makes_its_batch_fail_by_name) {
  for (const bool removed : {false, true}) {
    WriteBatch batch;
    batch.put("k", 1, 1.0);
    if (removed) {
      batch.remove_note("");
    } else {
      batch.note("", "x");
    }
    batch.note("good", "x");
    const auto encoded = BatchReader::encode(batch, {});
    ASSERT_FALSE(encoded);
    EXPECT_EQ(encoded.error().code, Errc::invalid_argument);
    EXPECT_EQ(encoded.error().where, "operation 1: a note without a name");
  }
}

}  // namespace
}  // namespace varve::engine
