// Few descriptors, and none at all.

#include <gtest/gtest.h>

#include <string>
#include <system_error>
#include <utility>

#include "tests/support/database.hpp"
#include "tests/support/descriptors.hpp"
#include "tests/support/sanitized.hpp"

namespace varve::test {
namespace {

class Descriptors : public testing::Test {
 protected:
  Options options() const {
    Options options = small_options();
    options.dir = directory_.path() / "db";
    options.file_system = posix_file_system();
    return options;
  }

  /// So many tables at level 0, of ten records each over one range of keys.
  static void make_tables(Database& db, int count) {
    for (int table = 0; table < count; ++table) {
      WriteBatch batch;
      for (int i = 0; i < 10; ++i) batch.put("k" + std::to_string(i), table, table * 0.5);
      db.write(std::move(batch));
      db.flush();
    }
  }

  const TemporaryDirectory directory_;
};

TEST_F(Descriptors, suffice_for_everything_where_there_are_64_and_many_tables) {
  Database db(options());
  const DescriptorLimit limit(64);
  make_tables(db, 100);
  ASSERT_EQ(db->stats().tables, 100u);
  EXPECT_EQ(db.count(Query::all()), 1'000u);
  EXPECT_TRUE(db.get("k5", 50));
  EXPECT_TRUE(db.latest("k5"));
  db.put("large", 1, std::string(60'000, 'x'));
  db.compact();
  EXPECT_LT(db->stats().tables, 100u);
  db.collect();
  EXPECT_EQ(db.count(Query::prefix("k")), 1'000u);
  for (int i = 0; i < 20; ++i) db.put("large", i, std::string(60'000, 'x'));
  db.flush();
  db.reopen();
  EXPECT_EQ(db.count(Query::prefix("k")), 1'000u);
}

TEST_F(Descriptors, leave_the_program_most_of_them) {
  Database db(options());
  make_tables(db, 80);
  const DescriptorLimit limit(64);
  EXPECT_EQ(db.count(Query::all()), 800u);
  EXPECT_GE(AllDescriptors().size(), 24u);
}

/// While all descriptors are taken. Sanitizers need one to look at an object: they test whether
/// its memory is mapped by writing from it to a pipe.
class NoDescriptors : public Descriptors {
 protected:
  void SetUp() override {
    if (is_sanitized) GTEST_SKIP() << "sanitizers look at objects through a pipe";
  }
};

TEST_F(NoDescriptors, are_given_back_for_whatever_needs_one) {
  Database db(options());
  make_tables(db, 30);
  EXPECT_EQ(db.count(Query::all()), 300u);
  const DescriptorLimit limit(200);
  const AllDescriptors all;
  db.put("k", 1, 1.0);
  db.flush();
  for (int i = 0; i < 20; ++i) db.put("large", i, std::string(60'000, 'x'));
  db.compact();
  EXPECT_EQ(db.count(Query::prefix("k")), 301u);
  EXPECT_TRUE(db->checkpoint());
  EXPECT_TRUE(db->start_maintenance());
}

TEST_F(NoDescriptors, make_a_call_fail_and_nothing_worse) {
  Database db(options());
  make_tables(db, 3);
  db.reopen();  // With no table open.
  {
    const DescriptorLimit limit(200);
    const AllDescriptors all;
    const auto found = db->query(Query::all());
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, std::errc::too_many_files_open) << found.error().message();
    const auto started = db->start_maintenance();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, std::errc::too_many_files_open) << started.error().message();
  }
  EXPECT_EQ(db.count(Query::all()), 30u);
}

}  // namespace
}  // namespace varve::test
