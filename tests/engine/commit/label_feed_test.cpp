#include "engine/commit/label_feed.hpp"

#include <gtest/gtest.h>

#include "engine/record/label_record.hpp"
#include "tests/engine/commit/commit_fixture.hpp"

namespace varve::engine {
namespace {

/// What a change says, in short: "2 press hall=7".
std::string said_by(const LabelFeed::Change& change) {
  std::string text = std::to_string(change.sequence) + ' ' + change.key;
  if (change.record.empty()) return text;
  const Labels labels = decode_labels(as_bytes(change.record)).value();
  for (const Label& label : labels) text += ' ' + label.name() + '=' + label.value();
  return text;
}

using Said = std::vector<std::string>;

class Fed : public LabelFeed {
 public:
  using LabelFeed::LabelFeed;

  void describe(std::uint64_t sequence, const std::string& key, const Labels& labels) {
    WriteBatch batch;
    batch.put("other", 1, 1.0);
    batch.erase_range("a", "b");
    batch.describe(key, labels);
    add(BatchReader::encode(batch, {}).value(), sequence);
  }
  /// What was said up to `sequence`; "lost" where some of it is.
  Said take(std::uint64_t sequence) {
    const auto changes = take_through(sequence);
    if (!changes) return {"lost"};
    Said said;
    for (const Change& change : *changes) said.push_back(said_by(change));
    return said;
  }
};

TEST(LabelFeed, keeps_nothing_before_it_is_started) {
  Fed feed;
  feed.describe(1, "press", {{"hall", "7"}});
  EXPECT_EQ(feed.take(1), Said{"lost"});
}

TEST(LabelFeed, start_says_which_sequence_was_the_last_it_did_not_keep) {
  Fed feed;
  EXPECT_EQ(feed.start(), 0u);
  feed.stop();
  feed.describe(3, "press", {{"hall", "7"}});
  feed.describe(5, "press", {{"hall", "8"}});
  EXPECT_EQ(feed.start(), 5u);
  EXPECT_EQ(feed.take(9), Said{});
}

TEST(LabelFeed, gives_what_was_said_up_to_a_sequence_once_and_in_order) {
  Fed feed;
  feed.start();
  feed.describe(2, "press", {{"hall", "7"}});
  feed.describe(4, "oven", {{"hall", "8"}, {"line", "a"}});
  feed.describe(7, "press", {{"hall", "9"}});
  EXPECT_EQ(feed.take(1), Said{});
  EXPECT_EQ(feed.take(6), (Said{"2 press hall=7", "4 oven hall=8 line=a"}));
  EXPECT_EQ(feed.take(6), Said{});
  EXPECT_EQ(feed.take(7), Said{"7 press hall=9"});
}

TEST(LabelFeed, says_of_removed_labels_that_there_are_none) {
  Fed feed;
  feed.start();
  feed.describe(1, "press", {});
  EXPECT_EQ(feed.take(1), Said{"1 press"});
}

TEST(LabelFeed, is_lost_once_it_holds_too_much_until_it_is_started_again) {
  Fed feed(1'000);
  feed.start();
  std::uint64_t sequence = 0;
  while (sequence < 3) feed.describe(++sequence, "press", {{"hall", std::string(500, 'x')}});
  EXPECT_EQ(feed.take(1), Said{"lost"});
  EXPECT_EQ(feed.start(), 3u);
  feed.describe(4, "press", {{"hall", "7"}});
  EXPECT_EQ(feed.take(4), Said{"4 press hall=7"});
}

TEST(LabelFeed, has_room_again_for_what_was_taken) {
  Fed feed(1'000);
  feed.start();
  for (std::uint64_t sequence = 1; sequence < 50; ++sequence) {
    feed.describe(sequence, "press", {{"hall", std::string(300, 'x')}});
    EXPECT_EQ(feed.take(sequence).size(), 1u) << sequence;
  }
}

TEST(LabelFeedDeath, a_batch_is_told_out_of_order) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Fed feed;
  feed.describe(2, "press", {});
  EXPECT_DEATH(feed.describe(2, "press", {}), "sequence > newest_");
}

}  // namespace
}  // namespace varve::engine
