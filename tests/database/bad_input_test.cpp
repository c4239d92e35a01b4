// Whatever is wrong with a call gets its own error, names what is wrong, and changes nothing.

#include <gtest/gtest.h>

#include <fstream>
#include <string>

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
  refused([](Options& options) { options.window = Duration(0); }, "window");
  refused([](Options& options) { options.default_ttl = Duration(-1); }, "default_ttl");
  refused([](Options& options) { options.durability = Durability::every(0); }, "durability");
  refused([](Options& options) { options.durability = Durability::interval(Duration(0)); },
          "durability");
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
}

TEST(BadInput, a_moved_from_engine_says_closed) {
  Database db;
  const Engine taken = std::move(db.engine());
  EXPECT_EQ(db->get("k", 1).error().code, Errc::closed);
  EXPECT_EQ(db->flush().error().code, Errc::closed);
}

}  // namespace
}  // namespace varve::test
