// Whatever is wrong with a call gets its own error, names what is wrong, and changes nothing.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "tests/support/database.hpp"

namespace varve::test {
namespace {

Error error_of(const Options& options) {
  auto opened = Engine::open(options);
  EXPECT_FALSE(opened);
  return opened ? Error{} : opened.error();
}

TEST(BadInput, each_bad_option_is_refused_by_name) {
  const auto refused = [](auto change, const std::string& name) {
    Options options = small_options();
    options.file_system = memory_file_system();
    change(options);
    const Error error = error_of(options);
    EXPECT_EQ(error.code, Errc::invalid_argument) << name;
    EXPECT_NE(error.where.find(name), std::string::npos) << error.where;
    EXPECT_FALSE(options.file_system->open_directory("/db")) << "nothing was made";
  };
  refused([](Options& options) { options.dir.clear(); }, "dir");
  refused([](Options& options) { options.memtable_bytes = 1; }, "memtable_bytes");
  refused([](Options& options) { options.wal_bytes = 1; }, "wal_bytes");
  refused([](Options& options) { options.queue_bytes = 1; }, "queue_bytes");
  refused([](Options& options) { options.queue_bytes = std::numeric_limits<std::size_t>::max(); },
          "queue_bytes");
  refused([](Options& options) { options.window = Duration(0); }, "window");
  refused([](Options& options) { options.flush_after = Duration(999'999); }, "flush_after");
  refused([](Options& options) { options.default_ttl = Duration(-1); }, "default_ttl");
  refused([](Options& options) { options.durability = Durability::every(0); }, "durability");
  refused([](Options& options) { options.durability = Durability::interval(Duration(0)); },
          "durability");
}

TEST(BadInput, each_option_that_means_nothing_in_memory_is_refused_by_name) {
  const auto refused = [](auto change, const std::string& name) {
    Options options;
    change(options);
    const auto opened = Engine::open_in_memory(options);
    ASSERT_FALSE(opened) << name;
    EXPECT_EQ(opened.error().code, Errc::invalid_argument) << name;
    EXPECT_NE(opened.error().where.find(name), std::string::npos) << opened.error().where;
  };
  refused([](Options& options) { options.dir = "db"; }, "dir");
  refused([](Options& options) { options.mode = Mode::read_only; }, "mode");
  refused([](Options& options) { options.create_if_missing = false; }, "create_if_missing");
  refused([](Options& options) { options.durability = Durability::always(); }, "durability");
  refused([](Options& options) { options.wal_bytes *= 2; }, "wal_bytes");
  refused([](Options& options) { options.file_system = memory_file_system(); }, "file_system");
  Options options;
  options.durability = Durability::none();
  options.memtable_bytes = std::size_t{1} << 20;
  options.default_ttl = std::chrono::hours(1);
  EXPECT_TRUE(Engine::open_in_memory(options));
}

TEST(BadInput, reads_that_have_no_use_for_a_moment_refuse_one) {
  Database db;
  db.put("k", 1, 1.0);
  const ReadOptions as_of = ReadOptions().as_of(1);
  const auto refused = [](const auto& result, const char* call) {
    ASSERT_FALSE(result) << call;
    EXPECT_EQ(result.error().code, Errc::invalid_argument) << call;
  };
  refused(db->get("k", 1, as_of), "get");
  refused(db->query(Query::all(), as_of), "query");
  refused(db->query(Query::all(), ReadOptions(as_of).threads(2)), "query by threads");
  refused(db->scan(Query::all(), as_of), "scan");
  refused(db->aggregate(Query::all(), Aggregation::count, as_of), "aggregate");
  refused(db->series_list(Query::all(), as_of), "series_list");
  refused(db->described_series(Query::all(), as_of), "described_series");
  refused(db->count(Query::all(), as_of), "count");
  refused(db->labels("k", as_of), "labels");
  refused(db->label_names(Query::all(), as_of), "label_names");
  refused(db->label_values("a", Query::all(), as_of), "label_values");
  refused(db->notes("a", as_of), "notes");
}

TEST(BadInput, a_missing_directory_is_not_made_with_create_if_missing_off) {
  Options options = small_options();
  options.file_system = memory_file_system();
  options.create_if_missing = false;
  EXPECT_EQ(error_of(options).code, Errc::not_found);
  EXPECT_FALSE(options.file_system->open_directory("/db"));
}

TEST(BadInput, a_directory_that_is_not_varves_is_left_alone) {
  const TemporaryDirectory directory;
  std::ofstream(directory.path() / "notes.txt") << "not a database";
  Options options = small_options();
  options.dir = directory.path();
  const Error error = error_of(options);
  EXPECT_EQ(error.code, Errc::invalid_argument);
  EXPECT_NE(error.where.find("notes.txt"), std::string::npos) << error.where;
  EXPECT_EQ(posix_file_system()->open_directory(directory.path()).value()->list().value().size(),
            1u);
}

TEST(BadInput, a_newer_format_is_refused_by_name) {
  Database db;
  db.put("k", 1, 1.0);
  db.close();
  const auto directory = db.options().file_system->open_directory("/db").value();
  for (const char* name : {"VARVE", "VARVE.copy"}) {
    auto file = directory->open(name, OpenMode::read_write).value();
    std::vector<std::byte> garbage(file->size().value(), std::byte{0x5A});
    const std::span<const std::byte> piece(garbage);
    ASSERT_TRUE(file->write_at(0, std::span(&piece, 1)));
  }
  const Error error = error_of(db.options());
  EXPECT_NE(error.where.find("VARVE"), std::string::npos) << error.where;
}

TEST(BadInput, a_database_whose_identity_is_gone_is_not_overwritten) {
  Database db;
  db.put("k", 1, 1.0);
  db.close();
  const auto directory = db.options().file_system->open_directory("/db").value();
  ASSERT_TRUE(directory->remove("VARVE"));
  ASSERT_TRUE(directory->remove("VARVE.copy"));
  EXPECT_EQ(error_of(db.options()).code, Errc::corruption);
}

TEST(BadInput, a_read_only_directory_keeps_its_errno) {
  if (geteuid() == 0) {
    // Root may write everywhere; /proc refuses even root.
    Options options = small_options();
    options.dir = "/proc/varve";
    EXPECT_TRUE(error_of(options).code) << error_of(options).message();
    return;
  }
  const TemporaryDirectory directory;
  std::filesystem::permissions(
      directory.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  Options options = small_options();
  options.dir = directory.path() / "db";
  EXPECT_EQ(error_of(options).code, std::errc::permission_denied);
}

TEST(BadInput, writes_name_what_is_wrong_with_them) {
  Database db;
  const auto refused = [&](auto fill, const std::string& word) {
    WriteBatch batch;
    batch.put("sound", 1, 1.0);
    fill(batch);
    const auto receipt = db->write(std::move(batch));
    ASSERT_FALSE(receipt) << word;
    EXPECT_EQ(receipt.error().code, Errc::invalid_argument);
    EXPECT_NE(receipt.error().where.find(word), std::string::npos) << receipt.error().where;
  };
  refused([](WriteBatch& batch) { batch.put("", 1, 1.0); }, "key");
  refused([](WriteBatch& batch) { batch.put("k", 1, 1.0, Duration(-1)); }, "TTL");
  refused([](WriteBatch& batch) { batch.put("k", 1, ~std::uint64_t{0}); }, "int64");
  refused([](WriteBatch& batch) { batch.put("k", 1, static_cast<const char*>(nullptr)); }, "null");
  refused([](WriteBatch& batch) { batch.erase("", 1); }, "key");
  refused([](WriteBatch& batch) { batch.erase_range("b", "a"); }, "range");
  refused([](WriteBatch& batch) { batch.erase_range("a", "b", TimeRange(2, 1)); }, "range");
  refused(
      [](WriteBatch& batch) {
        const std::string large(1'000, 'x');
        for (int i = 0; i < 1'000; ++i) batch.put("k", i, large);
      },
      "bytes");
  EXPECT_EQ(db.count(Query::all()), 0u);
  EXPECT_EQ(db->last_sequence(), 0u);
}

TEST(BadInput, a_series_of_another_engine_is_refused) {
  Database db;
  Database other;
  const Series series = other->series("k").value();
  const auto receipt = db->append(series, 1, 1.0);
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.error().code, Errc::invalid_argument);
  EXPECT_FALSE(db->series(""));
}

TEST(BadInput, inverted_ranges_of_reads_are_refused_and_empty_ones_find_nothing) {
  Database db;
  db.put("k", 1, 1.0);
  EXPECT_EQ(db->query(Query::keys("b", "a")).error().code, Errc::invalid_argument);
  EXPECT_EQ(db->query(Query::all().between(2, 1)).error().code, Errc::invalid_argument);
  EXPECT_EQ(db.count(Query::keys("k", "k")), 0u);
  EXPECT_EQ(db.count(Query::all().between(1, 1)), 0u);
  EXPECT_EQ(db.count(Query::all().limit(0)), 0u);
  EXPECT_EQ(db->get("", 1).error().code, Errc::invalid_argument);
  EXPECT_EQ(db->latest(std::string(70'000, 'k')).error().code, Errc::invalid_argument);
}

/// Every call that takes a range, by name, and with what code it fails.
std::vector<std::pair<std::string, std::error_code>> calls_with(Database& db,
                                                                const std::string& first,
                                                                const std::string& end,
                                                                const TimeRange& times) {
  std::vector<std::pair<std::string, std::error_code>> outcomes;
  const auto call = [&](const char* name, const auto& outcome) {
    outcomes.emplace_back(name, outcome ? std::error_code() : outcome.error().code);
  };
  const Query query = Query::keys(first, end).between(times);
  const Query labelled = Query(query).with(Matcher::equals("room", ""));
  call("query", db->query(query));
  call("query by label", db->query(labelled));
  call("query by threads", db->query(query, ReadOptions().threads(2)));
  call("query of nothing", db->query(Query(query).limit(0)));
  call("scan", db->scan(query));
  call("count", db->count(query));
  call("series_list", db->series_list(query));
  call("described_series", db->described_series(query));
  call("aggregate", db->aggregate(query, Aggregation::sum.every(Duration(10))));
  call("label_names", db->label_names(query));
  call("label_values", db->label_values("room", query));
  call("downsample", db->downsample(query, Duration(10), {Aggregation::sum}, "to/"));
  call("erase_range", db->erase_range(first, end, times));
  return outcomes;
}

TEST(BadInput, inverted_ranges_are_refused_by_all_calls_and_empty_ones_by_none) {
  Database db;
  db.put("k", 1, 1.0);
  for (const auto& [name, code] : calls_with(db, "b", "a", {})) {
    EXPECT_EQ(code, Errc::invalid_argument) << name << " of keys";
  }
  for (const auto& [name, code] : calls_with(db, "a", "b", TimeRange(2, 1))) {
    EXPECT_EQ(code, Errc::invalid_argument) << name << " of time";
  }
  for (const auto& [name, code] : calls_with(db, "k", "k", TimeRange(1, 1))) {
    EXPECT_FALSE(code) << name << " of nothing: " << code.message();
  }
  EXPECT_EQ(db.count(Query::all()), 1u);
}

TEST(BadInput, keys_that_are_too_long_are_refused_by_all_calls) {
  Database db;
  const std::string longest(Record::key_size_max, 'k');
  const std::string longer = longest + 'k';
  db.put(longest, 1, 1.0);
  EXPECT_EQ(db.count(Query::key(longest)), 1u);
  EXPECT_EQ(db->query(Query::key(longer)).error().code, Errc::invalid_argument);
  EXPECT_EQ(db->count(Query::prefix(longer + 'k')).error().code, Errc::invalid_argument);
  EXPECT_EQ(db->patch(longer, 1, Value(1)).error().code, Errc::invalid_argument);
  EXPECT_EQ(db->patch("", 1, Value(1)).error().code, Errc::invalid_argument);
  for (const auto& [name, code] : calls_with(db, "a", longer + 'k', {})) {
    EXPECT_EQ(code, Errc::invalid_argument) << name;
  }
}

TEST(BadInput, more_durability_than_an_engine_without_a_wal_has_is_refused) {
  auto engine = Engine::open_in_memory().value();
  const auto receipt = engine.write(std::vector<Record>{{"k", 1, 1.0}},
                                    WriteOptions().durability(Durability::always()));
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.error().code, Errc::invalid_argument);
}

TEST(BadInput, patch_of_nothing_or_with_nothing_is_refused) {
  Database db;
  EXPECT_EQ(db->patch("k", 1, Value(1)).error().code, Errc::not_found);
  db.put("k", 1, 1);
  EXPECT_EQ(db->patch("k", 1, std::nullopt).error().code, Errc::invalid_argument);
  EXPECT_EQ(db->patch("k", 1, Value(1), Duration(-1)).error().code, Errc::invalid_argument);
  EXPECT_EQ(db->patch("k", 1, Value(~std::uint64_t{0})).error().code, Errc::invalid_argument);
  EXPECT_EQ(db.get("k", 1)->value(), Value(1));
}

TEST(BadInput, a_moved_from_engine_says_closed) {
  Database db;
  const Engine taken = std::move(db.engine());
  EXPECT_EQ(db->get("k", 1).error().code, Errc::closed);
  EXPECT_EQ(db->flush().error().code, Errc::closed);
}

}  // namespace
}  // namespace varve::test
