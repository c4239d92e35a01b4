// How the simulated disk runs full.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "tests/engine/io/simulated_disk_fixture.hpp"

namespace varve::test {
namespace {

using SimulatedDiskSpace = SimulatedDiskTest;

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

TEST_F(SimulatedDiskSpace, is_taken_by_a_name_of_a_hard_link_but_not_by_its_bytes_again) {
  create("/a", sectors("abc"));
  const std::uint64_t before = disk_->used();
  disk_->link("/a", "/b").value();
  EXPECT_EQ(disk_->used(), before + 512);
  disk_->remove("/a").value();
  EXPECT_EQ(disk_->used(), before);
  disk_->set_capacity(disk_->used());
  EXPECT_EQ(disk_->link("/b", "/c").error().code, Errc::no_space);
}

TEST_F(SimulatedDiskSpace, that_is_left_can_be_asked_for) {
  const auto root = disk_->open_directory("/").value();
  EXPECT_EQ(root->free_bytes(), ~std::uint64_t{0});
  disk_->set_capacity(disk_->used() + 4096);
  EXPECT_EQ(root->free_bytes(), 4096u);
  create("/a", "text");
  EXPECT_EQ(root->free_bytes(), 3072u);
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

}  // namespace
}  // namespace varve::test
