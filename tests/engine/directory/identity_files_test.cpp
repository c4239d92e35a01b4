#include "engine/directory/identity_files.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/base/checksum.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve::engine {
namespace {

using test::Call;
using test::PowerCut;
using test::SimulatedDisk;

constexpr const char* files[] = {"/db/VARVE", "/db/VARVE.copy"};

Identity identity() {
  Identity identity;
  identity.database[0] = std::byte{0xA0};
  identity.seed = 7;
  return identity;
}

Bytes bytes_of(std::string_view text) {
  const ByteSpan bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

/// What a later version with more to say of a database would write.
Bytes longer_identity() {
  Bytes bytes = identity().encode();
  bytes.resize(bytes.size() - 8);
  bytes[12] = std::byte(bytes.size() + 12);
  ByteWriter writer(bytes);
  writer.put(std::uint32_t{99});
  writer.put(checksum(ByteSpan(bytes).subspan(8)));
  return bytes;
}

class IdentityFiles : public testing::Test {
 protected:
  IdentityFiles() {
    disk_->create_directory("/db").value();
    disk_->sync_directory("/").value();
  }

  std::shared_ptr<Directory> directory() { return disk_->open_directory("/db").value(); }
  Result<StoredIdentity> find() { return find_identity(*directory()); }
  Error failure() {
    const auto found = find();
    EXPECT_FALSE(found);
    return found ? Error{} : found.error();
  }
  void heal() {
    heal_identity(*directory(), find().value(),
                  Log([this](LogLevel level, std::string_view message) {
                    EXPECT_EQ(level, LogLevel::warning);
                    logged_.emplace_back(message);
                  }));
  }
  void expect_both_whole() {
    EXPECT_EQ(find().value().identity, identity());
    EXPECT_TRUE(find().value().bad.empty());
    EXPECT_EQ(disk_->content(files[0]), disk_->content(files[1]));
  }

  std::shared_ptr<SimulatedDisk> disk_ = std::make_shared<SimulatedDisk>();
  std::vector<std::string> logged_;
};

TEST_F(IdentityFiles, are_two_of_the_same_bytes) {
  EXPECT_EQ(failure().code, Errc::not_found);
  ASSERT_TRUE(write_identity(*directory(), identity()));
  EXPECT_EQ(disk_->names("/db"), (std::vector<std::string>{"VARVE", "VARVE.copy"}));
  expect_both_whole();
}

TEST_F(IdentityFiles, are_written_where_an_earlier_try_left_its_files) {
  disk_->set_content("/db/VARVE.new", Bytes(5));
  disk_->set_content("/db/VARVE.copy.new", Bytes(5));
  ASSERT_TRUE(write_identity(*directory(), identity()));
  expect_both_whole();
}

TEST_F(IdentityFiles, with_any_bit_of_one_flipped_are_read_and_healed) {
  ASSERT_TRUE(write_identity(*directory(), identity()));
  for (const std::string file : files) {
    for (std::size_t bit = 0; bit < Identity::encoded_size * 8; ++bit) {
      disk_->flip_bit(file, bit);
      ASSERT_EQ(find().value().identity, identity()) << file << " bit " << bit;
      ASSERT_EQ(find().value().bad.size(), 1u) << file << " bit " << bit;
      heal();
      ASSERT_TRUE(logged_.back().starts_with(file.substr(4) + " @ ")) << logged_.back();
      expect_both_whole();
    }
  }
}

TEST_F(IdentityFiles, with_one_cut_zeroed_or_extended_are_read_and_healed) {
  ASSERT_TRUE(write_identity(*directory(), identity()));
  for (const std::string file : files) {
    for (std::size_t size = 0; size < 10'000; size += size < Identity::encoded_size ? 1 : 997) {
      if (size == Identity::encoded_size) continue;
      disk_->resize(file, size);
      heal();
      expect_both_whole();
    }
    disk_->set_content(file, Bytes(Identity::encoded_size));
    heal();
    EXPECT_TRUE(logged_.back().starts_with(file.substr(4) + " @ 0: empty, or only zeros"));
    expect_both_whole();
  }
}

TEST_F(IdentityFiles, of_which_one_is_missing_or_cannot_be_read_are_read_and_healed) {
  ASSERT_TRUE(write_identity(*directory(), identity()));
  for (const std::string file : files) {
    ASSERT_TRUE(disk_->remove(file));
    heal();
    EXPECT_EQ(logged_.back(), file.substr(4) + ": missing; written anew from the other copy");
    expect_both_whole();
    for (const Call call : {Call::open, Call::size, Call::read}) {
      disk_->fail({.call = call, .suffix = file});
      heal();
      disk_->clear_faults();
      expect_both_whole();
    }
  }
}

TEST_F(IdentityFiles, of_which_one_is_another_programs_keep_that_in_quarantine) {
  ASSERT_TRUE(write_identity(*directory(), identity()));
  const Bytes settings = bytes_of("[settings]\nversion=1\n");
  disk_->set_content(files[0], settings);
  heal();
  EXPECT_EQ(logged_.back(),
            "not a Varve database: VARVE is another program's file; written anew from the other "
            "copy");
  expect_both_whole();
  EXPECT_EQ(disk_->content("/db/quarantine/VARVE"), settings);
}

TEST_F(IdentityFiles, that_are_both_damaged_are_corruption_naming_both) {
  ASSERT_TRUE(write_identity(*directory(), identity()));
  disk_->flip_bit(files[0], 8 * 20);
  disk_->resize(files[1], 50);
  EXPECT_EQ(failure().code, Errc::corruption);
  EXPECT_EQ(failure().where, "/db: VARVE @ 64: checksum; VARVE.copy @ 50: ends too early");
  ASSERT_TRUE(disk_->remove(files[0]));
  EXPECT_EQ(failure().code, Errc::corruption);
  EXPECT_EQ(failure().where, "/db: VARVE: missing; VARVE.copy @ 50: ends too early");
}

TEST_F(IdentityFiles, of_another_program_are_no_database) {
  disk_->set_content(files[0], bytes_of("hello"));
  EXPECT_EQ(failure().code, Errc::invalid_argument);
  disk_->set_content(files[1], bytes_of("hello"));
  EXPECT_EQ(failure().code, Errc::invalid_argument);
}

TEST_F(IdentityFiles, that_cannot_be_read_keep_their_errno) {
  ASSERT_TRUE(write_identity(*directory(), identity()));
  disk_->fail({.call = Call::open, .lasting = true, .error_number = EACCES});
  EXPECT_EQ(failure().code, std::errc::permission_denied);
}

TEST_F(IdentityFiles, of_two_databases_are_corruption_naming_both) {
  ASSERT_TRUE(write_identity(*directory(), identity()));
  Identity other = identity();
  other.database[0] = std::byte{0xB0};
  disk_->set_content(files[1], other.encode());
  EXPECT_EQ(failure().code, Errc::corruption);
  EXPECT_EQ(
      failure().where,
      "/db: VARVE is of database a0000000-0000-0000-0000-000000000000, VARVE.copy of database "
      "b0000000-0000-0000-0000-000000000000; remove the one that does not belong here");
}

TEST_F(IdentityFiles, of_which_one_is_newer_are_unsupported_and_stay) {
  ASSERT_TRUE(write_identity(*directory(), identity()));
  Identity newer = identity();
  newer.read_features = 1;
  for (const char* file : files) {
    const Bytes before = disk_->content(file);
    disk_->set_content(file, newer.encode());
    EXPECT_EQ(failure().code, Errc::unsupported_format);
    disk_->set_content(file, before);
  }
}

TEST_F(IdentityFiles, of_one_database_that_differ_go_by_the_first) {
  ASSERT_TRUE(write_identity(*directory(), identity()));
  Identity older = identity();
  older.optional_features = 1;
  disk_->set_content(files[1], older.encode());
  heal();
  expect_both_whole();
}

TEST_F(IdentityFiles, keep_what_a_later_version_added) {
  disk_->set_content(files[1], longer_identity());
  EXPECT_EQ(find().value().identity, identity());
  heal();
  EXPECT_EQ(disk_->content(files[0]), longer_identity());
}

TEST_F(IdentityFiles, whose_healing_fails_are_healed_at_the_next_try) {
  ASSERT_TRUE(write_identity(*directory(), identity()));
  for (const Call call : {Call::create, Call::write, Call::sync, Call::rename}) {
    disk_->flip_bit(files[0], 77);
    disk_->fail({.call = call, .error_number = ENOSPC});
    heal();
    EXPECT_NE(logged_.back().find("writing it anew failed"), std::string::npos) << logged_.back();
    EXPECT_EQ(find().value().identity, identity());
    heal();
    expect_both_whole();
  }
}

TEST(IdentityFilesPowerCut, at_any_call_of_writing_or_healing_leaves_one_whole) {
  bool is_cut = true;
  for (std::uint64_t at = 1; is_cut; ++at) {
    for (const bool is_healing : {false, true}) {
      SimulatedDisk disk;
      disk.create_directory("/db").value();
      disk.sync_directory("/").value();
      if (is_healing) {
        write_identity(*disk.open_directory("/db").value(), identity()).value();
        disk.set_content("/db/VARVE", bytes_of("another program's"));
      }
      disk.cut_power_at(at);
      if (is_healing) {
        heal_identity(*disk.open_directory("/db").value(),
                      find_identity(*disk.open_directory("/db").value()).value(), {});
      } else {
        std::ignore = write_identity(*disk.open_directory("/db").value(), identity());
      }
      is_cut = disk.power_is_off();
      for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto after =
            disk.after(seed == 0 ? PowerCut::lose_unsynced() : PowerCut::random(seed));
        const auto found = find_identity(*after->open_directory("/db").value());
        if (found) {
          EXPECT_EQ(found->identity, identity());
        } else {
          EXPECT_EQ(found.error().code, Errc::not_found) << found.error().message();
          EXPECT_FALSE(is_healing) << "call " << at;
        }
      }
    }
  }
}

}  // namespace
}  // namespace varve::engine
