#include "engine/directory/quarantine.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/base/log.hpp"
#include "engine/directory/file_names.hpp"
#include "engine/directory/orphans.hpp"
#include "tests/support/directories.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve::engine {
namespace {

using Names = std::vector<std::string>;

class SetAside : public ::testing::Test {
 protected:
  test::SimulatedDisk disk_;
  const std::shared_ptr<Directory> directory_ = test::make_directory(disk_, "/db");
};

TEST_F(SetAside, survives_a_power_cut) {
  disk_.set_content("/db/1.wal", Bytes(3));
  ASSERT_TRUE(set_aside(*directory_, "1.wal"));
  const auto after = disk_.after(test::PowerCut::lose_unsynced());
  EXPECT_EQ(after->names("/db"), Names{"quarantine"});
  EXPECT_EQ(after->names("/db/quarantine"), Names{"1.wal"});
}

TEST_F(SetAside, keeps_what_it_kept_before) {
  for (const std::size_t size : {std::size_t{3}, std::size_t{5}, std::size_t{7}}) {
    disk_.set_content("/db/1.wal", Bytes(size));
    ASSERT_TRUE(set_aside(*directory_, "1.wal"));
  }
  EXPECT_EQ(disk_.names("/db/quarantine"), (Names{"1.wal", "1.wal.2", "1.wal.3"}));
  EXPECT_EQ(disk_.content("/db/quarantine/1.wal").size(), 3U);
  EXPECT_EQ(disk_.content("/db/quarantine/1.wal.3").size(), 7U);
}

TEST_F(SetAside, files_tell_what_they_were_called) {
  EXPECT_EQ(name_before("1.wal"), "1.wal");
  EXPECT_EQ(name_before("1.wal.2"), "1.wal");
  EXPECT_EQ(name_before("1.wal.31"), "1.wal");
  EXPECT_EQ(name_before("VARVE"), "VARVE");
  EXPECT_EQ(name_before("1."), "1.");
}

TEST_F(SetAside, orphans_that_cannot_be_removed_stay_and_are_told_to_the_log) {
  int warnings = 0;
  const Log log([&](LogLevel level, std::string_view) { warnings += level == LogLevel::warning; });
  EXPECT_FALSE(remove_orphan(*directory_, "gone.table", log));
  EXPECT_EQ(warnings, 1);
  disk_.set_content("/db/here.table", {});
  EXPECT_TRUE(remove_orphan(*directory_, "here.table", log));
  EXPECT_EQ(warnings, 1);
}

TEST_F(SetAside, segments_go_oldest_first_each_durably_before_the_next) {
  const std::vector<std::uint64_t> segments = {4, 5, 6};
  for (const std::uint64_t segment : segments)
    disk_.set_content("/db/" + segment_name(segment), {});
  std::vector<std::string> calls;
  disk_.on_call([&](test::Call call, const std::string& path) {
    if (call == test::Call::remove) calls.push_back(path);
    if (call == test::Call::sync_directory) calls.emplace_back("sync");
  });
  ASSERT_TRUE(remove_segments(*directory_, segments));
  EXPECT_EQ(calls, (Names{"/db/" + segment_name(4), "sync", "/db/" + segment_name(5), "sync",
                          "/db/" + segment_name(6), "sync"}));
}

}  // namespace
}  // namespace varve::engine
