#include "tools/formats/record_list.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace varve::tools {
namespace {

std::vector<std::string> described_keys(const RecordList& list) {
  std::vector<std::string> keys;
  for (const Description& description : list.descriptions()) keys.push_back(description.key);
  return keys;
}

Labels some_labels() { return {{"host", "a"}}; }

TEST(RecordList, keeps_its_own_copy_of_keys_and_bytes) {
  RecordList list;
  std::string key = "k";
  std::string bytes = "text";
  list.add(key, 1, bytes);
  key = "?";
  bytes = "????";
  EXPECT_EQ(list[0], RecordView("k", 1, "text"));
}

TEST(RecordList, drops_the_records_of_a_bad_line) {
  RecordList list;
  list.add("a", 1, "first");
  list.add("b", 2, "second");
  list.shrink(1);
  list.add("c", 3, "third");
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0], RecordView("a", 1, "first"));
  EXPECT_EQ(list[1], RecordView("c", 3, "third"));
}

TEST(RecordList, describes_a_series_once_from_batch_to_batch) {
  RecordList list;
  list.describe_once("a", some_labels);
  list.describe_once("a", some_labels);
  EXPECT_EQ(described_keys(list), std::vector<std::string>{"a"});
  list.next_batch();
  list.describe_once("a", some_labels);
  EXPECT_TRUE(list.empty());
}

TEST(RecordList, knows_how_many_bytes_wait_in_it) {
  RecordList list;
  list.add("key", 1, "text");
  list.add("key", 2, 1.5);
  EXPECT_EQ(list.bytes(), 10U);
  EXPECT_EQ(list.label_bytes(), 0U);
  list.describe_once("key", some_labels);
  EXPECT_GE(list.label_bytes(), std::string("keyhosta").size());
  list.shrink(1);
  EXPECT_EQ(list.bytes(), 7U);
  list.next_batch();
  EXPECT_EQ(list.bytes(), 0U);
  EXPECT_EQ(list.label_bytes(), 0U);
}

TEST(RecordList, remembers_nothing_after_clear) {
  RecordList list;
  list.describe_once("a", some_labels);
  list.add("a", 1, 1.0);
  list.clear();
  EXPECT_TRUE(list.empty());
  list.describe_once("a", some_labels);
  EXPECT_EQ(described_keys(list), std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace varve::tools
