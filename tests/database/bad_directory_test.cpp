// Whatever is wrong with the directory of a database gets its own error, which names what is wrong,
// and nothing in it is changed.

#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <string>

#include "engine/base/checksum.hpp"
#include "tests/support/database.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve::test {
namespace {

using Files = std::map<std::string, engine::Bytes>;

Options options_on(std::shared_ptr<FileSystem> disk) {
  Options options = small_options();
  options.threadless = true;
  options.file_system = std::move(disk);
  return options;
}

/// All of /db but LOCK, whose text says who came last.
Files files_of(const SimulatedDisk& disk) {
  Files files;
  for (const std::string& name : disk.names("/db")) {
    if (name != "LOCK" && name != "quarantine") files[name] = disk.content("/db/" + name);
  }
  return files;
}

/// Tables, a manifest, and a log, as a process leaves it that was killed.
class BadDirectory : public testing::Test {
 protected:
  BadDirectory() {
    Engine engine = Engine::open(options_on(disk_)).value();
    for (int i = 0; i < 20; ++i) {
      WriteBatch batch;
      batch.put("k", i, i);
      engine.write(std::move(batch)).value();
      if (i == 9) engine.flush().value();
    }
    disk_ = disk_->after(PowerCut::kill());
  }

  std::string name_with(const std::string& ending) const {
    for (const std::string& name : disk_->names("/db")) {
      if (name.ends_with(ending)) return name;
    }
    return {};
  }
  static std::string path(const std::string& name) { return "/db/" + name; }

  /// The format version stands at 8, and the checksum at `checksum_at` is of `from` to there.
  void make_newer(const std::string& name, std::size_t from, std::size_t checksum_at) {
    engine::Bytes bytes = disk_->content(path(name));
    bytes[8] = std::byte{9};
    const engine::ByteSpan covered = engine::ByteSpan(bytes).subspan(from, checksum_at - from);
    const std::uint64_t sum = engine::checksum(covered);
    for (std::size_t i = 0; i < sizeof sum; ++i) {
      bytes[checksum_at + i] = static_cast<std::byte>(sum >> (8 * i));
    }
    disk_->set_content(path(name), std::move(bytes));
  }

  /// Refused by every way to open it, with this code, and with each of these words.
  void expect_refused(std::error_code code, const std::vector<std::string>& words) {
    const Files before = files_of(*disk_);
    for (const Mode mode : {Mode::read_write, Mode::read_only}) {
      Options options = options_on(disk_);
      options.mode = mode;
      const auto opened = Engine::open(options);
      ASSERT_FALSE(opened);
      EXPECT_EQ(opened.error().code, code) << opened.error().message();
      for (const std::string& word : words) {
        EXPECT_NE(opened.error().message().find(word), std::string::npos)
            << word << " is not in: " << opened.error().message();
      }
    }
    EXPECT_EQ(files_of(*disk_), before) << "a refused opening changes nothing";
  }

  std::shared_ptr<SimulatedDisk> disk_ = std::make_shared<SimulatedDisk>();
};

TEST_F(BadDirectory, whose_identity_is_another_programs_is_named) {
  for (const char* name : {"VARVE", "VARVE.copy"}) {
    const std::string_view text = "the settings of a program that has nothing to do with Varve";
    disk_->set_content(path(name), {engine::as_bytes(text).begin(), engine::as_bytes(text).end()});
  }
  expect_refused(Errc::invalid_argument, {"/db", "VARVE", "another program"});
}

TEST_F(BadDirectory, without_its_manifest_is_refused_and_told_how_it_comes_back) {
  const std::string manifest = name_with(".manifest");
  ASSERT_TRUE(disk_->remove(path(manifest)));
  ASSERT_TRUE(disk_->remove(path(manifest.substr(0, 20) + ".copy")));
  expect_refused(Errc::corruption, {"/db", "manifest is gone", "restore"});
}

TEST_F(BadDirectory, of_which_a_copy_left_a_table_out_is_damaged_and_the_rest_is_there) {
  const std::string table = name_with(".table");
  ASSERT_TRUE(disk_->remove(path(table)));
  Engine engine = Engine::open(options_on(disk_)).value();
  ASSERT_EQ(engine.recovery_report().damages.size(), 1u);
  EXPECT_EQ(engine.recovery_report().damages[0].where, table + ": missing");
  EXPECT_EQ(engine.get("k", 15).value().value().value(), Value(15));
  EXPECT_EQ(engine.get("k", 5).error().code, Errc::corruption);
}

TEST_F(BadDirectory, of_which_a_copy_ended_too_early_says_where) {
  const std::string table = name_with(".table");
  disk_->resize(path(table), 100);
  Engine engine = Engine::open(options_on(disk_)).value();
  ASSERT_EQ(engine.recovery_report().damages.size(), 1u);
  EXPECT_NE(engine.recovery_report().damages[0].where.find(table + " @ 100"), std::string::npos)
      << engine.recovery_report().damages[0].where;
  EXPECT_EQ(engine.get("k", 5).error().code, Errc::corruption);
}

TEST_F(BadDirectory, is_read_past_its_damage_and_counts_what_is_left_out) {
  const std::string table = name_with(".table");
  const auto found = disk_;
  for (const bool is_missing : {true, false}) {
    disk_ = found->after(PowerCut::kill());
    if (is_missing) {
      ASSERT_TRUE(disk_->remove(path(table)));
    } else {
      disk_->fail({.call = Call::read, .lasting = true, .suffix = ".table"});
    }
    Engine engine = Engine::open(options_on(disk_)).value();
    const ReadOptions past = ReadOptions().skip_damaged(true);
    ASSERT_FALSE(engine.query(Query::all()));
    EXPECT_EQ(engine.stats().damage_left_out, 0u);
    EXPECT_EQ(engine.query(Query::all(), past).value().size(), 10u);
    EXPECT_EQ(engine.get("k", 5, past).value(), std::nullopt);
    EXPECT_EQ(engine.latest("k", past).value().value().ts(), 19);
    EXPECT_GE(engine.stats().damage_left_out, 2u);
  }
}

TEST_F(BadDirectory, of_which_a_copy_left_the_log_out_names_the_segment) {
  const std::string segment = name_with(".wal");
  ASSERT_TRUE(disk_->remove(path(segment)));
  Engine engine = Engine::open(options_on(disk_)).value();
  ASSERT_FALSE(engine.recovery_report().damages.empty());
  EXPECT_NE(engine.recovery_report().to_string().find(segment.substr(0, 20)), std::string::npos)
      << engine.recovery_report().to_string();
}

TEST_F(BadDirectory, of_two_databases_mixed_is_refused) {
  const auto other = std::make_shared<SimulatedDisk>();
  ASSERT_TRUE(Engine::open(options_on(other)));
  disk_->set_content("/db/VARVE", other->content("/db/VARVE"));
  expect_refused(Errc::corruption, {"/db", "VARVE", "remove the one"});
}

TEST_F(BadDirectory, of_a_newer_format_is_refused_by_name_whichever_file_says_so) {
  const auto found = disk_;
  const std::string manifest = name_with(".manifest");
  disk_ = found->after(PowerCut::kill());
  make_newer("VARVE", 8, disk_->content("/db/VARVE").size() - 8);
  expect_refused(Errc::unsupported_format, {"VARVE", "9"});
  disk_ = found->after(PowerCut::kill());
  make_newer(manifest, 0, 36);
  expect_refused(Errc::unsupported_format, {manifest, "version 9"});
}

TEST_F(BadDirectory, on_a_medium_that_cannot_be_written_opens_to_be_read_alone) {
  for (const Call call : {Call::create, Call::write, Call::truncate, Call::rename, Call::remove,
                          Call::create_directory, Call::link}) {
    disk_->fail({.call = call, .lasting = true, .error_number = EROFS});
  }
  const Files before = files_of(*disk_);
  const auto opened = Engine::open(options_on(disk_));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, std::errc::read_only_file_system) << opened.error().message();
  EXPECT_NE(opened.error().where.find("/db"), std::string::npos);
  Options options = options_on(disk_);
  options.mode = Mode::read_only;
  EXPECT_EQ(Engine::open(options).value().count(Query::all()).value(), 20u);
  EXPECT_EQ(files_of(*disk_), before);
}

TEST_F(BadDirectory, that_cannot_be_locked_is_refused_with_the_systems_word) {
  for (const int error_number : {ENOLCK, EINVAL, EOPNOTSUPP}) {
    disk_->clear_faults();
    disk_->fail({.call = Call::lock, .lasting = true, .error_number = error_number});
    const Files before = files_of(*disk_);
    const auto opened = Engine::open(options_on(disk_));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code.value(), error_number) << opened.error().message();
    EXPECT_NE(opened.error().where.find("LOCK"), std::string::npos) << opened.error().where;
    EXPECT_EQ(files_of(*disk_), before);
  }
}

TEST_F(BadDirectory, whose_lock_was_removed_takes_no_further_edit_and_says_why) {
  Engine engine = Engine::open(options_on(disk_)).value();
  ASSERT_TRUE(disk_->remove("/db/LOCK"));
  const std::string manifest = name_with(".manifest");
  const engine::Bytes before = disk_->content(path(manifest));
  WriteBatch batch;
  batch.put("k", 100, 1.0);
  std::ignore = engine.write(std::move(batch));
  const Status flushed = engine.flush();
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().code, Errc::locked) << flushed.error().message();
  EXPECT_NE(flushed.error().where.find("LOCK"), std::string::npos) << flushed.error().where;
  EXPECT_EQ(disk_->content(path(manifest)), before);
  std::ignore = engine.close();
  EXPECT_EQ(Engine::open(options_on(disk_)).value().get("k", 5).value().value().value(), Value(5));
}

}  // namespace
}  // namespace varve::test
