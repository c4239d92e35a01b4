// Opening and closing, once for each allocation that they make, without memory for that one, or for
// that one and all after it.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "tests/memory/sample.hpp"
#include "tests/support/engine_sizes.hpp"
#include "tests/support/failing_allocations.hpp"
#include "tests/support/sanitized.hpp"

namespace varve::test {
namespace {

using Until = FailAllocation::Until;

constexpr std::uint64_t stride = is_sanitized ? 17 : 1;

Content content_in(const std::shared_ptr<FileSystem>& files) {
  Engine engine = open_engine(tiny_options(files), Sizes::tiny).value();
  Content content = content_of(engine);
  EXPECT_TRUE(engine.close());
  return content;
}

class OpeningWithoutMemory : public testing::TestWithParam<Until> {
 protected:
  /// Opens the files, where the n-th allocation fails, and says whether there were as many.
  bool open(const std::shared_ptr<FileSystem>& files, std::uint64_t n,
            Mode mode = Mode::read_write) {
    engine_.reset();
    is_refused_for_memory_ = false;
    Options options = tiny_options(files);
    options.mode = mode;
    const FailAllocation fail(n, GetParam());
    try {
      auto opened = open_engine(options, Sizes::tiny);
      if (opened) {
        engine_.emplace(*std::move(opened));
      } else {
        is_refused_for_memory_ = is_for_memory(opened.error());
      }
    } catch (const std::bad_alloc&) {
      is_refused_for_memory_ = true;
    }
    return fail.was_reached();
  }

  /// For each allocation: the opening is refused or done, and the next finds what there was.
  void try_each(const Image& image, Mode mode = Mode::read_write) {
    const Content content = content_in(image.copy());
    bool is_reached = true;
    for (std::uint64_t n = 1; is_reached && !HasFailure(); n += stride) {
      SCOPED_TRACE("allocation " + std::to_string(n));
      const std::shared_ptr<FileSystem> files = image.copy();
      is_reached = open(files, n, mode);
      if (engine_) {
        EXPECT_EQ(content_of(*engine_), content);
        if (mode == Mode::read_write) expect_goes_on(*engine_);
        const Content found = content_of(*engine_);
        EXPECT_TRUE(engine_->close());
        expect_sound(files, found);
      } else {
        EXPECT_TRUE(is_refused_for_memory_ && is_reached);
        expect_sound(files, content);
      }
    }
  }

  std::optional<Engine> engine_;
  bool is_refused_for_memory_ = false;
};

TEST_P(OpeningWithoutMemory, of_a_database_loses_nothing_of_it) { try_each(sample()); }

TEST_P(OpeningWithoutMemory, of_no_database_leaves_none_or_an_empty_one) { try_each(Image()); }

TEST_P(OpeningWithoutMemory, to_read_changes_nothing) { try_each(sample(), Mode::read_only); }

INSTANTIATE_TEST_SUITE_P(Every, OpeningWithoutMemory, testing::Values(Until::once, Until::the_end),
                         [](const auto& chosen) {
                           return chosen.param == Until::once ? "once" : "until_the_end";
                         });

class ClosingWithoutMemory : public testing::TestWithParam<Until> {
 protected:
  /// An engine with something in its memory, of a table, a log and labels.
  static Engine used(const std::shared_ptr<FileSystem>& files) {
    Engine engine = open_engine(tiny_options(files), Sizes::tiny).value();
    expect_goes_on(engine);
    engine.label_names().value();
    WriteBatch batch;
    batch.put("new/0", read_at, 1.0);
    batch.put("new/1", read_at, "text");
    engine.write(std::move(batch)).value();
    return engine;
  }
};

TEST_P(ClosingWithoutMemory, throws_nothing_and_loses_nothing) {
  bool is_reached = true;
  for (std::uint64_t n = 1; is_reached && !HasFailure(); n += stride) {
    SCOPED_TRACE("allocation " + std::to_string(n));
    const std::shared_ptr<FileSystem> files = sample().copy();
    Engine engine = used(files);
    const Content content = content_of(engine);
    Status closed;
    {
      const FailAllocation fail(n, GetParam());
      closed = engine.close();
      is_reached = fail.was_reached();
    }
    EXPECT_TRUE(closed || (is_reached && is_for_memory(closed.error())));
    EXPECT_TRUE(engine.close()) << "the second time there is nothing left to do";
    expect_sound(files, content);
  }
}

TEST_P(ClosingWithoutMemory, is_what_the_destructor_does) {
  bool is_reached = true;
  for (std::uint64_t n = 1; is_reached && !HasFailure(); n += stride) {
    SCOPED_TRACE("allocation " + std::to_string(n));
    const std::shared_ptr<FileSystem> files = sample().copy();
    std::optional<Engine> engine(used(files));
    const Content content = content_of(*engine);
    {
      const FailAllocation fail(n, GetParam());
      engine.reset();
      is_reached = fail.was_reached();
    }
    expect_sound(files, content);
  }
}

INSTANTIATE_TEST_SUITE_P(Every, ClosingWithoutMemory, testing::Values(Until::once, Until::the_end),
                         [](const auto& chosen) {
                           return chosen.param == Until::once ? "once" : "until_the_end";
                         });

}  // namespace
}  // namespace varve::test
