// The power is cut at every call that changes the disk, of a run and of a recovery, and what the
// disk then holds is one of many images: all that was not synced lost, all kept, or any mixture.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <tuple>
#include <vector>

#include "engine/directory/forwarding.hpp"
#include "tests/crash/scripted_run.hpp"
#include "tests/support/random.hpp"
#include "tests/support/sanitized.hpp"
#include "varve/try.hpp"

namespace varve::test {
namespace {

std::uint64_t images_per_cut() {
  const char* text = std::getenv("VARVE_IMAGES");
  return text == nullptr ? 4 : std::strtoull(text, nullptr, 10);
}

std::vector<PowerCut> images(std::uint64_t seed) {
  std::vector<PowerCut> cuts = {PowerCut::lose_unsynced(), PowerCut::keep_all()};
  for (std::uint64_t i = 0; i < images_per_cut(); ++i) cuts.push_back(PowerCut::random(seed + i));
  return cuts;
}

/// Of the whole program, without a cut.
std::uint64_t changes_of_a_run(Sizes sizes, bool is_short, std::size_t sector) {
  const auto disk = std::make_shared<SimulatedDisk>(sector);
  ScriptedRun whole(disk, sizes, is_short);
  EXPECT_TRUE(whole.run());
  const std::uint64_t changes = disk->changes();
  EXPECT_EQ(whole.judge(disk), std::nullopt);
  return changes;
}

class PowerCutAt : public ::testing::TestWithParam<std::tuple<std::size_t, Sizes>> {};
INSTANTIATE_TEST_SUITE_P(SectorsOf, PowerCutAt,
                         ::testing::Combine(::testing::Values(512, 4096),
                                            ::testing::Values(Sizes::shipped, Sizes::tiny)),
                         [](const auto& each) {
                           return std::to_string(std::get<std::size_t>(each.param)) + "_" +
                                  name_of(std::get<Sizes>(each.param));
                         });

TEST_P(PowerCutAt, any_call_of_a_run_loses_nothing_durable_and_leaves_no_batch_in_part) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE(describe_seed(seed));
  const auto [sector, sizes] = GetParam();
  const std::uint64_t changes = changes_of_a_run(sizes, false, sector);
  ASSERT_GT(changes, 50u);
  for (std::uint64_t at = 1; at <= changes; ++at) {
    const auto disk = std::make_shared<SimulatedDisk>(sector);
    disk->cut_power_at(at);
    ScriptedRun run(disk, sizes);
    run.run();
    ASSERT_TRUE(disk->power_is_off()) << "call " << at;
    for (const PowerCut& cut : images(seed + at * 1'000)) {
      EXPECT_EQ(run.judge(disk->after(cut)), std::nullopt)
          << "cut at call " << at << ": " << disk->cut_in() << ", " << cut.describe();
    }
  }
}

TEST(PowerCutTwice, any_call_of_a_recovery_loses_nothing_durable_either) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE(describe_seed(seed));
  const std::uint64_t changes = changes_of_a_run(Sizes::shipped, true, 512);
  for (std::uint64_t at = 1; at <= changes; ++at) {
    const auto disk = std::make_shared<SimulatedDisk>();
    disk->cut_power_at(at);
    ScriptedRun run(disk, Sizes::shipped, true);
    run.run();
    ASSERT_TRUE(disk->power_is_off());
    for (const PowerCut& first : {PowerCut::lose_unsynced(), PowerCut::random(seed + at)}) {
      const auto found = disk->after(first);
      ASSERT_EQ(run.judge(found), std::nullopt);
      const std::uint64_t recovery = found->changes();
      // A sanitizer sees every kind of call all the same.
      constexpr std::uint64_t stride = is_sanitized ? 17 : 1;
      for (std::uint64_t again = 1 + at % stride; again <= recovery; again += stride) {
        const auto second = disk->after(first);
        second->cut_power_at(again);
        std::ignore = Engine::open(run.options_on(second));
        for (const PowerCut& cut :
             {PowerCut::lose_unsynced(), PowerCut::keep_all(), PowerCut::random(seed + again)}) {
          EXPECT_EQ(run.judge(second->after(cut)), std::nullopt)
              << "cut at call " << at << " (" << disk->cut_in() << ", " << first.describe()
              << "), and of the recovery at " << again << " (" << second->cut_in() << ", "
              << cut.describe() << ")";
        }
      }
    }
  }
}

/// What a process leaves that was killed between the write of an edit and its sync: the edit, which
/// lets a segment of the log go, can be read, and is not durable.
void leave_an_unsynced_edit(const std::shared_ptr<SimulatedDisk>& disk, const Options& options) {
  Engine engine = Engine::open(options).value();
  for (int i = 0; i < 3; ++i) {
    WriteBatch batch;
    batch.put("k", i, i);
    ASSERT_TRUE(engine.write(std::move(batch), WriteOptions().durability(Durability::always())));
  }
  disk->fail({.call = Call::sync, .lasting = true, .suffix = ".manifest"});
  disk->fail({.call = Call::create, .lasting = true, .suffix = ".manifest"});
  ASSERT_FALSE(engine.flush());
  std::ignore = engine.close();
  disk->clear_faults();
}

TEST(PowerCutAfterKill, loses_nothing_that_an_edit_which_was_read_but_not_durable_let_go) {
  bool is_cut = true;
  for (std::uint64_t at = 1; is_cut; ++at) {
    const auto disk = std::make_shared<SimulatedDisk>();
    const Options options = ScriptedRun(disk).options_on(disk);
    ASSERT_NO_FATAL_FAILURE(leave_an_unsynced_edit(disk, options));
    disk->cut_power_at(at);
    std::ignore = Engine::open(options);
    is_cut = disk->power_is_off();
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      const auto after = disk->after(PowerCut::random(seed));
      auto engine = Engine::open(ScriptedRun(after).options_on(after));
      ASSERT_TRUE(engine) << "cut at call " << at << ": " << disk->cut_in() << ", seed " << seed
                          << ": " << engine.error().message();
      EXPECT_EQ(content_of(*engine).value().size(), 3u) << "cut at call " << at;
    }
  }
}

using Suffixes = std::vector<std::string>;

/// A file whose syncs do nothing.
class Unsynced final : public engine::ForwardingFile {
 public:
  using ForwardingFile::ForwardingFile;
  Status sync() override { return {}; }
};

/// A directory whose syncs of files with these suffixes do nothing; with an empty one its own
/// neither.
class ForgetfulDirectory final : public engine::ForwardingDirectory {
 public:
  ForgetfulDirectory(std::shared_ptr<Directory> directory, Suffixes suffixes)
      : ForwardingDirectory(std::move(directory)), suffixes_(std::move(suffixes)) {}

  Result<std::unique_ptr<File>> open(const std::string& name, OpenMode mode,
                                     WriteCause cause) override {
    auto opened = ForwardingDirectory::open(name, mode, cause);
    const bool is_one = std::ranges::any_of(
        suffixes_, [&](const std::string& suffix) { return name.ends_with(suffix); });
    if (!opened || !is_one) return opened;
    return std::make_unique<Unsynced>(std::move(*opened));
  }
  Status sync() override {
    return suffixes_.front().empty() ? Status() : ForwardingDirectory::sync();
  }
  Result<std::shared_ptr<Directory>> open_directory(const std::string& name) override {
    VARVE_TRY(auto opened, ForwardingDirectory::open_directory(name));
    return std::make_shared<ForgetfulDirectory>(std::move(opened), suffixes_);
  }

 private:
  Suffixes suffixes_;
};

/// A disk of such directories: what a lost fsync in the engine would be.
class ForgetfulDisk final : public FileSystem {
 public:
  ForgetfulDisk(std::shared_ptr<SimulatedDisk> disk, Suffixes suffixes)
      : disk_(std::move(disk)), suffixes_(std::move(suffixes)) {}

  Result<std::shared_ptr<Directory>> open_directory(const std::filesystem::path& path) override {
    VARVE_TRY(auto opened, disk_->open_directory(path));
    return std::make_shared<ForgetfulDirectory>(std::move(opened), suffixes_);
  }

 private:
  std::shared_ptr<SimulatedDisk> disk_;
  Suffixes suffixes_;
};

/// Whether the sweep would notice.
bool is_noticed(const Suffixes& suffixes) {
  const auto whole = std::make_shared<SimulatedDisk>();
  ScriptedRun(std::make_shared<ForgetfulDisk>(whole, suffixes)).run();
  const std::uint64_t changes = whole->changes();
  for (std::uint64_t at = 1; at <= changes; ++at) {
    const auto disk = std::make_shared<SimulatedDisk>();
    disk->cut_power_at(at);
    ScriptedRun run(std::make_shared<ForgetfulDisk>(disk, suffixes));
    run.run();
    if (run.judge(disk->after(PowerCut::lose_unsynced()))) return true;
  }
  return false;
}

TEST(PowerCutSuite, notices_a_sync_that_is_left_out) {
  EXPECT_TRUE(is_noticed({".spare"})) << "a segment's own sync";
  EXPECT_TRUE(is_noticed({".table"}));
  EXPECT_TRUE(is_noticed({".manifest", ".copy"}));
  EXPECT_TRUE(is_noticed({""})) << "no sync at all";
}

}  // namespace
}  // namespace varve::test
