// The identity and the manifest are two files each. Whatever happens to one of them, the database
// opens with all its records, and both are whole afterwards.

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/crash/scripted_run.hpp"
#include "tests/support/database.hpp"
#include "tests/support/sanitized.hpp"

namespace varve::test {
namespace {

/// A small database: one table, and records that only the WAL has.
class KeptTwice : public ::testing::Test {
 protected:
  void SetUp() override {
    Engine engine = Engine::open(options_on(disk_)).value();
    WriteBatch flushed;
    flushed.put("a", 1, 1);
    flushed.put("b", 2, 2);
    ASSERT_TRUE(engine.write(std::move(flushed)));
    ASSERT_TRUE(engine.flush());
    WriteBatch logged;
    logged.put("c", 3, 3);
    ASSERT_TRUE(engine.write(std::move(logged)));
    whole_ = content_of(engine).value();
    ASSERT_TRUE(engine.close());
    for (const std::string& name : disk_->names("/db")) {
      if (name.starts_with("VARVE") || name.ends_with(".manifest") || name.ends_with(".copy")) {
        files_.push_back(name);
      }
    }
    ASSERT_EQ(files_.size(), 4u);
  }

  Options options_on(const std::shared_ptr<SimulatedDisk>& disk) {
    Options options = small_options();
    options.dir = "/db";
    options.file_system = disk;
    options.clock = clock_;
    options.threadless = true;
    options.log = [this](LogLevel level, std::string_view message) {
      if (level != LogLevel::info) logged_.emplace_back(message);
    };
    return options;
  }

  std::shared_ptr<SimulatedDisk> copy() const { return disk_->after(PowerCut::keep_all()); }

  /// Up to the zeros that are written ahead.
  std::uint64_t used_bytes(const std::string& file) const {
    const engine::Bytes bytes = disk_->content("/db/" + file);
    const auto zero = [](std::byte byte) { return byte == std::byte{0}; };
    const auto end = std::find_if_not(bytes.rbegin(), bytes.rend(), zero).base();
    return static_cast<std::uint64_t>(end - bytes.begin());
  }

  /// `said`: the warning names the file.
  void expect_all(const std::shared_ptr<SimulatedDisk>& disk, const std::string& file, bool said) {
    logged_.clear();
    {
      auto engine = Engine::open(options_on(disk));
      ASSERT_TRUE(engine) << engine.error().message();
      const auto content = content_of(*engine);
      ASSERT_TRUE(content) << content.error().message();
      ASSERT_EQ(*content, whole_);
      ASSERT_TRUE(engine->recovery_report().damages.empty());
    }
    const bool is_named = std::ranges::any_of(logged_, [&](const std::string& message) {
      return message.starts_with(file + " @ ") || message.starts_with(file + ": ");
    });
    ASSERT_EQ(is_named, said) << (logged_.empty() ? "nothing logged" : logged_.front());
    logged_.clear();
    disk->clear_faults();
    ASSERT_TRUE(Engine::open(options_on(disk)));
    ASSERT_TRUE(logged_.empty()) << "healed: " << logged_.front();
    ASSERT_EQ(disk->content("/db/VARVE"), disk->content("/db/VARVE.copy"));
  }

  std::shared_ptr<SimulatedDisk> disk_ = std::make_shared<SimulatedDisk>();
  std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>();
  std::vector<std::string> files_;
  std::vector<std::string> logged_;
  Content whole_;
};

TEST_F(KeptTwice, with_any_bit_of_a_file_flipped_opens_with_all_its_records) {
  constexpr std::uint64_t stride = is_sanitized ? 7 : 1;
  for (const std::string& file : files_) {
    for (std::uint64_t bit = 0; bit < used_bytes(file) * 8; bit += stride) {
      SCOPED_TRACE(file + " bit " + std::to_string(bit));
      const auto disk = copy();
      disk->flip_bit("/db/" + file, bit);
      ASSERT_NO_FATAL_FAILURE(expect_all(disk, file, true));
    }
  }
}

TEST_F(KeptTwice, with_any_sector_or_page_of_a_file_zeroed_opens_with_all_its_records) {
  for (const std::string& file : files_) {
    const engine::Bytes bytes = disk_->content("/db/" + file);
    for (const std::size_t part : {512u, 4096u}) {
      for (std::size_t first = 0; first < bytes.size(); first += part) {
        SCOPED_TRACE(file + ", " + std::to_string(part) + " bytes at " + std::to_string(first));
        engine::Bytes zeroed = bytes;
        std::fill_n(zeroed.begin() + static_cast<std::ptrdiff_t>(first),
                    std::min(part, bytes.size() - first), std::byte{0});
        const auto disk = copy();
        disk->set_content("/db/" + file, zeroed);
        ASSERT_NO_FATAL_FAILURE(expect_all(disk, file, first < used_bytes(file)));
      }
    }
  }
}

TEST_F(KeptTwice, with_a_file_cut_off_at_any_length_opens_with_all_its_records) {
  for (const std::string& file : files_) {
    for (std::uint64_t size = 0; size < used_bytes(file); ++size) {
      SCOPED_TRACE(file + " at " + std::to_string(size));
      const auto disk = copy();
      disk->resize("/db/" + file, size);
      ASSERT_NO_FATAL_FAILURE(expect_all(disk, file, true));
    }
  }
}

TEST_F(KeptTwice, without_one_of_its_files_opens_with_all_its_records) {
  for (const std::string& file : files_) {
    SCOPED_TRACE(file);
    const auto disk = copy();
    ASSERT_TRUE(disk->remove("/db/" + file));
    ASSERT_NO_FATAL_FAILURE(expect_all(disk, file, true));
  }
}

TEST_F(KeptTwice, with_a_file_that_cannot_be_read_opens_with_all_its_records) {
  for (const std::string& file : files_) {
    for (const Call call : {Call::open, Call::size, Call::read}) {
      SCOPED_TRACE(file + ", call " + std::to_string(static_cast<int>(call)));
      const auto disk = copy();
      disk->fail({.call = call, .lasting = true, .suffix = "/db/" + file});
      logged_.clear();
      auto engine = Engine::open(options_on(disk));
      ASSERT_TRUE(engine) << engine.error().message();
      EXPECT_EQ(content_of(*engine).value(), whole_);
      ASSERT_EQ(logged_.size(), 1u);
      EXPECT_NE(logged_[0].find(file), std::string::npos) << logged_[0];
    }
  }
}

TEST_F(KeptTwice, with_a_file_that_another_program_wrote_opens_with_all_its_records) {
  const engine::ByteSpan text =
      engine::as_bytes("a file of another program, which has a name of ours");
  for (const std::string& file : files_) {
    SCOPED_TRACE(file);
    const auto disk = copy();
    disk->set_content("/db/" + file, engine::Bytes(text.begin(), text.end()));
    logged_.clear();
    auto engine = Engine::open(options_on(disk));
    ASSERT_TRUE(engine) << engine.error().message();
    EXPECT_EQ(content_of(*engine).value(), whole_);
    ASSERT_FALSE(logged_.empty());
    EXPECT_NE(logged_[0].find(file), std::string::npos) << logged_[0];
  }
}

// Two files of one directory that were copied from two databases, or one of them from an old
// backup.
TEST_F(KeptTwice, with_the_identity_of_another_database_beside_its_own_does_not_open) {
  const auto other = std::make_shared<SimulatedDisk>();
  ASSERT_TRUE(Engine::open(options_on(other)));
  for (const char* file : {"/db/VARVE", "/db/VARVE.copy"}) {
    const auto disk = copy();
    disk->set_content(file, other->content(file));
    const auto engine = Engine::open(options_on(disk));
    ASSERT_FALSE(engine);
    EXPECT_EQ(engine.error().code, Errc::corruption);
    EXPECT_NE(engine.error().where.find("remove the one that does not belong here"),
              std::string::npos);
    EXPECT_EQ(disk->content(file), other->content(file));
  }
}

}  // namespace
}  // namespace varve::test
