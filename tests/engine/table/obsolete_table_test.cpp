// A table that no version names any more: its file goes with the last reference to it.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <system_error>

#include "engine/directory/forwarding.hpp"
#include "engine/directory/guarded_directory.hpp"
#include "engine/table/table.hpp"
#include "tests/engine/table/table_fixture.hpp"

namespace varve::engine {
namespace {

TestRows some_rows() {
  TestRows rows;
  for (int i = 0; i < 100; ++i) rows.push_back(value_row("a", i * 10, i * 0.1));
  return rows;
}

TEST(ObsoleteTable, removes_its_file_with_the_last_reference) {
  TableFixture fixture;
  const TableMeta meta = fixture.write(1, some_rows()).value();
  {
    const auto table = std::make_shared<const Table>(fixture.context, meta);
    ASSERT_TRUE(TableFixture::read(*table));
    table->mark_obsolete();
    EXPECT_TRUE(fixture.files->exists(fixture.name(1)).value());
  }
  EXPECT_FALSE(fixture.files->exists(fixture.name(1)).value());
  EXPECT_EQ(fixture.cache.bytes(), 0u);
  EXPECT_TRUE(fixture.logged.empty());
}

TEST(ObsoleteTable, is_no_table_that_only_was_let_go_of) {
  TableFixture fixture;
  const TableMeta meta = fixture.write(1, some_rows()).value();
  ASSERT_TRUE(fixture.read(meta));
  EXPECT_TRUE(fixture.files->exists(fixture.name(1)).value());
}

/// Nothing in it can be removed.
class Kept final : public ForwardingDirectory {
 public:
  using ForwardingDirectory::ForwardingDirectory;
  Status remove(const std::string& name) override {
    return std::unexpected(Error{std::make_error_code(std::errc::permission_denied), name});
  }
};

TEST(ObsoleteTable, logs_that_its_file_could_not_be_removed) {
  TableFixture fixture;
  fixture.context.directory = std::make_shared<Kept>(fixture.files);
  TableMeta meta;
  meta.number = 5;
  Table(fixture.context, meta).mark_obsolete();
  ASSERT_EQ(fixture.logged.size(), 1u);
  EXPECT_NE(fixture.logged[0].find("00000000000000000005.table"), std::string::npos);
}

TEST(ObsoleteTable, keeps_its_file_and_says_nothing_once_the_database_is_closed) {
  TableFixture fixture;
  const TableMeta meta = fixture.write(1, some_rows()).value();
  const auto lock = std::make_shared<DatabaseLock>(nullptr);
  fixture.context.directory = guarded_directory(fixture.files, lock);
  lock->let_go();
  Table(fixture.context, meta).mark_obsolete();
  EXPECT_TRUE(fixture.files->exists(fixture.name(1)).value());
  EXPECT_TRUE(fixture.logged.empty());
}

TEST(ObsoleteTable, counts_as_pinned_until_its_file_goes) {
  TableFixture fixture;
  Counter pinned;
  fixture.context.pinned_bytes = &pinned;
  const TableMeta meta = fixture.write(1, some_rows()).value();
  {
    const Table table(fixture.context, meta);
    EXPECT_EQ(pinned.value(), 0u);
    table.mark_obsolete();
    EXPECT_EQ(pinned.value(), meta.size);
  }
  EXPECT_EQ(pinned.value(), 0u);
}

}  // namespace
}  // namespace varve::engine
