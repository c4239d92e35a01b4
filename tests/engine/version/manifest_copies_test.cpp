// A manifest is two files: any damage of one of them is made good from the other.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "engine/version/manifest_format.hpp"
#include "tests/engine/version/edits.hpp"

namespace varve::engine {
namespace {

constexpr std::uint64_t number = 3;

class ManifestCopies : public testing::Test {
 protected:
  ManifestCopies() {
    edits_ = {full_edit(), VersionEdit{}, VersionEdit{}, full_edit()};
    edits_[1].removed = {12};
    edits_[2].flush_number = 5;
    bytes_ = format_.header();
    for (const VersionEdit& edit : edits_) {
      begins_.push_back(bytes_.size());
      ByteWriter(bytes_).put_bytes(format_.record(bytes_.size(), edit));
    }
    used_ = bytes_.size();
    bytes_.resize(used_ + 4096);
  }

  Result<std::optional<ManifestContent>> decode(ByteSpan manifest, ByteSpan copy) const {
    const std::array<ManifestCopy, 2> copies{
        {{"00000000000000000003.manifest", manifest}, {"00000000000000000003.copy", copy}}};
    return format_.decode(copies);
  }

  /// With one file as given, whichever it is, everything is there.
  void expect_all(ByteSpan damaged, const std::string& what) const {
    for (const bool is_first : {true, false}) {
      const auto content = is_first ? decode(damaged, bytes_) : decode(bytes_, damaged);
      ASSERT_TRUE(content) << what << ": " << content.error().message();
      ASSERT_TRUE(*content) << what;
      EXPECT_EQ((*content)->edits, edits_) << what;
      EXPECT_EQ((*content)->valid_bytes, used_) << what;
      const bool is_damaged = !std::ranges::equal(damaged, bytes_);
      const bool is_in_tail =
          damaged.size() >= used_ &&
          std::ranges::equal(damaged.first(used_), ByteSpan(bytes_).first(used_));
      if (!is_damaged || is_in_tail) {
        EXPECT_TRUE((*content)->healed.empty()) << what;
        continue;
      }
      ASSERT_EQ((*content)->healed.size(), 1u) << what;
      EXPECT_TRUE((*content)->healed[0].where.starts_with(
          is_first ? "00000000000000000003.manifest @ " : "00000000000000000003.copy @ "))
          << (*content)->healed[0].where;
      EXPECT_EQ((*content)->torn_tail, std::nullopt) << what;
    }
  }

  const ManifestFormat format_{test_database(), number};
  std::vector<VersionEdit> edits_;
  std::vector<std::size_t> begins_;  // Of the records.
  Bytes bytes_;                      // Of each file.
  std::size_t used_ = 0;
};

TEST_F(ManifestCopies, that_are_the_same_have_nothing_to_heal) { expect_all(bytes_, "both whole"); }

TEST_F(ManifestCopies, with_any_bit_of_one_flipped_give_every_edit) {
  for (std::size_t bit = 0; bit < used_ * 8; ++bit) {
    Bytes flipped = bytes_;
    flipped[bit / 8] ^= std::byte(1 << (bit % 8));
    expect_all(flipped, "bit " + std::to_string(bit));
  }
}

TEST_F(ManifestCopies, with_one_cut_off_at_any_length_give_every_edit) {
  for (std::size_t size = 0; size <= used_; ++size) {
    expect_all(ByteSpan(bytes_).first(size), "at " + std::to_string(size));
  }
}

TEST_F(ManifestCopies, with_any_part_of_one_zeroed_give_every_edit) {
  for (const std::size_t part : {16u, 64u, 512u, 4096u}) {
    for (std::size_t first = 0; first < used_; first += part) {
      Bytes zeroed = bytes_;
      std::fill_n(zeroed.begin() + static_cast<std::ptrdiff_t>(first),
                  std::min(part, zeroed.size() - first), std::byte{0});
      expect_all(zeroed, std::to_string(part) + " zeros at " + std::to_string(first));
    }
  }
}

TEST_F(ManifestCopies, each_damaged_at_records_of_its_own_give_every_edit) {
  Bytes first = bytes_;
  Bytes second = bytes_;
  first[0] ^= std::byte{1};  // The header.
  second[begins_[0] + 20] ^= std::byte{1};
  first[begins_[1] + 2] ^= std::byte{1};
  second[begins_[2] + 16] ^= std::byte{1};
  first[begins_[3] + 9] ^= std::byte{1};
  const auto content = decode(first, second).value();
  ASSERT_TRUE(content);
  EXPECT_EQ(content->edits, edits_);
  ASSERT_EQ(content->healed.size(), 2u);
  EXPECT_EQ(content->healed[0].where,
            "00000000000000000003.manifest @ 0: does not verify, nor do 2 other parts; taken from "
            "the other copy");
  EXPECT_EQ(content->healed[1].where,
            "00000000000000000003.copy @ 44: does not verify, nor do 1 other parts; taken from the "
            "other copy");
}

TEST_F(ManifestCopies, damaged_at_the_same_record_are_corruption) {
  Bytes first = bytes_;
  Bytes second = bytes_;
  first[begins_[1] + 2] ^= std::byte{1};
  second[begins_[1] + 16] ^= std::byte{1};
  const auto content = decode(first, second);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, Errc::corruption);
  EXPECT_TRUE(content.error().where.starts_with(
      "00000000000000000003.manifest and 00000000000000000003.copy @ " +
      std::to_string(begins_[1]) + ": damaged"))
      << content.error().where;
}

// Where one has a record behind the damage only because the other lost it.
TEST_F(ManifestCopies, of_which_neither_has_a_record_but_one_has_a_later_one_are_corruption) {
  Bytes first = bytes_;
  Bytes second = bytes_;
  std::fill(first.begin() + static_cast<std::ptrdiff_t>(begins_[1]), first.end(), std::byte{0});
  second[begins_[1]] ^= std::byte{1};
  EXPECT_EQ(decode(first, second).error().code, Errc::corruption);
  EXPECT_EQ(decode(second, first).error().code, Errc::corruption);
}

TEST_F(ManifestCopies, have_a_torn_tail_only_where_neither_has_a_whole_record) {
  const std::size_t last = begins_.back();
  for (std::size_t size = last; size < used_; ++size) {
    const ByteSpan torn = ByteSpan(bytes_).first(size);
    const auto content = decode(torn, ByteSpan(bytes_).first(last)).value();
    ASSERT_TRUE(content);
    EXPECT_EQ(content->edits.size(), edits_.size() - 1);
    EXPECT_EQ(content->torn_tail.has_value(), size > last);
    const auto healed = decode(torn, bytes_).value();
    EXPECT_EQ(healed->edits, edits_);
    EXPECT_EQ(healed->torn_tail, std::nullopt);
  }
}

TEST_F(ManifestCopies, of_which_one_is_of_another_database_go_by_the_other) {
  const ManifestFormat other(Uuid{}, number);
  Bytes stranger = other.header();
  ByteWriter(stranger).put_bytes(other.record(stranger.size(), full_edit()));
  expect_all(stranger, "a stranger");
}

TEST_F(ManifestCopies, with_whole_records_that_differ_are_corruption) {
  Bytes fork(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begins_.back()));
  ByteWriter(fork).put_bytes(format_.record(fork.size(), VersionEdit{}));
  const auto content = decode(bytes_, fork);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, Errc::corruption);
  EXPECT_EQ(content.error().where, "00000000000000000003.copy @ " + std::to_string(begins_.back()) +
                                       ": whole, but not the same as in "
                                       "00000000000000000003.manifest");
}

TEST_F(ManifestCopies, say_why_one_could_not_be_read) {
  const std::array<ManifestCopy, 2> copies{
      {{"00000000000000000003.manifest", {}, "missing"}, {"00000000000000000003.copy", bytes_}}};
  const auto content = format_.decode(copies).value();
  ASSERT_TRUE(content);
  ASSERT_EQ(content->healed.size(), 1u);
  EXPECT_EQ(content->healed[0].where,
            "00000000000000000003.manifest @ 0: missing; taken from the other copy");
}

TEST_F(ManifestCopies, tell_what_an_interruption_leaves_from_damage) {
  const auto is_unfinished = [this](ByteSpan manifest, ByteSpan copy) {
    const auto content = decode(manifest, copy).value();
    return content && content->healed.size() == 1 && content->healed[0].is_unfinished;
  };
  const ByteSpan whole = bytes_;
  const ByteSpan without_last = whole.first(begins_[3]);
  EXPECT_TRUE(is_unfinished(whole, without_last)) << "the second file is written last";
  EXPECT_FALSE(is_unfinished(without_last, whole));
  EXPECT_FALSE(is_unfinished(whole, whole.first(begins_[2])));
  EXPECT_FALSE(is_unfinished(whole, {}));
  const ByteSpan first_record = whole.first(begins_[1]);
  EXPECT_TRUE(is_unfinished(first_record, {})) << "it was being made";
  EXPECT_FALSE(is_unfinished({}, first_record));
}

}  // namespace
}  // namespace varve::engine
