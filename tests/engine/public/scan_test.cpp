#include "varve/scan.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace varve {
namespace {

constexpr std::array<Timestamp, 3> times{10, 20, 30};
constexpr std::array<std::int64_t, 3> numbers{1, 2, 3};

using Blocks = std::vector<Block>;

/// Gives its answers one after the other, and says when it goes.
class Script final : public Scan::Source {
 public:
  explicit Script(std::vector<Result<Blocks>> answers, bool* gone = nullptr)
      : answers_(std::move(answers)), gone_(gone) {}
  ~Script() override {
    if (gone_ != nullptr) *gone_ = true;
  }

  Result<std::span<const Block>> next_blocks() override {
    if (at_ == answers_.size()) return std::span<const Block>();
    const Result<Blocks>& answer = answers_[at_++];
    if (!answer) return std::unexpected(answer.error());
    return std::span<const Block>(*answer);
  }

 private:
  std::vector<Result<Blocks>> answers_;
  std::size_t at_ = 0;
  bool* gone_;
};

Block block(std::string_view key, std::size_t size) {
  return {key, ValueType::int64, std::span(times).first(size), numbers.data(), {}};
}

Scan scan_of(std::vector<Result<Blocks>> answers, bool* gone = nullptr) {
  return Scan(std::make_unique<Script>(std::move(answers), gone));
}

std::vector<Record> read(Scan& scan) {
  std::vector<Record> records;
  for (const RecordView& record : scan) records.emplace_back(record);
  return records;
}

TEST(Block, gives_records_with_their_expiry) {
  const std::array<Timestamp, 2> expiries{11, never};
  const std::array<bool, 2> flags{true, false};
  const Block expiring("k", ValueType::bool_, std::span(times).first(2), flags.data(), expiries);
  EXPECT_EQ(Record(expiring.record(0)), Record("k", 10, true, 11));
  EXPECT_EQ(Record(expiring.record(1)), Record("k", 20, false));
  EXPECT_EQ(Record(block("k", 3).record(2)), Record("k", 30, 3));
}

TEST(Scan, walks_every_record_of_every_block) {
  Scan scan = scan_of({Blocks{block("a", 2), block("b", 1)}, Blocks{block("c", 1)}});
  EXPECT_EQ(read(scan), (std::vector{Record("a", 10, 1), Record("a", 20, 2), Record("b", 10, 1),
                                     Record("c", 10, 1)}));
  EXPECT_TRUE(scan.status());
}

TEST(Scan, ends_early_with_its_error_and_keeps_it) {
  const Error error{make_error_code(Errc::corruption), "here"};
  Scan scan = scan_of({Blocks{block("a", 1)}, std::unexpected(error), Blocks{block("b", 1)}});
  EXPECT_EQ(read(scan).size(), 1u);
  ASSERT_FALSE(scan.status());
  EXPECT_EQ(scan.status().error().where, "here");
  EXPECT_EQ(scan.next_block().error().code, Errc::corruption);
}

TEST(Scan, begun_again_has_no_records_and_says_so) {
  for (const bool to_the_end : {true, false}) {
    Scan scan = scan_of({Blocks{block("a", 2)}, Blocks{block("b", 1)}});
    for ([[maybe_unused]] const RecordView& record : scan) {
      if (!to_the_end) break;
    }
    EXPECT_TRUE(scan.status());
    EXPECT_EQ(read(scan).size(), 0u);
    ASSERT_FALSE(scan.status());
    EXPECT_EQ(scan.status().error().code, Errc::invalid_argument);
    EXPECT_EQ(scan.next_block().error().code, Errc::invalid_argument);
  }
}

TEST(Scan, begun_again_keeps_the_error_that_it_had) {
  const Error error{make_error_code(Errc::corruption), "here"};
  Scan scan = scan_of({std::unexpected(error)});
  EXPECT_EQ(read(scan).size(), 0u);
  EXPECT_EQ(read(scan).size(), 0u);
  EXPECT_EQ(scan.status().error().code, Errc::corruption);
}

TEST(Scan, lets_its_source_go_at_the_end) {
  bool gone = false;
  Scan scan = scan_of({Blocks{block("a", 1)}}, &gone);
  EXPECT_TRUE(scan.next_block().value());
  EXPECT_FALSE(gone);
  EXPECT_FALSE(scan.next_block().value());
  EXPECT_TRUE(gone);
  EXPECT_FALSE(scan.next_block().value());
}

}  // namespace
}  // namespace varve
