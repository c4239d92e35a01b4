// A log of several segments, which a killed process left. It is damaged, and the power is cut at
// every call of the recovery from that, and again in the recovery after it. Damaged segments are
// kept at every moment, in the database's directory or in quarantine/, and reported for as long as
// one of them is not in quarantine/; what lies before the damage is there, and nothing beyond it.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "tests/crash/scripted_run.hpp"
#include "tests/support/random.hpp"
#include "tests/support/sanitized.hpp"

namespace varve::test {
namespace {

constexpr int flushed_batches = 3;
constexpr int logged_batches = 26;

/// A database whose log lies in several segments, all of it synced, as a killed process leaves it.
class LeftLog : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto disk = std::make_shared<SimulatedDisk>();
    Engine engine = Engine::open(options_on(disk)).value();
    for (int i = 0; i < flushed_batches; ++i) put(engine, i);
    ASSERT_TRUE(engine.flush());
    for (int i = 0; i < logged_batches; ++i) put(engine, flushed_batches + i);
    whole_ = disk->after(PowerCut::keep_all());
    for (const std::string& name : whole_->names("/db")) {
      if (name.ends_with(".wal")) segments_.push_back(name);
    }
    ASSERT_GE(segments_.size(), 4u);
  }

  Options options_on(std::shared_ptr<FileSystem> disk) const {
    return ScriptedRun(nullptr).options_on(std::move(disk));
  }

  void put(Engine& engine, int number) {
    Content content = states_.back();
    const Value value(std::string(2'000, static_cast<char>('a' + number % 26)));
    content.insert_or_assign({"k" + std::to_string(number), number}, value);
    states_.push_back(std::move(content));
    WriteBatch batch;
    batch.put("k" + std::to_string(number), number, value.view());
    const auto receipt =
        engine.write(std::move(batch), WriteOptions().durability(Durability::always()));
    ASSERT_TRUE(receipt) << receipt.error().message();
  }

  std::string path_of(std::size_t segment) const { return "/db/" + segments_[segment]; }

  std::shared_ptr<SimulatedDisk> whole_;
  std::vector<std::string> segments_;  // Ascending.
  std::vector<Content> states_{Content{}};
};

/// The parameter: whether a group that was not synced lies torn at the end, too.
class DamagedLog : public LeftLog, public ::testing::WithParamInterface<bool> {
 protected:
  /// Bytes of an unsynced group that was torn: behind the last group of the last segment.
  static void tear_tail(SimulatedDisk& disk, const std::string& path) {
    engine::Bytes bytes = disk.content(path);
    auto end = bytes.size();
    while (bytes[end - 1] == std::byte{0}) --end;
    end = (end + 7) / 8 * 8;
    ASSERT_LT(end + 100, bytes.size());
    for (std::size_t i = 0; i < 100; ++i) bytes[end + i] = std::byte{0x5A};
    disk.set_content(path, std::move(bytes));
  }

  using Files = std::map<std::string, engine::Bytes>;

  static Files quarantined(const SimulatedDisk& disk) {
    Files files;
    const auto names = disk.names("/db");
    if (std::ranges::find(names, "quarantine") == names.end()) return files;
    for (const std::string& name : disk.names("/db/quarantine")) {
      files[name] = disk.content("/db/quarantine/" + name);
    }
    return files;
  }

  /// What a recovery without a cut makes of the damage: everything else is held against it.
  void learn(const SimulatedDisk& damaged) {
    const auto disk = damaged.after(PowerCut::keep_all());
    auto engine = Engine::open(options_on(disk));
    ASSERT_TRUE(engine) << engine.error().message();
    const RecoveryReport& report = engine->recovery_report();
    ASSERT_EQ(report.damages.size(), 1u) << report.to_string();
    ASSERT_GE(report.damages[0].first_sequence, flushed_batches + 1u);
    ASSERT_EQ(report.damages[0].first_sequence, report.last_sequence + 1);
    expected_ = states_[report.last_sequence];
    expected_last_ = engine->last_sequence();
    kept_ = quarantined(*disk);
    ASSERT_FALSE(kept_.empty());
    for (const auto& [name, bytes] : kept_) EXPECT_EQ(bytes, damaged.content("/db/" + name));
  }

  /// Whether each damaged file is somewhere, and whether all are in quarantine/.
  std::tuple<bool, bool> evidence_on(const SimulatedDisk& disk) const {
    const auto names = disk.names("/db");
    const Files set_aside = quarantined(disk);
    bool all_set_aside = true;
    for (const auto& [name, bytes] : kept_) {
      const auto found = set_aside.find(name);
      if (found != set_aside.end() && found->second == bytes) continue;
      all_set_aside = false;
      const bool is_here = std::ranges::find(names, name) != names.end();
      if (!is_here || disk.content("/db/" + name) != bytes) return {false, false};
    }
    return {true, all_set_aside};
  }

  void judge(const std::shared_ptr<SimulatedDisk>& disk) const {
    const auto [is_kept, is_set_aside] = evidence_on(*disk);
    ASSERT_TRUE(is_kept) << "a damaged file is lost";
    auto engine = Engine::open(options_on(disk));
    ASSERT_TRUE(engine) << engine.error().message();
    const RecoveryReport& report = engine->recovery_report();
    EXPECT_TRUE(is_set_aside || !report.damages.empty()) << "damage kept quiet";
    EXPECT_EQ(content_of(*engine).value(), expected_);
    EXPECT_GE(engine->last_sequence(), expected_last_) << "lost sequences would be given again";
    EXPECT_TRUE(std::get<1>(evidence_on(*disk))) << "damage not set aside";
    WriteBatch batch;
    batch.put("after", 1, 1.0);
    ASSERT_TRUE(engine->write(std::move(batch), WriteOptions().durability(Durability::always())));
    engine = Engine::open(options_on(disk->after(PowerCut::lose_unsynced())));
    ASSERT_TRUE(engine) << engine.error().message();
    EXPECT_TRUE(engine->recovery_report().damages.empty()) << "damage reported twice";
    EXPECT_TRUE(engine->get("after", 1).value());
  }

  /// Cuts the power at every call of the recovery of `damaged`, and with `twice` also at every call
  /// of the recovery after that.
  void cut_everywhere(const SimulatedDisk& damaged, bool twice) {
    learn(damaged);
    if (HasFatalFailure()) return;
    const std::uint64_t seed = test_seed();
    SCOPED_TRACE(describe_seed(seed));
    for (std::uint64_t at = 1;; ++at) {
      const auto disk = damaged.after(PowerCut::keep_all());
      disk->cut_power_at(at);
      std::ignore = Engine::open(options_on(disk));
      if (!disk->power_is_off()) {
        EXPECT_GT(at, 10u);
        return;
      }
      std::vector<PowerCut> cuts = {PowerCut::lose_unsynced(), PowerCut::random(seed + at)};
      if (!twice) cuts.insert(cuts.end(), {PowerCut::keep_all(), PowerCut::random(seed - at)});
      for (const PowerCut& cut : cuts) {
        SCOPED_TRACE("cut at call " + std::to_string(at) + ": " + disk->cut_in() + ", " +
                     cut.describe());
        judge(disk->after(cut));
        if (twice) cut_again(*disk->after(cut), seed + at);
        if (HasFatalFailure()) return;
      }
    }
  }

  void cut_again(const SimulatedDisk& found, std::uint64_t seed) const {
    // A sanitizer sees every kind of call all the same.
    constexpr std::uint64_t stride = is_sanitized ? 17 : 1;
    for (std::uint64_t at = 1 + seed % stride;; at += stride) {
      const auto disk = found.after(PowerCut::keep_all());
      disk->cut_power_at(at);
      std::ignore = Engine::open(options_on(disk));
      if (!disk->power_is_off()) return;
      for (const PowerCut& cut : {PowerCut::lose_unsynced(), PowerCut::random(seed + at)}) {
        SCOPED_TRACE("then at call " + std::to_string(at) + ": " + disk->cut_in() + ", " +
                     cut.describe());
        judge(disk->after(cut));
        if (HasFatalFailure()) return;
      }
    }
  }

  std::shared_ptr<SimulatedDisk> disk_to_damage() const {
    const auto disk = whole_->after(PowerCut::keep_all());
    if (GetParam()) tear_tail(*disk, path_of(segments_.size() - 1));
    return disk;
  }

  Content expected_;
  std::uint64_t expected_last_ = 0;
  Files kept_;
};
INSTANTIATE_TEST_SUITE_P(WithATornTail, DamagedLog, ::testing::Bool());

TEST_P(DamagedLog, is_kept_and_reported_whichever_segment_has_a_damaged_group) {
  for (std::size_t segment = 0; segment < segments_.size(); ++segment) {
    SCOPED_TRACE(path_of(segment));
    const auto disk = disk_to_damage();
    disk->flip_bit(path_of(segment), 8 * 3'000);
    cut_everywhere(*disk, false);
  }
}

TEST_P(DamagedLog, is_kept_and_reported_whichever_segment_has_a_damaged_header) {
  for (std::size_t segment = 0; segment < segments_.size(); ++segment) {
    SCOPED_TRACE(path_of(segment));
    const auto disk = disk_to_damage();
    disk->flip_bit(path_of(segment), 8 * 40);
    cut_everywhere(*disk, false);
  }
}

TEST_P(DamagedLog, is_kept_and_reported_where_only_a_later_segment_tells_of_the_damage) {
  // The last group of a segment: nothing in its own segment says that it had been synced.
  const auto disk = disk_to_damage();
  engine::Bytes bytes = disk->content(path_of(1));
  auto end = bytes.size();
  while (bytes[end - 1] == std::byte{0}) --end;
  disk->flip_bit(path_of(1), 8 * (end - 100));
  cut_everywhere(*disk, false);
}

TEST_P(DamagedLog, is_kept_and_reported_when_the_recovery_of_its_recovery_is_cut_too) {
  const auto disk = disk_to_damage();
  disk->flip_bit(path_of(0), 8 * 3'000);
  cut_everywhere(*disk, true);
}

// What tables count as lost, and what the log goes on with, are two steps apart on such a disk.
TEST_P(DamagedLog, that_was_set_aside_in_part_takes_no_later_batch_with_it_on_a_full_disk) {
  const auto damaged = disk_to_damage();
  damaged->flip_bit(path_of(0), 8 * 3'000);
  for (std::uint64_t at = 1;; ++at) {
    const auto first = damaged->after(PowerCut::keep_all());
    first->cut_power_at(at);
    std::ignore = Engine::open(options_on(first));
    if (!first->power_is_off()) break;
    SCOPED_TRACE("cut at call " + std::to_string(at) + ": " + first->cut_in());
    const auto disk = first->after(PowerCut::lose_unsynced());
    disk->set_capacity(disk->used());
    auto engine = Engine::open(options_on(disk));
    disk->set_capacity(std::uint64_t{64} << 20);
    ASSERT_TRUE(engine) << engine.error().message();
    if (const auto refusal = engine->stats().last_error) {
      EXPECT_EQ(refusal->code, Errc::no_space) << refusal->message();
      EXPECT_TRUE(engine->close());
      engine = Engine::open(options_on(disk));
      ASSERT_TRUE(engine) << engine.error().message();
    }
    WriteBatch batch;
    batch.put("after", 1, 1.0);
    ASSERT_TRUE(engine->write(std::move(batch), WriteOptions().durability(Durability::always())));
    Engine again = Engine::open(options_on(disk->after(PowerCut::lose_unsynced()))).value();
    EXPECT_TRUE(again.get("after", 1).value());
    EXPECT_TRUE(again.recovery_report().damages.empty()) << again.recovery_report().to_string();
  }
}

TEST_F(LeftLog, is_given_up_without_a_trace_wherever_the_power_goes) {
  Options options = options_on(nullptr);
  options.durability = Durability::none();
  const std::uint64_t seed = test_seed();
  for (std::uint64_t at = 1;; ++at) {
    const auto disk = whole_->after(PowerCut::keep_all());
    disk->cut_power_at(at);
    options.file_system = disk;
    std::ignore = Engine::open(options);
    if (!disk->power_is_off()) break;
    for (const PowerCut& cut :
         {PowerCut::lose_unsynced(), PowerCut::keep_all(), PowerCut::random(seed + at)}) {
      SCOPED_TRACE(describe_seed(seed) + ", cut at call " + std::to_string(at) + ": " +
                   disk->cut_in() + ", " + cut.describe());
      for (const bool with_log : {true, false}) {
        options.file_system = disk->after(cut);
        auto engine = Engine::open(with_log ? options_on(options.file_system) : options);
        ASSERT_TRUE(engine) << engine.error().message();
        EXPECT_TRUE(engine->recovery_report().damages.empty())
            << engine->recovery_report().to_string();
        EXPECT_EQ(content_of(*engine).value(), states_.back());
      }
    }
  }
}

TEST_F(LeftLog, loses_the_segments_that_an_interrupted_release_left) {
  const auto left = whole_->content(path_of(0));
  const auto disk = whole_->after(PowerCut::keep_all());
  ASSERT_TRUE(Engine::open(options_on(disk)).value().flush());
  disk->set_content(path_of(0), left);
  auto engine = Engine::open(options_on(disk));
  ASSERT_TRUE(engine) << engine.error().message();
  EXPECT_EQ(engine->recovery_report().orphans_removed, 1u);
  const auto names = disk->names("/db");
  EXPECT_EQ(std::ranges::find(names, segments_[0]), names.end());
  EXPECT_EQ(content_of(*engine).value(), states_.back());
}

}  // namespace
}  // namespace varve::test
