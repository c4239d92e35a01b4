#include "engine/version/manifest.hpp"

#include <gtest/gtest.h>

#include <array>

#include "engine/base/checksum.hpp"
#include "engine/directory/file_names.hpp"
#include "tests/engine/version/edits.hpp"
#include "tests/support/directories.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve::engine {
namespace {

constexpr std::uint64_t number = 3;

/// A manifest with one record of every field, and more that carry a number each.
std::vector<VersionEdit> edits(std::size_t count) {
  std::vector<VersionEdit> edits{full_edit()};
  while (edits.size() < count) {
    VersionEdit& edit = edits.emplace_back();
    edit.next_file = 1000 + edits.size();
  }
  return edits;
}

Bytes manifest_of(const std::vector<VersionEdit>& edits, const Uuid& database = test_database()) {
  const ManifestFormat format(database, number);
  Bytes bytes = format.header();
  for (const VersionEdit& edit : edits) {
    ByteWriter(bytes).put_bytes(format.record(bytes.size(), edit));
  }
  return bytes;
}

Result<std::optional<ManifestContent>> decode(ByteSpan bytes) {
  return ManifestFormat(test_database(), number).decode(bytes);
}

std::size_t last_record_of(const std::vector<VersionEdit>& all) {
  return manifest_of({all.begin(), all.end() - 1}).size();
}

std::shared_ptr<Directory> empty_directory() {
  return test::make_directory(*memory_file_system(), "/db");
}

TEST(Manifest, gives_back_the_edits_in_their_order) {
  const auto directory = empty_directory();
  Manifest manifest =
      Manifest::create(*directory, test_database(), number, edits(1).front()).value();
  VersionEdit second;
  second.removed = {12};
  ASSERT_TRUE(manifest.append(second));
  ASSERT_TRUE(manifest.append(full_edit()));
  const std::uint64_t bytes = manifest.bytes();
  ASSERT_TRUE(manifest.close());

  const auto content = read_manifest(*directory, number, test_database()).value().value();
  EXPECT_EQ(content.edits, (std::vector{full_edit(), second, full_edit()}));
  EXPECT_EQ(content.number, number);
  EXPECT_EQ(content.valid_bytes, bytes);
  EXPECT_EQ(content.torn_tail, std::nullopt);
  EXPECT_TRUE(content.healed.empty());
}

TEST(Manifest, is_two_files_of_the_same_bytes) {
  test::SimulatedDisk disk;
  disk.create_directory("/db").value();
  Manifest manifest =
      Manifest::create(*disk.open_directory("/db").value(), test_database(), number, full_edit())
          .value();
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(manifest.append(full_edit()));
  const std::vector<std::string> names{"00000000000000000003.copy",
                                       "00000000000000000003.manifest"};
  EXPECT_EQ(disk.names("/db"), names);
  EXPECT_EQ(disk.content("/db/" + names[0]), disk.content("/db/" + names[1]));
}

TEST(Manifest, never_overwrites_another) {
  const auto directory = empty_directory();
  ASSERT_TRUE(Manifest::create(*directory, test_database(), number, {}));
  EXPECT_FALSE(Manifest::create(*directory, test_database(), number, {}));
}

TEST(Manifest, has_the_bytes_that_the_format_page_says) {
  VersionEdit edit;
  edit.flush_number = 5;
  const Bytes bytes = manifest_of({edit});

  Bytes place;  // What the checksums are seeded with.
  ByteWriter place_writer(place);
  place_writer.put_bytes(ByteSpan(test_database()));
  place_writer.put(std::uint64_t{3});
  Bytes head;
  ByteWriter head_writer(head);
  head_writer.put(std::uint64_t{44});  // Offset.
  head_writer.put(std::uint64_t{2});   // Size.
  const std::uint64_t h = checksum(head, checksum(place));

  Bytes expected;
  ByteWriter writer(expected);
  writer.put_bytes("VARVEMAN");
  writer.put(std::uint32_t{1});
  writer.put_bytes(ByteSpan(test_database()));
  writer.put(std::uint64_t{3});
  writer.put(checksum(expected));
  writer.put(std::uint32_t{2});
  writer.put(static_cast<std::uint32_t>(h));
  writer.put(checksum(as_bytes("\6\5"), h));
  writer.put_bytes("\6\5");
  EXPECT_EQ(bytes, expected);
}

TEST(Manifest, keeps_its_golden_bytes) {
  VersionEdit edit;
  edit.flush_number = 5;
  const Bytes bytes = manifest_of({edit});
  std::string hex;
  for (const std::byte byte : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    hex += digits[std::to_integer<unsigned>(byte) >> 4];
    hex += digits[std::to_integer<unsigned>(byte) & 15];
  }
  EXPECT_EQ(hex,
            "56415256454d414e01000000a0a1a2a3a4a5a6a7a8a9aaabacadaeaf0300000000000000"
            "37652c3cab06b81d02000000913da0f2f152b13042aa99590605");
}

TEST(Manifest, cut_off_at_any_length_gives_the_edits_that_are_whole) {
  const auto all = edits(3);
  const Bytes bytes = manifest_of(all);
  std::vector<std::size_t> ends;
  for (std::size_t count = 1; count <= all.size(); ++count) {
    ends.push_back(manifest_of({all.begin(), all.begin() + static_cast<long>(count)}).size());
  }
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const auto content = decode(ByteSpan(bytes).first(size)).value();
    const auto whole = static_cast<std::size_t>(
        std::ranges::count_if(ends, [&](std::size_t end) { return end <= size; }));
    ASSERT_EQ(content.has_value(), whole > 0) << size;
    if (!content) continue;
    EXPECT_EQ(content->edits.size(), whole);
    EXPECT_EQ(content->valid_bytes, ends[whole - 1]);
    EXPECT_EQ(content->torn_tail.has_value(), size > ends[whole - 1]) << size;
  }
}

TEST(Manifest, with_any_bit_flipped_is_corruption_or_ends_before_its_last_record) {
  const auto all = edits(4);
  const Bytes bytes = manifest_of(all);
  const std::size_t last = last_record_of(all);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Bytes flipped = bytes;
    flipped[bit / 8] ^= std::byte(1 << (bit % 8));
    const auto content = decode(flipped);
    if (bit / 8 < last) {
      ASSERT_FALSE(content) << bit;
      EXPECT_EQ(content.error().code, Errc::corruption) << content.error().message();
      EXPECT_NE(content.error().where.find("00000000000000000003.manifest @ "), std::string::npos);
    } else {
      ASSERT_TRUE(content && *content) << bit;
      EXPECT_EQ((*content)->edits, (std::vector(all.begin(), all.end() - 1)));
      EXPECT_EQ((*content)->torn_tail, "00000000000000000003.manifest @ " + std::to_string(last) +
                                           ": " + std::to_string(bytes.size() - last) +
                                           " bytes are no whole record");
    }
  }
}

TEST(Manifest, of_a_single_record_with_any_bit_flipped_has_no_whole_record) {
  const Bytes bytes = manifest_of(edits(1));
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Bytes flipped = bytes;
    flipped[bit / 8] ^= std::byte(1 << (bit % 8));
    EXPECT_EQ(decode(flipped).value(), std::nullopt) << bit;
  }
}

TEST(Manifest, with_bytes_after_its_last_record_has_a_torn_tail) {
  for (const std::size_t count : {1u, 15u, 16u, 17u, 4096u}) {
    for (const int fill : {0, 1, 0xFF}) {
      Bytes bytes = manifest_of(edits(2));
      bytes.insert(bytes.end(), count, static_cast<std::byte>(fill));
      const auto content = decode(bytes).value();
      ASSERT_TRUE(content);
      EXPECT_EQ(content->edits, edits(2));
      EXPECT_EQ(content->torn_tail.has_value(), fill != 0) << "zeros are the reserve";
    }
  }
}

TEST(Manifest, takes_small_edits_where_the_disk_is_full) {
  VersionEdit edit;
  edit.removed = {12};
  for (const std::size_t before : {0u, 1u, 100u, 1'000u}) {
    const auto disk = std::make_shared<test::SimulatedDisk>();
    const auto directory = test::make_directory(*disk, "/db");
    Manifest manifest = Manifest::create(*directory, test_database(), number, full_edit()).value();
    for (std::size_t i = 0; i < before; ++i) manifest.append(edit).value();
    disk->set_capacity(disk->used());
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(manifest.append(edit)) << i << " after " << before;
    const auto after = disk->after(test::PowerCut::keep_all());
    const auto content =
        read_manifest(*after->open_directory("/db").value(), number, test_database())
            .value()
            .value();
    EXPECT_EQ(content.edits.size(), 1 + before + 50);
    EXPECT_FALSE(content.torn_tail);
  }
}

TEST(Manifest, does_not_take_a_record_from_another_place) {
  const ManifestFormat format(test_database(), number);
  const Bytes whole = manifest_of(edits(1));
  for (const Bytes& stranger :
       {format.record(whole.size() + 1, VersionEdit{}),                                   // Offset.
        ManifestFormat(test_database(), number + 1).record(whole.size(), VersionEdit{}),  // Number.
        ManifestFormat(Uuid{}, number).record(whole.size(), VersionEdit{})}) {  // Database.
    Bytes bytes = whole;
    ByteWriter(bytes).put_bytes(stranger);
    const auto content = decode(bytes).value();
    ASSERT_TRUE(content);
    EXPECT_EQ(content->edits.size(), 1u);
    EXPECT_TRUE(content->torn_tail);
  }
}

// As a power cut may leave a manifest that was being created: with sectors of a removed one.
TEST(Manifest, with_the_bytes_of_another_has_no_whole_record) {
  const Bytes bytes = manifest_of(edits(2), Uuid{});
  EXPECT_EQ(decode(bytes).value(), std::nullopt);
  EXPECT_EQ(ManifestFormat(Uuid{}, 4).decode(bytes).value(), std::nullopt);
}

TEST(Manifest, with_anothers_header_before_its_own_records_is_corruption) {
  Bytes bytes = manifest_of(edits(2));
  std::ranges::copy(ManifestFormat(test_database(), number + 1).header(), bytes.begin());
  EXPECT_EQ(decode(bytes).error().code, Errc::corruption);
}

TEST(Manifest, of_a_later_format_is_unsupported) {
  Bytes bytes = manifest_of(edits(1));
  bytes[8] = std::byte{2};
  bytes.resize(36);
  const std::uint64_t sum = checksum(bytes);
  ByteWriter(bytes).put(sum);
  EXPECT_EQ(decode(bytes).error().code, Errc::unsupported_format);
}

TEST(Manifest, with_a_whole_record_that_does_not_decode_is_corruption) {
  const ManifestFormat format(test_database(), number);
  Bytes bytes = manifest_of(edits(1));
  ByteWriter(bytes).put_bytes(format.record(bytes.size(), as_bytes("\5")));
  const auto content = decode(bytes);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, Errc::corruption);
}

TEST(Manifest, without_a_whole_first_record_cannot_be_read) {
  const auto directory = empty_directory();
  const std::string name = manifest_file_name(number);
  const auto file = directory->open(name, OpenMode::create).value();
  const Bytes bytes = manifest_of({});
  const std::array<ByteSpan, 1> pieces{bytes};
  ASSERT_TRUE(file->write_at(0, pieces));
  EXPECT_EQ(read_manifest(*directory, number, test_database()).value(), std::nullopt);
}

}  // namespace
}  // namespace varve::engine
