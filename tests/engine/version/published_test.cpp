#include "engine/version/published.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "engine/base/checksum.hpp"

namespace varve::engine {
namespace {

std::shared_ptr<Memtable> memtable(std::uint64_t number, std::uint64_t base_sequence = 0) {
  return std::make_shared<Memtable>(number, 0, base_sequence);
}

/// The version after the memtable's flush, without a table.
std::shared_ptr<const Version> after_flush_of(const Memtable& flushed) {
  auto next = std::make_shared<Version>();
  next->flush_number = flushed.number();
  next->flushed_through = flushed.last_sequence();
  return next;
}

class PublishedTest : public testing::Test {
 protected:
  /// Writes a batch that puts one record.
  void write(std::uint64_t sequence) {
    Memtable& active = *published_.active();
    active.put(active.series("a", hash_of("a")), 0, 1.0, never, sequence);
    active.set_last_sequence(sequence);
    published_.publish(sequence);
  }
  void freeze() {
    const Memtable& active = *published_.active();
    published_.rotate(memtable(active.number() + 1, active.last_sequence()));
  }
  void flush_oldest() {
    const auto flushed = published_.frozen().front();
    (void)published_.replace(published_.prepare(after_flush_of(*flushed)), flushed.get());
  }

  Published published_{Version{}, memtable(1), 0};
};

TEST_F(PublishedTest, shows_what_it_was_made_of) {
  Version version;
  version.flush_number = 4;
  version.flushed_through = 20;
  const Published published(std::move(version), memtable(5, 20), 20);
  EXPECT_EQ(published.visible_sequence(), 20u);
  EXPECT_EQ(published.version()->flush_number, 4u);
  EXPECT_EQ(published.active()->number(), 5u);
  EXPECT_TRUE(published.frozen().empty());
}

TEST_F(PublishedTest, shows_frozen_memtables_oldest_first) {
  freeze();
  freeze();
  EXPECT_EQ(published_.active()->number(), 3u);
  const auto frozen = published_.frozen();
  ASSERT_EQ(frozen.size(), 2u);
  EXPECT_EQ(frozen[0]->number(), 1u);
  EXPECT_EQ(frozen[1]->number(), 2u);
}

TEST_F(PublishedTest, counts_frozen_memtables) {
  EXPECT_EQ(published_.frozen_count(), 0u);
  freeze();
  freeze();
  EXPECT_EQ(published_.frozen_count(), 2u);
  flush_oldest();
  EXPECT_EQ(published_.frozen_count(), 1u);
}

TEST_F(PublishedTest, says_how_large_the_active_memtable_is) {
  write(1);
  EXPECT_EQ(published_.active_bytes(), published_.active()->bytes());
  freeze();
  EXPECT_EQ(published_.active_bytes(), published_.active()->bytes());
}

TEST_F(PublishedTest, gives_views_the_memtables_newest_first) {
  freeze();
  const auto view = published_.view(0);
  ASSERT_EQ(view->memtables().size(), 2u);
  EXPECT_EQ(view->memtables()[0]->number(), 2u);
  EXPECT_EQ(view->memtables()[1]->number(), 1u);
}

TEST_F(PublishedTest, gives_views_the_moment_that_was_asked_for) {
  EXPECT_EQ(published_.view(77)->now(), 77);
  EXPECT_EQ(published_.view_here(78).now(), 78);
}

TEST_F(PublishedTest, shows_a_batch_once_its_sequence_is_published) {
  Memtable& active = *published_.active();
  active.put(active.series("a", hash_of("a")), 5, 1.0, never, 1);
  EXPECT_FALSE(published_.view_here(0).get("a", 5, {}).value());
  active.set_last_sequence(1);
  published_.publish(1);
  EXPECT_TRUE(published_.view_here(0).get("a", 5, {}).value());
}

TEST_F(PublishedTest, lets_a_memtable_go_as_its_table_comes) {
  write(1);
  freeze();
  const auto before = published_.view(0);
  flush_oldest();
  EXPECT_TRUE(published_.frozen().empty());
  EXPECT_EQ(published_.version()->flush_number, 1u);
  EXPECT_EQ(published_.view(0)->memtables().size(), 1u);
  EXPECT_EQ(before->memtables().size(), 2u);
  EXPECT_EQ(before->version().flush_number, 0u);
}

TEST_F(PublishedTest, keeps_every_memtable_where_the_version_changes_without_a_flush) {
  freeze();
  (void)published_.replace(published_.prepare(std::make_shared<Version>()), nullptr);
  EXPECT_EQ(published_.view(0)->memtables().size(), 2u);
}

TEST_F(PublishedTest, hands_back_what_it_showed_before) {
  const auto before = published_.version();
  const auto next = published_.prepare(std::make_shared<Version>());
  const auto replaced = published_.replace(next, nullptr);
  EXPECT_EQ(replaced->version, before);
  EXPECT_NE(published_.version(), before);
}

TEST_F(PublishedTest, gives_views_the_sequence_up_to_which_they_are_whole) {
  write(7);
  EXPECT_EQ(published_.view(0)->sequence(), 7u);
  auto sources = std::make_shared<ViewSources>();
  auto flushed = std::make_shared<Version>();
  flushed->flushed_through = 9;
  sources->version = flushed;
  sources->memtables.push_back(memtable(1));
  // As a reader that saw 7 before a flush came in.
  EXPECT_EQ(View(sources, 7, 0).sequence(), 9u);
  EXPECT_EQ(View(sources, 12, 0).sequence(), 12u);
}

TEST_F(PublishedTest, never_shows_a_memtable_and_its_table_at_once_nor_neither) {
  constexpr std::uint64_t rounds = 300;
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> wrong = 0;
  std::thread reader([&] {
    while (!stop) {
      const auto view = published_.view(0);
      if (view->memtables().back()->number() != view->version().flush_number + 1) ++wrong;
      if (view->sequence() < view->version().flushed_through) ++wrong;
    }
  });
  std::thread flusher([&] {
    for (std::uint64_t done = 0; done < rounds;) {
      if (published_.frozen_count() == 0) continue;
      flush_oldest();
      ++done;
    }
  });
  for (std::uint64_t round = 1; round <= rounds; ++round) {
    write(round);
    freeze();
  }
  flusher.join();
  stop = true;
  reader.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(published_.version()->flush_number, rounds);
}

using PublishedDeathTest = PublishedTest;

TEST_F(PublishedDeathTest, refuses_a_sequence_below_the_last) {
  published_.publish(3);
  EXPECT_DEATH(published_.publish(2), "visible_");
}

TEST_F(PublishedDeathTest, refuses_a_version_that_shows_more_than_is_visible) {
  auto next = std::make_shared<Version>();
  next->flushed_through = 1;
  EXPECT_DEATH((void)published_.replace(published_.prepare(next), nullptr), "visible_sequence");
}

TEST_F(PublishedDeathTest, refuses_a_version_with_tables_above_a_memtable) {
  auto next = std::make_shared<Version>();
  next->flush_number = 1;
  EXPECT_DEATH((void)published_.replace(published_.prepare(next), nullptr), "flush_number");
}

TEST_F(PublishedDeathTest, refuses_to_let_any_but_the_oldest_memtable_go) {
  freeze();
  freeze();
  const auto second = published_.frozen().back();
  const auto next = published_.prepare(after_flush_of(*second));
  EXPECT_DEATH((void)published_.replace(next, second.get()), "flushed");
}

}  // namespace
}  // namespace varve::engine
