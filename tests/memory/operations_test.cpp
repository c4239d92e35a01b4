// Each operation, once for each allocation that it makes, without memory for that one, or for that
// one and all after it. Whatever the call came to, the database is as it was before it, or as it is
// after it; and it works on, and can be opened again.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "tests/memory/operations.hpp"
#include "tests/memory/sample.hpp"
#include "tests/support/engine_sizes.hpp"
#include "tests/support/failing_allocations.hpp"
#include "tests/support/sanitized.hpp"

namespace varve::test {
namespace {

using Until = FailAllocation::Until;

struct Case {
  Operation operation;
  Until until = Until::once;
  bool has_log = true;

  Durability durability() const { return has_log ? Durability::appended() : Durability::none(); }
  std::string name() const {
    return std::string(operation.name) + (until == Until::once ? "" : "_until_the_end") +
           (has_log ? "" : "_without_log");
  }
  friend std::ostream& operator<<(std::ostream& out, const Case& one) { return out << one.name(); }
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Until until : {Until::once, Until::the_end}) {
    for (const Operation& operation : writing_operations()) {
      all.push_back({operation, until, true});
      all.push_back({operation, until, false});
    }
    for (const Operation& operation : other_operations()) all.push_back({operation, until, true});
  }
  return all;
}

/// A copy of the sample, in which the operation is about to be made.
class Attempt {
 public:
  explicit Attempt(const Case& of) : case_(of), files_(sample(of.durability()).copy()) {
    engine_.emplace(
        open_engine(tiny_options(files_, read_at, of.durability()), Sizes::tiny).value());
    if (of.operation.prepare != nullptr) of.operation.prepare(*engine_);
  }

  Engine& engine() { return *engine_; }

  /// Makes the call, in which the n-th allocation fails, and says whether there were as many.
  bool run(std::uint64_t n) {
    const FailAllocation fail(n, case_.until);
    run();
    return fail.was_reached();
  }
  void run() {
    try {
      outcome_ = case_.operation.run(*engine_);
    } catch (const std::bad_alloc&) {
      outcome_ = std::unexpected(Error{make_error_code(Errc::no_memory), {}});
    }
  }
  const Result<std::string>& outcome() const { return outcome_; }

  /// Fails the test unless a process that is killed now leaves this behind.
  void expect_left(const Content& content) const {
    auto opened =
        open_engine(tiny_options(Image(*files_).copy(), read_at, case_.durability()), Sizes::tiny);
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_TRUE(opened->recovery_report().damages.empty()) << opened->recovery_report().to_string();
    EXPECT_EQ(content_of(*opened), content);
  }

  /// Fails the test where the engine does not go on as if nothing had been, or what it leaves
  /// behind is no sound database of the same content.
  void expect_goes_on_and_ends_well() {
    expect_index_agrees(*engine_);
    // Where there was no memory for the flush in the place of a sync either, writes wait for this.
    if (case_.until == Until::the_end) {
      EXPECT_TRUE(engine_->sync());
    }
    expect_goes_on(*engine_);
    const Content content = content_of(*engine_);
    const Status closed = engine_->close();
    EXPECT_TRUE(closed) << closed.error().message();
    engine_.reset();
    expect_sound(files_, content, case_.durability());
  }

 private:
  const Case& case_;
  std::shared_ptr<FileSystem> files_;
  std::optional<Engine> engine_;
  Result<std::string> outcome_;
};

/// What the operation comes to where there is memory.
struct Usual {
  explicit Usual(const Case& of) {
    Attempt attempt(of);
    before = content_of(attempt.engine());
    attempt.run();
    EXPECT_TRUE(attempt.outcome()) << attempt.outcome().error().message();
    said = attempt.outcome().value_or("");
    after = content_of(attempt.engine());
  }

  Content before;
  Content after;
  std::string said;
};

class WithoutMemory : public testing::TestWithParam<Case> {};

TEST_P(WithoutMemory, a_call_is_done_or_leaves_all_as_it_was) {
  const Case& one = GetParam();
  const Usual usual(one);
  const std::uint64_t stride = is_sanitized ? 17 : 1;
  bool is_reached = true;
  for (std::uint64_t n = 1; is_reached && !HasFailure(); n += stride) {
    SCOPED_TRACE("allocation " + std::to_string(n));
    Attempt attempt(one);
    is_reached = attempt.run(n);
    const Result<std::string>& outcome = attempt.outcome();
    const Content found = content_of(attempt.engine());
    if (outcome) {
      EXPECT_EQ(*outcome, usual.said);
      if (one.operation.is_in_parts) {
        // A part that is tried again later is no failure.
        EXPECT_EQ(found.records, usual.after.records);
      } else {
        EXPECT_EQ(found, usual.after);
      }
    } else {
      const Error& error = outcome.error();
      EXPECT_TRUE(is_reached) << error.message();
      EXPECT_TRUE(is_for_memory(error) ||
                  (one.until == Until::the_end && error.code == Errc::unknown))
          << error.message();
      if (one.operation.is_in_parts) {
        EXPECT_TRUE(holds_all_of(found, usual.before)) << found;
      } else {
        EXPECT_EQ(found, usual.before);
        if (one.has_log && error.code != Errc::unknown) attempt.expect_left(found);
      }
    }
    attempt.expect_goes_on_and_ends_well();
  }
}

INSTANTIATE_TEST_SUITE_P(Every, WithoutMemory, testing::ValuesIn(cases()),
                         [](const auto& chosen) { return chosen.param.name(); });

}  // namespace
}  // namespace varve::test
