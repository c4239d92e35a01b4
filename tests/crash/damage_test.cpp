// Files of a closed database are damaged at rest: any bit, any length. It answers rightly, or says
// corruption, or reports what was cut; it never crashes, and never deletes what is damaged.

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/crash/scripted_run.hpp"
#include "tests/support/random.hpp"

namespace varve::test {
namespace {

class Damage : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(run_.run());
    // Something of everything: tables, and records that only the WAL has.
    Engine engine = Engine::open(run_.options_on(disk_)).value();
    WriteBatch batch;
    for (int i = 0; i < 20; ++i) batch.put("last", i, i);
    ASSERT_TRUE(engine.write(std::move(batch), WriteOptions().durability(Durability::always())));
    whole_ = content_of(engine).value();
    ASSERT_TRUE(engine.close());
  }

  /// What is there may be old where the report says that something was lost, and is never wrong.
  void check(const std::shared_ptr<SimulatedDisk>& disk, const std::string& file) {
    const engine::Bytes damaged = disk->content("/db/" + file);
    auto engine = Engine::open(run_.options_on(disk));
    if (!engine) {
      EXPECT_TRUE(engine.error().code == Errc::corruption ||
                  engine.error().code == Errc::unsupported_format ||
                  engine.error().code == Errc::invalid_argument)
          << engine.error().message();
      EXPECT_NE(engine.error().where.find(file.substr(0, file.find('.'))), std::string::npos)
          << "names the file: " << engine.error().message();
      EXPECT_EQ(disk->content("/db/" + file), damaged) << "a failed opening changes nothing";
      return;
    }
    const auto content = content_of(*engine);
    if (!content) {
      EXPECT_EQ(content.error().code, Errc::corruption) << content.error().message();
      return;
    }
    const RecoveryReport& report = engine->recovery_report();
    if (report.cut || !report.damages.empty()) {
      const bool known = std::ranges::find(run_.states(), *content) != run_.states().end();
      EXPECT_TRUE(known || *content == whole_) << report.to_string();
    } else {
      EXPECT_EQ(*content, whole_);
      check_one_by_one(*engine);
    }
  }

  /// Through the filter and the index too, which a query of everything passes over.
  void check_one_by_one(Engine& engine) const {
    for (const auto& [record, value] : whole_) {
      const auto& [key, ts] = record;
      const auto found = engine.get(key, ts);
      if (found) {
        EXPECT_TRUE(*found && (*found)->value() == value) << key << " at " << ts;
      } else {
        EXPECT_EQ(found.error().code, Errc::corruption) << found.error().message();
      }
    }
  }

  std::shared_ptr<SimulatedDisk> copy() const { return disk_->after(PowerCut::keep_all()); }
  std::vector<std::string> files() const {
    std::vector<std::string> files;
    for (const std::string& name : disk_->names("/db")) {
      if (name != "LOCK" && name != "quarantine") files.push_back(name);
    }
    return files;
  }

  std::shared_ptr<SimulatedDisk> disk_ = std::make_shared<SimulatedDisk>();
  ScriptedRun run_{disk_};
  Content whole_;
};

TEST_F(Damage, one_flipped_bit_of_any_file_is_noticed_or_changes_nothing) {
  const std::uint64_t seed = test_seed();
  Random random(seed);
  for (const std::string& file : files()) {
    const std::uint64_t bits = 8 * disk_->content("/db/" + file).size();
    const std::uint64_t samples = std::min<std::uint64_t>(bits, 250);
    for (std::uint64_t i = 0; i < samples; ++i) {
      // The first bytes of a segment are the ones that are used.
      const std::uint64_t reach = i % 2 == 0 ? std::min<std::uint64_t>(bits, 16'384) : bits;
      const std::uint64_t bit = random.below(reach);
      SCOPED_TRACE(describe_seed(seed) + ", " + file + " bit " + std::to_string(bit));
      const auto disk = copy();
      disk->flip_bit("/db/" + file, bit);
      check(disk, file);
    }
  }
}

TEST_F(Damage, any_length_of_any_file_is_noticed_or_changes_nothing) {
  const std::uint64_t seed = test_seed();
  Random random(seed);
  for (const std::string& file : files()) {
    const std::uint64_t size = disk_->content("/db/" + file).size();
    for (int i = 0; i < 60; ++i) {
      const std::uint64_t length = i == 0   ? 0
                                   : i == 1 ? size - 1
                                   : i == 2 ? size + 1
                                   : i == 3 ? size + 5'000
                                            : random.below(size);
      SCOPED_TRACE(describe_seed(seed) + ", " + file + " at " + std::to_string(length) + " of " +
                   std::to_string(size) + " bytes");
      const auto disk = copy();
      disk->resize("/db/" + file, length);
      check(disk, file);
    }
  }
}

TEST_F(Damage, without_its_manifest_it_does_not_open_says_so_and_changes_nothing) {
  const auto disk = copy();
  for (const std::string& name : files()) {
    if (!name.ends_with(".manifest") && (!name.ends_with(".copy") || name == "VARVE.copy"))
      continue;
    ASSERT_TRUE(disk->remove("/db/" + name));
  }
  const auto before = disk->names("/db");
  const auto engine = Engine::open(run_.options_on(disk));
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, Errc::corruption);
  EXPECT_TRUE(engine.error().where.starts_with("/db: the manifest is gone"))
      << engine.error().message();
  EXPECT_EQ(disk->names("/db"), before);
}

}  // namespace
}  // namespace varve::test
