// The ground of every crash proof: a disk that forgave too much would prove nothing.
#include "tests/support/simulated_disk.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <ranges>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "tests/support/random.hpp"

namespace varve::test {
namespace {

using engine::as_bytes;
using engine::as_text;
using engine::Bytes;
using Names = std::vector<std::string>;

Status write(File& file, std::uint64_t offset, std::string_view text) {
  const std::span<const std::byte> piece = as_bytes(text);
  return file.write_at(offset, std::span(&piece, 1));
}

Bytes bytes_of(std::string_view text) { return {as_bytes(text).begin(), as_bytes(text).end()}; }

std::string text_of(const SimulatedDisk& disk, const std::string& path) {
  return std::string(as_text(disk.content(path)));
}

std::string sectors(const std::string& letters, std::size_t size = 512) {
  std::string text;
  for (const char letter : letters) text += std::string(size, letter);
  return text;
}

class SimulatedDiskTest : public testing::Test {
 protected:
  std::unique_ptr<File> create(const std::string& path, std::string_view text = "") {
    auto file = disk_->open(path, OpenMode::create).value();
    write(*file, 0, text).value();
    return file;
  }
  /// A file that any power cut leaves as it is.
  std::unique_ptr<File> create_durable(const std::string& path, std::string_view text) {
    auto file = create(path, text);
    file->sync().value();
    disk_->sync_directory("/").value();
    return file;
  }
  std::string lost(const std::string& path) const {
    return text_of(*disk_->after(PowerCut::lose_unsynced()), path);
  }
  /// What `look` finds on each of many random images.
  template <class Look>
  auto outcomes(Look look) const {
    std::set<decltype(look(*disk_))> found;
    for (std::uint64_t i = 0; i < 400; ++i) found.insert(look(*disk_->after(PowerCut::random(i))));
    return found;
  }

  const std::shared_ptr<SimulatedDisk> disk_ = std::make_shared<SimulatedDisk>();
};

using SimulatedDiskBytes = SimulatedDiskTest;
using SimulatedDiskNames = SimulatedDiskTest;
using SimulatedDiskPower = SimulatedDiskTest;
using SimulatedDiskFaults = SimulatedDiskTest;
using SimulatedDiskSpace = SimulatedDiskTest;
using SimulatedDiskAtRest = SimulatedDiskTest;

TEST_F(SimulatedDiskBytes, are_durable_once_synced) {
  const auto file = create_durable("/a", "old");
  write(*file, 0, "new and longer").value();
  EXPECT_EQ(lost("/a"), "old");
  EXPECT_EQ(text_of(*disk_->after(PowerCut::keep_all()), "/a"), "new and longer");
  EXPECT_EQ(text_of(*disk_, "/a"), "new and longer");
  file->sync().value();
  EXPECT_EQ(lost("/a"), "new and longer");
}

TEST_F(SimulatedDiskBytes, of_one_file_are_not_synced_by_another) {
  const auto a = create_durable("/a", "old");
  const auto b = create_durable("/b", "old");
  write(*a, 0, "new").value();
  write(*b, 0, "new").value();
  b->sync().value();
  EXPECT_EQ(lost("/a"), "old");
  EXPECT_EQ(lost("/b"), "new");
}

TEST_F(SimulatedDiskBytes, are_not_synced_by_their_directory_or_by_closing) {
  const auto file = create_durable("/a", "old");
  write(*file, 0, "new").value();
  disk_->sync_directory("/").value();
  file->close().value();
  EXPECT_EQ(lost("/a"), "old");
}

TEST_F(SimulatedDiskBytes, that_were_synced_survive_every_cut) {
  create_durable("/a", sectors("abcd") + "tail");
  const auto found = outcomes([](const SimulatedDisk& disk) { return text_of(disk, "/a"); });
  EXPECT_EQ(found, std::set{sectors("abcd") + "tail"});
}

TEST_F(SimulatedDiskBytes, beside_an_unsynced_write_survive_in_other_sectors) {
  const auto file = create_durable("/a", sectors("abc"));
  write(*file, 600, "XXXX").value();
  for (const std::string& text :
       outcomes([](const SimulatedDisk& disk) { return text_of(disk, "/a"); })) {
    EXPECT_EQ(text.substr(0, 512), sectors("a"));
    EXPECT_EQ(text.substr(1024), sectors("c"));
    EXPECT_EQ(text.size(), 3 * 512u);
  }
}

TEST_F(SimulatedDiskBytes, reach_the_disk_sector_by_sector_in_any_order) {
  const auto file = create_durable("/a", sectors("abc"));
  write(*file, 0, sectors("ABC")).value();
  const auto found = outcomes([](const SimulatedDisk& disk) { return text_of(disk, "/a"); });
  for (const char* kept : {"abc", "Abc", "aBc", "abC", "ABc", "AbC", "aBC", "ABC"}) {
    EXPECT_TRUE(found.contains(sectors(kept))) << kept;
  }
}

TEST_F(SimulatedDiskBytes, may_be_torn_within_a_sector_from_either_side) {
  const auto file = create_durable("/a", sectors("a"));
  write(*file, 0, sectors("A")).value();
  bool old_first = false;
  bool new_first = false;
  for (const std::string& text :
       outcomes([](const SimulatedDisk& disk) { return text_of(disk, "/a"); })) {
    ASSERT_EQ(text.size(), 512u);
    const auto changes = std::ranges::count_if(std::views::iota(1u, 512u),
                                               [&](unsigned i) { return text[i] != text[i - 1]; });
    EXPECT_LE(changes, 1);
    old_first |= text.front() == 'a' && text.back() == 'A';
    new_first |= text.front() == 'A' && text.back() == 'a';
  }
  EXPECT_TRUE(old_first);
  EXPECT_TRUE(new_first);
}

TEST_F(SimulatedDiskBytes, may_be_stale_from_any_write_since_the_sync) {
  const auto file = create_durable("/a", sectors("a"));
  write(*file, 0, sectors("b")).value();
  write(*file, 0, sectors("c")).value();
  const auto found = outcomes([](const SimulatedDisk& disk) { return text_of(disk, "/a"); });
  for (const char* version : {"a", "b", "c"}) EXPECT_TRUE(found.contains(sectors(version)));
  file->sync().value();
  write(*file, 0, sectors("d")).value();
  const auto later = outcomes([](const SimulatedDisk& disk) { return text_of(disk, "/a"); });
  EXPECT_FALSE(later.contains(sectors("a")));
  EXPECT_FALSE(later.contains(sectors("b")));
}

TEST_F(SimulatedDiskBytes, of_a_removed_file_may_show_in_one_that_grew) {
  create_durable("/old", sectors("x"));
  disk_->remove("/old").value();
  const auto file = create_durable("/a", sectors("a"));
  write(*file, 0, sectors("Ab")).value();
  std::set<std::string> found;
  for (const std::string& text :
       outcomes([](const SimulatedDisk& disk) { return text_of(disk, "/a"); })) {
    EXPECT_EQ(text.substr(0, 512).find('x'), text.npos) << "the file has had this sector before";
    found.insert(text.substr(std::min<std::size_t>(text.size(), 512)));
  }
  EXPECT_TRUE(found.contains(sectors("x")));
}

TEST_F(SimulatedDiskBytes, come_in_sectors_of_the_given_size) {
  const auto disk = std::make_shared<SimulatedDisk>(4096);
  disk->set_content("/a", bytes_of(sectors("ab", 4096)));
  const auto file = disk->open("/a", OpenMode::read_write).value();
  write(*file, 0, "X").value();
  std::set<std::string> found;
  for (std::uint64_t i = 0; i < 50; ++i) {
    const std::string text = text_of(*disk->after(PowerCut::random(i)), "/a");
    EXPECT_EQ(text.substr(1), sectors("ab", 4096).substr(1));
    found.insert(text.substr(0, 1));
  }
  EXPECT_EQ(found, (std::set<std::string>{"a", "X"}));
}

TEST_F(SimulatedDiskBytes, may_end_at_any_size_on_the_way) {
  const auto file = create_durable("/a", "12");
  write(*file, 2, "34").value();
  write(*file, 4, sectors("xyz")).value();
  const auto found = outcomes([](const SimulatedDisk& disk) { return disk.content("/a").size(); });
  EXPECT_EQ(found, (std::set<std::size_t>{2, 4, 512, 1024, 1536, 1540}));
}

TEST_F(SimulatedDiskBytes, never_end_before_the_synced_size) {
  const auto file = create_durable("/a", "1");
  write(*file, 1, "23").value();
  file->sync().value();
  write(*file, 3, "4").value();
  const auto found = outcomes([](const SimulatedDisk& disk) { return disk.content("/a").size(); });
  EXPECT_EQ(found, (std::set<std::size_t>{3, 4}));
}

TEST_F(SimulatedDiskBytes, that_were_cut_off_may_come_back_and_the_others_stay) {
  const auto file = create_durable("/a", sectors("abc"));
  file->truncate(700).value();
  EXPECT_EQ(lost("/a"), sectors("abc"));
  const auto found = outcomes([](const SimulatedDisk& disk) { return text_of(disk, "/a"); });
  EXPECT_TRUE(found.contains(sectors("abc")));
  EXPECT_TRUE(found.contains(sectors("abc").substr(0, 700)));
  for (const std::string& text : found)
    EXPECT_EQ(text.substr(0, 700), sectors("abc").substr(0, 700));
  file->sync().value();
  EXPECT_EQ(lost("/a"), sectors("abc").substr(0, 700));
}

TEST_F(SimulatedDiskBytes, that_were_never_written_are_zeros) {
  const auto file = create_durable("/a", "");
  write(*file, 1000, "x").value();
  EXPECT_EQ(text_of(*disk_->after(PowerCut::keep_all()), "/a"), std::string(1000, '\0') + 'x');
  for (const std::string& text :
       outcomes([](const SimulatedDisk& disk) { return text_of(disk, "/a"); })) {
    EXPECT_EQ(text.substr(0, 1000), std::string(std::min<std::size_t>(text.size(), 1000), '\0'));
  }
}

TEST_F(SimulatedDiskNames, are_durable_once_their_directory_is_synced) {
  const auto file = create("/a", "text");
  file->sync().value();
  EXPECT_EQ(disk_->after(PowerCut::lose_unsynced())->names("/"), Names{});
  EXPECT_EQ(disk_->after(PowerCut::keep_all())->names("/"), Names{"a"});
  disk_->sync_directory("/").value();
  EXPECT_EQ(lost("/a"), "text");
}

TEST_F(SimulatedDiskNames, without_synced_bytes_name_an_empty_file) {
  create("/a", "text");
  disk_->sync_directory("/").value();
  EXPECT_EQ(lost("/a"), "");
}

TEST_F(SimulatedDiskNames, are_not_synced_by_another_directory) {
  disk_->create_directory("/d").value();
  disk_->sync_directory("/").value();
  create("/d/a");
  disk_->sync_directory("/").value();
  EXPECT_EQ(disk_->after(PowerCut::lose_unsynced())->names("/d"), Names{});
  disk_->sync_directory("/d").value();
  EXPECT_EQ(disk_->after(PowerCut::lose_unsynced())->names("/d"), Names{"a"});
}

TEST_F(SimulatedDiskNames, go_with_a_directory_that_was_not_synced) {
  disk_->create_directory("/d").value();
  create("/d/a")->sync().value();
  disk_->sync_directory("/d").value();
  const auto after = disk_->after(PowerCut::lose_unsynced());
  EXPECT_EQ(after->names("/"), Names{});
  EXPECT_EQ(after->exists("/d/a"), false);
  const auto found = outcomes([](const SimulatedDisk& disk) { return disk.names("/"); });
  EXPECT_EQ(found, (std::set{Names{}, Names{"d"}}));
}

TEST_F(SimulatedDiskNames, come_back_when_their_removal_was_not_synced) {
  create_durable("/a", "text");
  disk_->remove("/a").value();
  EXPECT_EQ(disk_->names("/"), Names{});
  EXPECT_EQ(lost("/a"), "text");
  EXPECT_EQ(outcomes([](const SimulatedDisk& disk) { return disk.names("/"); }),
            (std::set{Names{}, Names{"a"}}));
  disk_->sync_directory("/").value();
  EXPECT_EQ(disk_->after(PowerCut::lose_unsynced())->names("/"), Names{});
}

TEST_F(SimulatedDiskNames, are_the_old_or_the_new_one_after_a_rename_never_both_or_none) {
  create_durable("/a", "text");
  disk_->rename("/a", "/b").value();
  EXPECT_EQ(disk_->after(PowerCut::lose_unsynced())->names("/"), Names{"a"});
  EXPECT_EQ(disk_->after(PowerCut::keep_all())->names("/"), Names{"b"});
  EXPECT_EQ(outcomes([](const SimulatedDisk& disk) { return disk.names("/"); }),
            (std::set{Names{"a"}, Names{"b"}}));
  disk_->sync_directory("/").value();
  EXPECT_EQ(disk_->after(PowerCut::lose_unsynced())->names("/"), Names{"b"});
}

TEST_F(SimulatedDiskNames, of_one_file_are_never_two_however_often_it_was_renamed) {
  create_durable("/a", "text");
  disk_->rename("/a", "/b").value();
  disk_->rename("/b", "/c").value();
  EXPECT_EQ(outcomes([](const SimulatedDisk& disk) { return disk.names("/"); }),
            (std::set{Names{"a"}, Names{"b"}, Names{"c"}}));
}

TEST_F(SimulatedDiskNames, keep_what_they_named_until_a_replacement_is_synced) {
  create_durable("/CURRENT", "one");
  create("/CURRENT.new", "two")->sync().value();
  disk_->rename("/CURRENT.new", "/CURRENT").value();
  EXPECT_EQ(lost("/CURRENT"), "one");
  EXPECT_EQ(outcomes([](const SimulatedDisk& disk) { return text_of(disk, "/CURRENT"); }),
            (std::set<std::string>{"one", "two"}));
  disk_->sync_directory("/").value();
  EXPECT_EQ(lost("/CURRENT"), "two");
}

TEST_F(SimulatedDiskNames, moved_to_another_directory_are_durable_with_that_one) {
  disk_->create_directory("/q").value();
  create_durable("/a", "text");
  disk_->rename("/a", "/q/a").value();
  disk_->sync_directory("/").value();
  EXPECT_EQ(lost("/a"), "text") << "the file is never in neither directory";
  disk_->sync_directory("/q").value();
  EXPECT_EQ(lost("/q/a"), "text");
  EXPECT_EQ(disk_->after(PowerCut::lose_unsynced())->names("/"), Names{"q"});
}

TEST_F(SimulatedDiskNames, that_are_durable_elsewhere_are_not_undone_by_older_changes) {
  disk_->create_directory("/q").value();
  disk_->sync_directory("/").value();
  create("/a", "text")->sync().value();
  disk_->rename("/a", "/q/a").value();
  disk_->sync_directory("/q").value();
  const auto found = outcomes([](const SimulatedDisk& disk) { return text_of(disk, "/q/a"); });
  EXPECT_EQ(found, std::set<std::string>{"text"});
}

TEST_F(SimulatedDiskNames, are_kept_or_lost_each_for_itself) {
  for (const char* name : {"/a", "/b", "/c"}) create(name);
  EXPECT_EQ(outcomes([](const SimulatedDisk& disk) { return disk.names("/"); }).size(), 8u);
}

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

TEST_F(SimulatedDiskSpace, ends_after_as_much_of_a_write_as_fits) {
  const auto file = create("/a", "text");
  EXPECT_EQ(disk_->used(), 1024u);
  disk_->set_capacity(disk_->used() + 600);  // One sector more.
  const Status status = write(*file, 4, sectors("xyz"));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::no_space);
  EXPECT_EQ(disk_->content("/a").size(), 1024u);
  EXPECT_TRUE(write(*file, 0, sectors("zz"))) << "to write what is there takes no space";
  EXPECT_FALSE(disk_->open("/b", OpenMode::create));
  EXPECT_FALSE(disk_->create_directory("/d"));
  EXPECT_EQ(disk_->lock("/LOCK").error().code, Errc::no_space);
  EXPECT_FALSE(write(*file, 5000, "x"));
  EXPECT_EQ(disk_->content("/a").size(), 1024u);
}

TEST_F(SimulatedDiskSpace, comes_back_with_a_removal_once_nobody_has_the_file_open) {
  auto file = create("/a", sectors("abc"));
  const std::uint64_t full = disk_->used();
  disk_->set_capacity(full);
  disk_->remove("/a").value();
  EXPECT_EQ(disk_->used(), full - 512);
  file.reset();
  EXPECT_EQ(disk_->used(), 0u);
  create("/b", sectors("abc"));
  EXPECT_EQ(disk_->used(), full);
}

TEST_F(SimulatedDiskSpace, comes_back_with_a_replacement) {
  create("/a", sectors("abc"));
  create("/b", sectors("a"));
  disk_->rename("/b", "/a").value();
  EXPECT_EQ(disk_->used(), 1024u);
}

TEST_F(SimulatedDiskSpace, may_be_added) {
  const auto file = create("/a");
  disk_->set_capacity(disk_->used());
  EXPECT_FALSE(write(*file, 0, "text"));
  disk_->set_capacity(disk_->used() + 512);
  EXPECT_TRUE(write(*file, 0, "text"));
  EXPECT_FALSE(write(*file, 512, "x"));
}

TEST_F(SimulatedDiskSpace, is_as_much_after_a_power_cut) {
  const auto file = create_durable("/a", sectors("ab"));
  write(*file, 1024, "unsynced").value();
  disk_->set_capacity(disk_->used());
  EXPECT_EQ(disk_->after(PowerCut::keep_all())->used(), disk_->used());
  const auto after = disk_->after(PowerCut::lose_unsynced());
  EXPECT_EQ(after->used(), 3 * 512u);
  const auto again = after->open("/a", OpenMode::read_write).value();
  EXPECT_TRUE(write(*again, 1024, "x"));
  EXPECT_FALSE(write(*again, 1536, "x"));
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

TEST(Random, gives_the_same_numbers_for_the_same_seed) {
  Random one(5);
  Random two(5);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(one.next(), two.next());
  EXPECT_EQ(Random(5).next(), 12'415'856'028'556'828'342u) << "with every library";
}

TEST(Random, stays_within_its_bounds_and_reaches_them) {
  Random random(test_seed());
  SCOPED_TRACE(describe_seed(test_seed()));
  std::set<std::uint64_t> below;
  std::set<std::int64_t> between;
  for (int i = 0; i < 1000; ++i) {
    below.insert(random.below(7));
    between.insert(random.between(-2, 2));
  }
  EXPECT_EQ(below, (std::set<std::uint64_t>{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(between, (std::set<std::int64_t>{-2, -1, 0, 1, 2}));
}

}  // namespace
}  // namespace varve::test
