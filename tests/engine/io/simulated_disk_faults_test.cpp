// When the simulated disk fails: power, faults, damage.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/engine/io/simulated_disk_fixture.hpp"
#include "tests/support/random.hpp"

namespace varve::test {
namespace {

using engine::as_text;
using engine::Bytes;
using Names = std::vector<std::string>;
using SimulatedDiskPower = SimulatedDiskTest;
using SimulatedDiskFaults = SimulatedDiskTest;
using SimulatedDiskAtRest = SimulatedDiskTest;

TEST_F(SimulatedDiskPower, goes_at_the_nth_change_and_everything_fails_from_then_on) {
  const auto file = create_durable("/a", "old");
  disk_->cut_power_at(2);
  write(*file, 0, "one").value();
  EXPECT_TRUE(file->size());
  EXPECT_FALSE(disk_->power_is_off());
  const Status status = file->sync();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, std::errc::io_error);
  EXPECT_EQ(status.error().where, "sync /a: the power is off");
  EXPECT_TRUE(disk_->power_is_off());
  EXPECT_EQ(disk_->cut_in(), "sync /a");
  EXPECT_EQ(lost("/a"), "old") << "the sync at which the power went proves nothing";
  EXPECT_EQ(text_of(*disk_->after(PowerCut::keep_all()), "/a"), "one");

  Bytes bytes(1);
  EXPECT_FALSE(file->read_at(0, bytes));
  EXPECT_FALSE(write(*file, 0, "x"));
  EXPECT_FALSE(file->sync());
  EXPECT_FALSE(file->size());
  EXPECT_FALSE(disk_->open("/a", OpenMode::read));
  EXPECT_FALSE(disk_->exists("/a"));
  EXPECT_FALSE(disk_->list("/"));
  EXPECT_FALSE(disk_->lock("/LOCK"));
  EXPECT_FALSE(disk_->create_directory("/d"));
  EXPECT_FALSE(disk_->remove("/a"));
  EXPECT_FALSE(disk_->rename("/a", "/b"));
  EXPECT_FALSE(disk_->link("/a", "/b"));
  EXPECT_FALSE(disk_->open_directory("/"));
  EXPECT_FALSE(disk_->sync_directory("/"));
  EXPECT_EQ(disk_->after(PowerCut::keep_all())->names("/"), Names{"a"});
}

TEST_F(SimulatedDiskPower, that_goes_in_a_change_may_leave_it_done_or_undone) {
  disk_->cut_power_at(1);
  EXPECT_FALSE(disk_->open("/a", OpenMode::create));
  EXPECT_EQ(disk_->cut_in(), "create /a");
  EXPECT_EQ(outcomes([](const SimulatedDisk& disk) { return disk.names("/"); }),
            (std::set{Names{}, Names{"a"}}));
}

TEST_F(SimulatedDiskPower, that_goes_in_a_write_may_leave_some_of_it) {
  const auto file = create_durable("/a", sectors("abc"));
  disk_->cut_power_at(1);
  EXPECT_FALSE(write(*file, 0, sectors("ABC")));
  EXPECT_EQ(lost("/a"), sectors("abc"));
  EXPECT_EQ(text_of(*disk_->after(PowerCut::keep_all()), "/a"), sectors("ABC"));
  EXPECT_TRUE(outcomes([](const SimulatedDisk& disk) {
                return text_of(disk, "/a");
              }).contains(sectors("aBc")));
}

TEST_F(SimulatedDiskPower, that_goes_in_a_sync_of_a_directory_may_leave_its_changes_undone) {
  create("/a");
  disk_->cut_power_at(1);
  EXPECT_FALSE(disk_->sync_directory("/"));
  EXPECT_EQ(disk_->after(PowerCut::lose_unsynced())->names("/"), Names{});
}

TEST_F(SimulatedDiskPower, counts_the_calls_that_change_the_disk_and_no_others) {
  const std::uint64_t before = disk_->changes();
  const auto file = create("/a", "text");                       // 2
  file->sync().value();                                         // 3
  disk_->create_directory("/d").value();                        // 4
  disk_->rename("/a", "/b").value();                            // 5
  disk_->sync_directory("/").value();                           // 6
  const auto lock = disk_->lock("/LOCK").value();               // 7, it makes the file
  file->truncate(4).value();                                    // 8
  disk_->remove("/b").value();                                  // 9
  EXPECT_FALSE(disk_->remove("/b")) << "counted all the same";  // 10
  Bytes bytes(4);
  file->read_at(0, bytes).value();
  static_cast<void>(file->size().value());
  static_cast<void>(disk_->list("/").value());
  static_cast<void>(disk_->exists("/b").value());
  file->close().value();
  static_cast<void>(disk_->open_directory("/").value()->free_bytes().value());
  EXPECT_EQ(disk_->changes() - before, 10u);
  EXPECT_EQ(disk_->calls(Call::remove), 2u);
  EXPECT_EQ(disk_->calls(Call::read), 1u);
}

TEST_F(SimulatedDiskPower, can_go_at_any_moment) {
  create("/a", "text");
  disk_->cut_power();
  EXPECT_FALSE(disk_->exists("/a"));
}

TEST_F(SimulatedDiskPower, gives_many_images_of_one_cut_each_a_disk_of_its_own) {
  const auto file = create_durable("/a", "old");
  disk_->cut_power();
  const auto one = disk_->after(PowerCut::keep_all());
  const auto two = disk_->after(PowerCut::keep_all());
  EXPECT_EQ(one->changes(), 0u);
  const auto opened = one->open("/a", OpenMode::read_write).value();
  write(*opened, 0, "new").value();
  EXPECT_EQ(text_of(*one, "/a"), "new");
  EXPECT_EQ(text_of(*two, "/a"), "old");
  EXPECT_EQ(text_of(*disk_, "/a"), "old");
  EXPECT_EQ(text_of(*one->after(PowerCut::lose_unsynced()), "/a"), "old");
}

TEST_F(SimulatedDiskPower, leaves_the_same_image_for_the_same_seed) {
  const auto run = [](std::uint64_t seed) {
    const auto disk = std::make_shared<SimulatedDisk>();
    Random random(7);
    std::vector<std::unique_ptr<File>> files;
    for (int i = 0; i < 20; ++i) {
      files.push_back(disk->open("/" + std::to_string(i), OpenMode::create).value());
      const Bytes bytes = random.bytes(random.below(5000));
      write(*files.back(), 0, as_text(bytes)).value();
      if (random.chance(0.3)) files.back()->sync().value();
      if (random.chance(0.1)) disk->sync_directory("/").value();
    }
    const auto image = disk->after(PowerCut::random(seed));
    std::vector<std::pair<std::string, Bytes>> all;
    for (const std::string& name : image->names("/")) {
      all.emplace_back(name, image->content("/" + name));
    }
    return all;
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

TEST_F(SimulatedDiskPower, drops_locks) {
  const auto lock = disk_->lock("/LOCK").value();
  EXPECT_EQ(disk_->lock("/LOCK").error().code, Errc::locked);
  EXPECT_TRUE(disk_->after(PowerCut::keep_all())->lock("/LOCK"));
}

TEST_F(SimulatedDiskFaults, strike_the_nth_call_of_a_kind_once) {
  const auto file = create("/a", "text");
  disk_->fail({.call = Call::write, .at = 2});
  EXPECT_TRUE(write(*file, 0, "1"));
  EXPECT_TRUE(file->sync());
  const Status status = write(*file, 4, "2");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, std::errc::io_error);
  EXPECT_EQ(status.error().where, "write /a @ 4");
  EXPECT_EQ(disk_->failures(), 1u);
  EXPECT_TRUE(write(*file, 4, "2"));
}

TEST_F(SimulatedDiskFaults, may_last_until_they_are_cleared) {
  const auto file = create("/a", "text");
  disk_->fail({.call = Call::read, .at = 2, .lasting = true});
  Bytes bytes(4);
  EXPECT_TRUE(file->read_at(0, bytes));
  EXPECT_FALSE(file->read_at(0, bytes));
  EXPECT_FALSE(file->read_at(0, bytes));
  disk_->clear_faults();
  EXPECT_TRUE(file->read_at(0, bytes));
}

TEST_F(SimulatedDiskFaults, may_be_kept_to_files_of_one_kind) {
  const auto wal = create("/1.wal");
  const auto table = create("/2.table");
  disk_->fail({.call = Call::sync, .suffix = ".wal"});
  EXPECT_TRUE(table->sync());
  EXPECT_FALSE(wal->sync());
}

TEST_F(SimulatedDiskFaults, leave_everything_else_as_it_was) {
  create_durable("/a", "text");
  for (const Call call : {Call::open, Call::create, Call::remove, Call::rename, Call::list,
                          Call::exists, Call::lock, Call::create_directory}) {
    disk_->fail({.call = call, .error_number = EACCES});
  }
  EXPECT_EQ(disk_->open("/a", OpenMode::read).error().code, std::errc::permission_denied);
  EXPECT_FALSE(disk_->open("/b", OpenMode::create));
  EXPECT_FALSE(disk_->remove("/a"));
  EXPECT_FALSE(disk_->rename("/a", "/b"));
  EXPECT_FALSE(disk_->list("/"));
  EXPECT_FALSE(disk_->exists("/a"));
  EXPECT_FALSE(disk_->create_directory("/d"));
  EXPECT_EQ(disk_->names("/"), Names{"a"});
  EXPECT_FALSE(disk_->lock("/LOCK"));
  EXPECT_TRUE(disk_->lock("/LOCK")) << "the failed one holds nothing";
}

TEST_F(SimulatedDiskFaults, in_a_write_leave_half_of_it) {
  const auto file = create("/a", "........");
  disk_->fail({.call = Call::write, .error_number = ENOSPC});
  EXPECT_EQ(write(*file, 0, "12345678").error().code, Errc::no_space);
  EXPECT_EQ(text_of(*disk_, "/a"), "1234....");
}

TEST_F(SimulatedDiskFaults, in_a_sync_are_not_made_good_by_the_next_sync) {
  const auto file = create_durable("/a", sectors("ab"));
  write(*file, 0, sectors("A")).value();
  disk_->fail({.call = Call::sync});
  EXPECT_FALSE(file->sync());
  EXPECT_TRUE(file->sync());
  EXPECT_EQ(text_of(*disk_, "/a"), sectors("Ab"));
  EXPECT_EQ(lost("/a"), sectors("ab"));
  write(*file, 512, sectors("B")).value();
  file->sync().value();
  EXPECT_EQ(lost("/a"), sectors("aB"));
  write(*file, 0, sectors("A")).value();
  file->sync().value();
  EXPECT_EQ(lost("/a"), sectors("AB")) << "but what is written again is synced again";
}

TEST_F(SimulatedDiskFaults, in_a_sync_of_a_directory_leave_its_changes_unsynced) {
  create("/a");
  disk_->fail({.call = Call::sync_directory});
  EXPECT_FALSE(disk_->sync_directory("/"));
  EXPECT_EQ(disk_->after(PowerCut::lose_unsynced())->names("/"), Names{});
}

TEST_F(SimulatedDiskAtRest, can_be_damaged_for_good_and_for_who_has_the_file_open) {
  const auto file = create_durable("/a", "text");
  write(*file, 0, "T").value();
  disk_->flip_bit("/a", 8 + 1);
  EXPECT_EQ(lost("/a"), "Tgxt");
  Bytes bytes(4);
  file->read_at(0, bytes).value();
  EXPECT_EQ(as_text(bytes), "Tgxt");
}

TEST_F(SimulatedDiskAtRest, can_have_files_cut_and_extended) {
  create_durable("/a", "text");
  disk_->resize("/a", 2);
  EXPECT_EQ(lost("/a"), "te");
  disk_->resize("/a", 4);
  EXPECT_EQ(lost("/a"), std::string("te\0\0", 4));
}

TEST_F(SimulatedDiskAtRest, can_be_given_files_that_are_durable) {
  disk_->set_content("/a", bytes_of("text"));
  EXPECT_EQ(lost("/a"), "text");
  EXPECT_EQ(disk_->changes(), 0u);
  EXPECT_EQ(disk_->used(), 1024u);
}

TEST_F(SimulatedDiskAtRest, knows_no_missing_files) {
  EXPECT_THROW(disk_->content("/a"), std::invalid_argument);
  EXPECT_THROW(disk_->names("/d"), std::invalid_argument);
  EXPECT_THROW(disk_->set_content("/d/a", {}), std::exception);
}

TEST(SimulatedDisk, covers_with_a_sync_only_what_was_written_before_it) {
  const auto disk = std::make_shared<SimulatedDisk>();
  std::function<void()> during_sync;
  disk->on_call([&](Call call, const std::string&) {
    if (call == Call::sync) std::exchange(during_sync, nullptr)();
  });
  disk->set_content("/a", bytes_of(sectors("ab")));
  const auto file = disk->open("/a", OpenMode::read_write).value();
  write(*file, 0, "A").value();
  during_sync = [&] { write(*file, 512, "B").value(); };
  file->sync().value();
  const std::string after = text_of(*disk->after(PowerCut::lose_unsynced()), "/a");
  EXPECT_EQ(after[0], 'A');
  EXPECT_EQ(after[512], 'b');
}

TEST(SimulatedDisk, fails_a_sync_during_which_the_power_went) {
  const auto disk = std::make_shared<SimulatedDisk>();
  disk->on_call([&](Call call, const std::string&) {
    if (call == Call::sync) disk->cut_power();
  });
  const auto file = disk->open("/a", OpenMode::create).value();
  EXPECT_FALSE(file->sync());
}

TEST(SimulatedDisk, counts_bytes_by_what_they_are_written_for) {
  const auto disk = std::make_shared<SimulatedDisk>();
  const auto log = disk->open("/a", OpenMode::create, {WriteReason::log}).value();
  const auto other = disk->open("/b", OpenMode::create).value();
  write(*log, 0, "12345").value();
  write(*log, 0, "678").value();
  write(*other, 0, "1").value();
  EXPECT_EQ(disk->bytes_written(WriteReason::log), 8u);
  EXPECT_EQ(disk->bytes_written(WriteReason::none), 1u);
  EXPECT_EQ(disk->bytes_written(WriteReason::copy), 0u);
}

TEST(SimulatedDisk, can_be_slow) {
  SimulatedDisk disk;
  disk.slow_syncs(std::chrono::milliseconds(20));
  const auto file = disk.open("/a", OpenMode::create).value();
  const auto start = std::chrono::steady_clock::now();
  file->sync().value();
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(20));
}

TEST(SimulatedDisk, serves_many_threads) {
  SimulatedDisk disk;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&disk, name = "/" + std::to_string(i)] {
      const auto file = disk.open(name, OpenMode::create).value();
      for (std::uint64_t j = 0; j < 200; ++j) {
        write(*file, j, "x").value();
        file->sync().value();
        disk.sync_directory("/").value();
        static_cast<void>(disk.after(PowerCut::random(j)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(disk.content("/3").size(), 200u);
}

TEST(SimulatedDisk, is_outlived_by_its_open_files) {
  auto disk = std::make_shared<SimulatedDisk>();
  const auto file = disk->open("/a", OpenMode::create).value();
  disk.reset();
  EXPECT_TRUE(write(*file, 0, "text"));
}

}  // namespace
}  // namespace varve::test
