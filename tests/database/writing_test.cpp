#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/database.hpp"

namespace varve::test {
namespace {

TEST(Writing, each_durability_says_what_was_reached) {
  const auto reached = [](Durability engine, std::optional<Durability> call) {
    Options options = small_options();
    options.durability = engine;
    Database db(options);
    WriteOptions write;
    if (call) write.durability(*call);
    return db->write(std::vector<Record>{{"k", 1, 1.0}}, write).value().reached;
  };
  EXPECT_EQ(reached(Durability::none(), {}), Reached::in_memory);
  EXPECT_EQ(reached(Durability::appended(), {}), Reached::appended);
  EXPECT_EQ(reached(Durability::interval(std::chrono::hours(1)), {}), Reached::appended);
  EXPECT_EQ(reached(Durability::every(2), {}), Reached::appended);
  EXPECT_EQ(reached(Durability::every(1), Durability::always()), Reached::durable);
  EXPECT_EQ(reached(Durability::always(), {}), Reached::durable);
  EXPECT_EQ(reached(Durability::always(), Durability::appended()), Reached::durable)
      << "a write never gets less than the engine's default";
}

TEST(Writing, every_n_leaves_at_most_n_acknowledged_batches_that_are_not_durable) {
  Options options = small_options();
  options.durability = Durability::every(4);
  Database db(options);
  for (int i = 0; i < 50; ++i) {
    db.put("k", i, i);
    const Stats stats = db->stats();
    ASSERT_LE(stats.last_sequence - stats.durable_sequence, 4u);
  }
  EXPECT_LE(db->stats().wal_syncs, 50u);
}

TEST(Writing, interval_syncs_by_itself_within_its_time) {
  Options options = small_options();
  options.clock = system_clock();
  options.durability = Durability::interval(std::chrono::milliseconds(5));
  Database db(options);
  db.put("k", 1, 1.0);
  while (db->stats().durable_sequence < 1)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_GE(db->stats().wal_syncs, 1u);
}

TEST(Writing, under_none_close_flushes) {
  Options options = small_options();
  options.durability = Durability::none();
  Database db(options);
  db.put("k", 1, "kept");
  db.reopen();
  EXPECT_EQ(db.get("k", 1)->value(), Value("kept"));
  EXPECT_EQ(db->stats().wal_segments, 0u);
}

// A range of no keys deletes nothing, and its batch was lost to the flush that closing is.
TEST(Writing, under_none_the_sequence_of_a_batch_that_changes_nothing_is_not_given_again) {
  Options options = small_options();
  options.durability = Durability::none();
  Database db(options);
  db.put("k", 1, 1.0);
  db.flush();
  const std::uint64_t given = db->erase_range("k", "k").value().sequence;
  db.reopen();
  EXPECT_EQ(db->last_sequence(), given);
  WriteBatch next;
  next.put("k", 2, 2.0);
  EXPECT_GT(db->write(std::move(next)).value().sequence, given);
}

TEST(Writing, a_database_may_change_between_having_a_wal_and_none) {
  Options options = small_options();
  Database db(options);
  db.put("k", 1, "in the WAL");
  db.options().durability = Durability::none();
  db.reopen();
  EXPECT_TRUE(db.get("k", 1));
  db.put("k", 2, "without");
  db.options().durability = Durability::appended();
  db.reopen();
  db.put("k", 3, "in the WAL again");
  db.reopen();
  EXPECT_EQ(db.count(Query::all()), 3u);
}

TEST(Writing, write_many_is_each_batch_in_order_and_one_sync) {
  Database db;
  std::vector<WriteBatch> batches(10);
  for (int i = 0; i < 10; ++i) batches[static_cast<std::size_t>(i)].put("k", 1, i);
  const std::uint64_t before = db->stats().wal_syncs;
  const Receipt receipt =
      db->write_many(std::move(batches), WriteOptions().durability(Durability::always())).value();
  EXPECT_EQ(receipt.sequence, 10u);
  EXPECT_EQ(receipt.reached, Reached::durable);
  EXPECT_EQ(db->stats().wal_syncs - before, 1u);
  EXPECT_EQ(db.get("k", 1)->value(), Value(9));
}

TEST(Writing, within_a_batch_a_later_operation_wins) {
  Database db;
  WriteBatch batch;
  batch.put("a", 1, 1);
  batch.put("a", 1, 2);
  batch.put("b", 1, 1);
  batch.erase("b", 1);
  batch.erase("c", 1);
  batch.put("c", 1, 1);
  batch.put("d", 1, 1);
  batch.erase_range("d", "e");
  batch.put("d", 2, 2);
  db.write(std::move(batch));
  for (const char* when : {"in memory", "flushed"}) {
    SCOPED_TRACE(when);
    EXPECT_EQ(db.get("a", 1)->value(), Value(2));
    EXPECT_FALSE(db.get("b", 1));
    EXPECT_TRUE(db.get("c", 1));
    EXPECT_FALSE(db.get("d", 1));
    EXPECT_TRUE(db.get("d", 2));
    db.flush();
  }
}

TEST(Writing, an_empty_batch_is_a_no_op_with_a_receipt) {
  Database db;
  db.put("k", 1, 1.0);
  EXPECT_EQ(db->write(WriteBatch()).value().sequence, 1u);
  EXPECT_EQ(db->write_many({}).value().sequence, 1u);
  EXPECT_EQ(db->last_sequence(), 1u);
}

TEST(Writing, inline_and_queued_writes_share_one_order) {
  Database db;
  std::vector<std::thread> writers;
  std::atomic<int> failures{0};
  for (int id = 0; id < 4; ++id) {
    writers.emplace_back([&, id] {
      for (int i = 0; i < 500; ++i) {
        WriteBatch batch;
        batch.put("last", 0, id * 1'000 + i);
        batch.put("by/" + std::to_string(id), i, i);
        const auto receipt =
            id % 2 == 0 ? db->write_inline(std::move(batch)) : db->write(std::move(batch));
        if (!receipt) ++failures;
        // One thread's writes apply in its order: what it reads is its own or another's later.
        if (!db->get("by/" + std::to_string(id), i).value()) ++failures;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(db->last_sequence(), 2'000u);
  EXPECT_EQ(db.count(Query::prefix("by/")), 2'000u);
}

TEST(Writing, try_write_says_busy_when_the_queue_has_no_room) {
  Options options = small_options();
  options.threadless = true;
  Database db(options);
  const std::string large(60'000, 'x');
  int accepted = 0;
  for (int i = 0; i < 4; ++i) {
    WriteBatch batch;
    batch.put("k", i, large);
    db->async_write(std::move(batch), [&](std::error_code error, Receipt) {
      EXPECT_FALSE(error);
      ++accepted;
    });
  }
  WriteBatch batch;
  batch.put("k", 9, large);
  const auto receipt = db->try_write(std::move(batch));
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.error().code, Errc::busy);
  while (db->step().value()) {
  }
  EXPECT_EQ(accepted, 4);
}

TEST(Writing, series_handles_stay_good_over_flushes_and_from_many_threads) {
  Database db;
  const Series series = db->series("plant/press1/temp").value();
  std::vector<std::thread> writers;
  for (int id = 0; id < 3; ++id) {
    writers.emplace_back([&, id] {
      for (int i = 0; i < 300; ++i) EXPECT_TRUE(db->append(series, id * 1'000 + i, 1.5));
    });
  }
  for (int i = 0; i < 5; ++i) db.flush();
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(db.count(Query::key("plant/press1/temp")), 900u);
  db.flush();
  EXPECT_TRUE(db->append(std::vector<Point>{{series, 5'000, 1}, {series, 5'001, true}}));
  EXPECT_EQ(db.count(Query::key("plant/press1/temp")), 902u);
  ASSERT_TRUE(db->close());
  EXPECT_EQ(db->append(series, 1, 1.0).error().code, Errc::closed);
}

TEST(Writing, patch_gives_no_ttl_of_the_calls_to_a_record_that_has_none) {
  Database db;
  const Timestamp now = db.clock().wall();
  db.put("k", now, 1);
  const WriteOptions options = WriteOptions().ttl(std::chrono::hours(1));
  const Record patched = db->patch("k", now, Value(2), {}, options).value();
  EXPECT_EQ(patched.expires_at(), never);
  EXPECT_EQ(*db.get("k", now), patched) << "what it returned is what there is";
}

TEST(Writing, patch_changes_value_or_expiry_and_returns_the_record) {
  Database db;
  const Timestamp now = db.clock().wall();
  db.put("k", now, 1);
  EXPECT_EQ(db->patch("k", now, Value("two")).value().value(), Value("two"));
  const Record patched = db->patch("k", now, std::nullopt, std::chrono::minutes(5)).value();
  EXPECT_EQ(patched.value(), Value("two"));
  EXPECT_EQ(patched.expires_at(), now + 300'000'000);
  EXPECT_EQ(*db.get("k", now), patched);
  db.flush();
  EXPECT_EQ(db->patch("k", now, Value(3)).value().expires_at(), now + 300'000'000);
}

TEST(Writing, a_patch_never_takes_back_a_write_that_came_between) {
  Database db;
  db.put("k", 0, 0);
  std::atomic<bool> stop{false};
  std::thread flusher([&] {
    while (!stop) EXPECT_TRUE(db->flush());
  });
  std::vector<std::thread> patchers;
  for (int id = 0; id < 2; ++id) {
    patchers.emplace_back([&] {
      // Only the expiry: the value is the one that is there.
      while (!stop) EXPECT_TRUE(db->patch("k", 0, std::nullopt, std::chrono::hours(1'000'000)));
    });
  }
  for (int i = 1; i <= 500; ++i) {
    db.put("k", 0, i);
    ASSERT_EQ(db.get("k", 0)->value(), Value(i));
  }
  stop = true;
  flusher.join();
  for (std::thread& patcher : patchers) patcher.join();
}

TEST(Writing, erase_batch_and_erase_prefix_delete_what_they_name) {
  Database db;
  for (int i = 0; i < 10; ++i) {
    db.put("a/x", i, i);
    db.put("a/y", i, i);
    db.put("b", i, i);
  }
  const std::vector<std::pair<std::string, Timestamp>> some = {{"a/x", 1}, {"b", 2}, {"none", 3}};
  EXPECT_TRUE(db->erase_batch(some));
  EXPECT_EQ(db.count(Query::all()), 28u);
  EXPECT_TRUE(db->erase_prefix("a/", TimeRange(5, std::nullopt)));
  EXPECT_EQ(db.count(Query::all()), 18u);
  EXPECT_TRUE(db->erase_prefix(""));
  EXPECT_EQ(db.count(Query::all()), 0u);
}

TEST(Writing, background_maintenance_flushes_and_compacts_by_itself) {
  Options options = small_options();
  options.background_maintenance = true;
  options.clock = system_clock();
  Database db(options);
  for (int i = 0; i < 60; ++i) {
    WriteBatch batch;
    for (int j = 0; j < 500; ++j) batch.put("k" + std::to_string(j % 10), i * 500 + j, i * 0.1);
    db.write(std::move(batch));
  }
  EXPECT_EQ(db.count(Query::all()), 30'000u);
  EXPECT_GE(db->stats().flushes, 1u);
  EXPECT_LE(db->stats().memtables, 3u);
  db.reopen();
  EXPECT_EQ(db.count(Query::all()), 30'000u);
}

TEST(Writing, a_maintenance_handle_runs_it_for_as_long_as_it_lives) {
  Database db;
  {
    const MaintenanceHandle handle = db->start_maintenance().value();
    EXPECT_FALSE(db->start_maintenance()) << "it runs already";
  }
  EXPECT_TRUE(db->start_maintenance());
}

TEST(Writing, without_maintenance_writers_flush_for_themselves_rather_than_wait_for_ever) {
  Database db;
  const std::string value(1'000, 'x');
  for (int i = 0; i < 3'000; ++i) db.put("k", i, value);
  EXPECT_EQ(db.count(Query::all()), 3'000u);
  EXPECT_GE(db->stats().flushes, 1u);
}

TEST(Writing, after_close_every_call_says_closed) {
  Database db;
  ASSERT_TRUE(db->close());
  EXPECT_TRUE(db->close()) << "twice is fine";
  EXPECT_EQ(db->write(std::vector<Record>{{"k", 1, 1.0}}).error().code, Errc::closed);
  EXPECT_EQ(db->get("k", 1).error().code, Errc::closed);
  EXPECT_EQ(db->flush().error().code, Errc::closed);
  EXPECT_EQ(db->snapshot().error().code, Errc::closed);
}

}  // namespace
}  // namespace varve::test
