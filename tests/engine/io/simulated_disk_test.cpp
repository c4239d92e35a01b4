// The ground of every crash proof: a disk that forgave too much would prove nothing.
// Here: what of it survives a power cut.
#include <gtest/gtest.h>

#include <algorithm>
#include <ranges>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/engine/io/simulated_disk_fixture.hpp"

namespace varve::test {
namespace {

using Names = std::vector<std::string>;
using SimulatedDiskBytes = SimulatedDiskTest;
using SimulatedDiskNames = SimulatedDiskTest;

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

TEST_F(SimulatedDiskNames, of_a_hard_link_are_durable_each_with_its_directory) {
  disk_->create_directory("/q").value();
  create_durable("/a", "text");
  disk_->link("/a", "/q/b").value();
  EXPECT_EQ(disk_->after(PowerCut::lose_unsynced())->names("/q"), Names{});
  EXPECT_EQ(outcomes([](const SimulatedDisk& disk) { return disk.names("/q"); }),
            (std::set{Names{}, Names{"b"}}));
  disk_->sync_directory("/q").value();
  EXPECT_EQ(lost("/q/b"), "text");
  EXPECT_EQ(lost("/a"), "text") << "the first name stays";
  disk_->remove("/a").value();
  EXPECT_EQ(lost("/a"), "text");
  disk_->sync_directory("/").value();
  EXPECT_EQ(disk_->after(PowerCut::lose_unsynced())->names("/"), Names{"q"});
  EXPECT_EQ(lost("/q/b"), "text");
}

TEST_F(SimulatedDiskNames, of_a_hard_link_are_renamed_each_for_itself) {
  create_durable("/a", "text");
  disk_->link("/a", "/b").value();
  disk_->sync_directory("/").value();
  disk_->rename("/b", "/c").value();
  EXPECT_EQ(outcomes([](const SimulatedDisk& disk) { return disk.names("/"); }),
            (std::set{Names{"a", "b"}, Names{"a", "c"}}));
}

TEST_F(SimulatedDiskNames, of_a_hard_link_are_of_one_file_after_a_power_cut_too) {
  create_durable("/a", "text");
  disk_->link("/a", "/b").value();
  const auto after = disk_->after(PowerCut::keep_all());
  EXPECT_EQ(after->used(), disk_->used());
  const auto file = after->open("/a", OpenMode::read_write).value();
  EXPECT_EQ(file->links(), 2u);
  write(*file, 0, "T").value();
  EXPECT_EQ(text_of(*after, "/b"), "Text");
}

TEST_F(SimulatedDiskNames, are_kept_or_lost_each_for_itself) {
  for (const char* name : {"/a", "/b", "/c"}) create(name);
  EXPECT_EQ(outcomes([](const SimulatedDisk& disk) { return disk.names("/"); }).size(), 8u);
}

}  // namespace
}  // namespace varve::test
