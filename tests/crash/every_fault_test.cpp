// Each call of the file system fails, once or for good, with each errno that a worn disk, a full
// one, a quota, or a process without descriptors gives, while a program runs that opens its
// database twice. Nothing acknowledged is lost without a word, no error is taken for another, and
// once the disk is well the program goes on where it is.

#include <gtest/gtest.h>

#include <cerrno>
#include <optional>
#include <string>
#include <tuple>

#include "tests/crash/scripted_run.hpp"
#include "tests/support/random.hpp"
#include "tests/support/sanitized.hpp"

namespace varve::test {
namespace {

constexpr Call calls[] = {
    Call::open,          Call::open_directory, Call::read,       Call::size,
    Call::exists,        Call::list,           Call::free_bytes, Call::lock,
    Call::create,        Call::write,          Call::truncate,   Call::sync,
    Call::remove,        Call::rename,         Call::link,       Call::create_directory,
    Call::sync_directory};
static_assert(std::size(calls) == call_count);

/// Of the calls of a kind, one of so many fails in a run; seeds that follow each other take them
/// all.
constexpr std::uint64_t stride = is_sanitized ? 29 : 3;

struct Told {
  Content acknowledged;
  Content durable;
  bool damage = false;
  std::optional<Error> not_opened;
  bool was_made = false;  // There was a database before the opening that failed.
};

class Program {
 public:
  Program(std::shared_ptr<SimulatedDisk> disk, Sizes sizes)
      : disk_(std::move(disk)), sizes_(sizes) {}

  void run() {
    if (!open()) return;
    write(0, 6);
    std::ignore = engine_->flush();
    write(6, 9);
    std::ignore = engine_->flush();
    std::ignore = engine_->compact();
    write(9, 12);
    std::ignore = content_of(*engine_);
    std::ignore = engine_->close();
    engine_.reset();
    if (!open()) return;
    write(12, 18);
    std::ignore = engine_->collect_garbage();
    std::ignore = engine_->sync();
  }

  /// Once the disk is well: what was tried goes on, and a write becomes durable.
  void go_on() {
    if (!engine_) return;
    clock_->advance(std::chrono::minutes(5));
    for (int i = 0; i < 100; ++i) {
      const auto stepped = engine_->step();
      ASSERT_TRUE(stepped) << stepped.error().message();
      if (!*stepped) break;
    }
    const std::size_t before = told_.durable.size();
    write(18, 20);
    EXPECT_GT(told_.durable.size(), before) << "it takes no durable writes any more";
    const Status flushed = engine_->flush();
    EXPECT_TRUE(flushed) << flushed.error().message();
  }

  void drop() { engine_.reset(); }
  const Told& told() const { return told_; }

  Result<Engine> open_on(std::shared_ptr<FileSystem> disk) const {
    Options options = ScriptedRun(nullptr).options_on(std::move(disk));
    options.clock = clock_;
    return open_engine(options, sizes_);
  }

 private:
  bool open() {
    auto opened = open_on(disk_);
    if (!opened) {
      told_.not_opened = opened.error();
      return false;
    }
    told_.was_made = true;
    engine_.emplace(*std::move(opened));
    if (!engine_->recovery_report().damages.empty()) told_.damage = true;
    return true;
  }

  void write(int from, int to) {
    for (int i = from; i < to; ++i) {
      const std::string key = "k" + std::to_string(i);
      WriteBatch batch;
      batch.put(key, i, i);
      const auto receipt = engine_->write(
          std::move(batch),
          WriteOptions().durability(i % 3 == 0 ? Durability::always() : Durability::appended()));
      if (!receipt) continue;
      told_.acknowledged.insert_or_assign({key, i}, Value(i));
      if (receipt->reached == Reached::durable) told_.durable.insert_or_assign({key, i}, Value(i));
    }
  }

  std::shared_ptr<SimulatedDisk> disk_;
  Sizes sizes_;
  std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>();
  std::optional<Engine> engine_;
  Told told_;
};

bool is_no_space(int error_number) { return error_number == ENOSPC || error_number == EDQUOT; }

class EveryFault : public testing::TestWithParam<std::tuple<int, bool>> {
 protected:
  static void expect_found(const Program& program, const std::shared_ptr<SimulatedDisk>& disk,
                           const Content& content) {
    auto engine = program.open_on(disk);
    ASSERT_TRUE(engine) << engine.error().message();
    const bool was_named = program.told().damage;
    EXPECT_TRUE(was_named || engine->recovery_report().damages.empty())
        << engine->recovery_report().to_string();
    const auto found = content_of(*engine);
    ASSERT_TRUE(found) << found.error().message();
    for (const auto& [record, value] : content) {
      const auto at = found->find(record);
      if (at == found->end()) {
        EXPECT_TRUE(was_named) << record.first << " is lost";
      } else {
        EXPECT_EQ(at->second, value);
      }
    }
  }

  /// False where there were fewer of these calls.
  static bool run_with(const Fault& fault, Sizes sizes) {
    const auto disk = std::make_shared<SimulatedDisk>();
    disk->fail(fault);
    Program program(disk, sizes);
    program.run();
    const bool was_reached = disk->failures() != 0;
    disk->clear_faults();
    const Told& told = program.told();
    if (told.damage) {
      // Only what a device cannot read for good is damage.
      EXPECT_TRUE(fault.error_number == EIO && fault.lasting);
    }
    if (told.not_opened) {
      EXPECT_EQ(told.not_opened->code == Errc::no_space, is_no_space(fault.error_number))
          << told.not_opened->message();
      EXPECT_FALSE(told.not_opened->where.empty());
      // Opening needs no room: bytes that a file has can be written anew.
      EXPECT_FALSE(told.was_made && fault.call == Call::create && is_no_space(fault.error_number));
    }
    program.go_on();
    expect_found(program, disk->after(PowerCut::lose_unsynced()), told.durable);
    expect_found(program, disk->after(PowerCut::random(test_seed() + fault.at)), told.durable);
    program.drop();
    expect_found(program, disk, told.acknowledged);
    return was_reached;
  }
};
INSTANTIATE_TEST_SUITE_P(ErrnoAndLasting, EveryFault,
                         testing::Combine(testing::Values(EIO, ENOSPC, EDQUOT, EMFILE),
                                          testing::Bool()));

TEST_P(EveryFault, loses_nothing_acknowledged_without_a_word_and_ends_nothing) {
  const auto [error_number, lasting] = GetParam();
  for (const Call call : calls) {
    for (std::uint64_t at = 1 + test_seed() % stride;; at += stride) {
      SCOPED_TRACE("call " + std::to_string(static_cast<int>(call)) + " number " +
                   std::to_string(at));
      const Sizes sizes = at % 2 == 0 ? Sizes::shipped : Sizes::tiny;
      if (!run_with({.call = call, .at = at, .lasting = lasting, .error_number = error_number},
                    sizes)) {
        break;
      }
      if (HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace varve::test
