// The directory of an open database is the one that was opened, whatever its path leads to by now;
// and one that was made stays, with all that its path names.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "tests/support/database.hpp"
#include "tests/support/simulated_disk.hpp"
#include "tests/support/temporary_directory.hpp"

namespace varve::test {
namespace {

namespace fs = std::filesystem;

class HeldDirectory : public testing::Test {
 protected:
  HeldDirectory() {
    fs::create_directory(home_ / "other");
    fs::current_path(home_);
  }
  ~HeldDirectory() override { fs::current_path(before_); }

  static Options options_at(const fs::path& dir) {
    Options options = small_options();
    options.dir = dir;
    return options;
  }

  /// Writes, lets `change` happen to the path, and writes, flushes, rotates and closes.
  static void write_through(const fs::path& dir, const std::function<void()>& change) {
    Options options = options_at(dir);
    options.file_system = posix_file_system();
    Database db(options);
    for (int i = 0; i < 200; ++i) db.put("k", i, i);
    change();
    for (int i = 200; i < 300; ++i) db.put("k", i, i);
    db.flush();
    const std::string large(60'000, 'x');  // Enough for several segments.
    for (int i = 0; i < 20; ++i) db.put("large", i, large);
    for (int i = 300; i < 400; ++i) db.put("k", i, i);
    db.flush();
    EXPECT_EQ(db.count(Query::key("k")), 400u);
    db.close();
  }

  static void expect_all(const fs::path& dir) {
    Options options = options_at(dir);
    options.file_system = posix_file_system();
    options.create_if_missing = false;
    Database db(options);
    EXPECT_TRUE(db->recovery_report().damages.empty()) << db->recovery_report().to_string();
    EXPECT_EQ(db.count(Query::key("k")), 400u);
    EXPECT_EQ(db.count(Query::key("large")), 20u);
  }

  const fs::path before_ = fs::current_path();
  const TemporaryDirectory temporary_;
  const fs::path home_ = temporary_.path();
};

TEST_F(HeldDirectory, by_a_relative_path_survives_a_change_of_the_working_directory) {
  write_through("db", [&] { fs::current_path(home_ / "other"); });
  EXPECT_TRUE(fs::is_empty(home_ / "other"));
  fs::current_path(home_);
  expect_all("db");
}

TEST_F(HeldDirectory, by_a_symbolic_link_survives_that_the_link_is_pointed_elsewhere) {
  fs::create_directory(home_ / "real");
  fs::create_directory_symlink("real", home_ / "link");
  write_through(home_ / "link", [&] {
    fs::remove(home_ / "link");
    fs::create_directory_symlink("other", home_ / "link");
  });
  EXPECT_TRUE(fs::is_empty(home_ / "other"));
  expect_all(home_ / "real");
}

TEST_F(HeldDirectory, survives_that_it_is_renamed_and_another_takes_its_place) {
  write_through(home_ / "db", [&] {
    fs::rename(home_ / "db", home_ / "moved");
    fs::create_directory(home_ / "db");
  });
  EXPECT_TRUE(fs::is_empty(home_ / "db"));
  expect_all(home_ / "moved");
}

TEST_F(HeldDirectory, is_made_with_the_directories_above_it) {
  write_through("deep/er/db/", [] {});
  expect_all(home_ / "deep" / "er" / "db");
}

TEST_F(HeldDirectory, is_made_beside_a_directory_that_the_path_goes_up_from) {
  write_through("other/../db", [] {});
  expect_all(home_ / "db");
  fs::create_directory_symlink(home_ / "other", home_ / "db" / "quarantine");
  write_through("db/quarantine/../second", [] {});
  expect_all(home_ / "second");
}

TEST_F(HeldDirectory, is_not_made_nor_those_above_it_with_create_if_missing_off) {
  Options options = options_at("deep/er/db");
  options.create_if_missing = false;
  EXPECT_EQ(Engine::open(options).error().code, Errc::not_found);
  EXPECT_FALSE(fs::exists(home_ / "deep"));
}

TEST_F(HeldDirectory, is_refused_by_name_where_there_is_a_file) {
  std::ofstream(home_ / "file") << "not a directory";
  for (const char* const dir : {"file", "file/db"}) {
    const auto opened = Engine::open(options_at(dir));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, std::errc::not_a_directory) << dir;
    EXPECT_NE(opened.error().where.find("file"), std::string::npos) << opened.error().where;
  }
}

/// Opens at `dir`, gives a durable receipt, and loses what is not synced. Then opens again.
void expect_durable(const std::shared_ptr<SimulatedDisk>& disk, const std::string& dir) {
  Options options = small_options();
  options.dir = dir;
  options.file_system = disk;
  options.durability = Durability::always();
  Database db(options);
  db.put("k", 1, 1);
  options.file_system = disk->after(PowerCut::lose_unsynced());
  options.create_if_missing = false;
  auto engine = Engine::open(options);
  ASSERT_TRUE(engine) << dir << ": " << engine.error().message();
  EXPECT_TRUE(engine->get("k", 1).value()) << dir;
}

TEST(MadeDirectory, is_there_after_a_power_cut_once_there_was_a_durable_receipt) {
  for (const char* const dir : {"/db", "/db/", "db", "./db//", "/db/."}) {
    expect_durable(std::make_shared<SimulatedDisk>(), dir);
  }
}

TEST(MadeDirectory, is_there_with_all_that_were_made_above_it) {
  for (const char* const dir : {"/a/b/c/db", "a/b/db/", "/a//db"}) {
    expect_durable(std::make_shared<SimulatedDisk>(), dir);
  }
}

TEST(MadeDirectory, is_there_where_a_process_died_after_making_it) {
  for (const char* const dir : {"/db", "/db/"}) {
    const auto disk = std::make_shared<SimulatedDisk>();
    disk->create_directory("/db").value();
    expect_durable(disk, dir);
  }
  const auto disk = std::make_shared<SimulatedDisk>();
  disk->create_directory("/a").value();
  disk->create_directory("/a/b").value();
  expect_durable(disk, "/a/b/db");
}

TEST(MadeDirectory, needs_no_leave_to_read_those_above_it) {
  const auto disk = std::make_shared<SimulatedDisk>();
  disk->create_directory("/db").value();
  // The first opens the database's directory.
  disk->fail({.call = Call::open_directory, .at = 2, .error_number = EACCES});
  Options options = small_options();
  options.file_system = disk;
  std::string warned;
  options.log = [&](LogLevel, std::string_view message) { warned += message; };
  EXPECT_TRUE(Engine::open(options));
  EXPECT_NE(warned.find("not synced"), std::string::npos) << warned;
}

TEST(DatabaseFiles, are_never_written_without_saying_what_for) {
  const auto disk = std::make_shared<SimulatedDisk>();
  Options options = small_options();
  options.file_system = disk;
  Database db(options);
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 2'000; ++i) db.put("k" + std::to_string(i % 7), i, i);
    db.flush();
  }
  db.compact();
  db.close();
  EXPECT_EQ(disk->bytes_written(WriteReason::none), 0u);
  for (const WriteReason reason : {WriteReason::log, WriteReason::flush, WriteReason::compaction,
                                   WriteReason::manifest, WriteReason::identity}) {
    EXPECT_GT(disk->bytes_written(reason), 0u) << static_cast<int>(reason);
  }
}

}  // namespace
}  // namespace varve::test
