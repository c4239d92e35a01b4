#include "varve/try.hpp"

#include <gtest/gtest.h>

#include <expected>
#include <memory>
#include <string>
#include <utility>

#include "varve/error.hpp"

namespace varve {
namespace {

Result<int> half_of(Result<int> number) {
  VARVE_TRY(const int whole, std::move(number));
  return whole / 2;
}

TEST(Try, binds_the_value_or_returns_the_error) {
  EXPECT_EQ(half_of(6), 3);
  const Result<int> failed = half_of(fail(Errc::busy, "queue"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Errc::busy);
  EXPECT_EQ(failed.error().where, "queue");
}

Result<std::unique_ptr<int>> later_of(Result<std::unique_ptr<int>> a,
                                      Result<std::unique_ptr<int>> b) {
  std::unique_ptr<int> last;
  VARVE_TRY(last, std::move(a));
  VARVE_TRY(last, std::move(b));
  return last;
}

TEST(Try, moves_values_into_a_variable_that_exists) {
  const auto last = later_of(std::make_unique<int>(1), std::make_unique<int>(2));
  ASSERT_TRUE(last);
  EXPECT_EQ(**last, 2);
}

Result<int> one_after(Status status) {
  VARVE_CHECK(std::move(status));
  return 1;
}

TEST(Check, goes_on_unless_there_is_an_error) {
  EXPECT_EQ(one_after({}), 1);
  EXPECT_EQ(one_after(fail(Errc::no_space, "disk")).error().code, Errc::no_space);
}

struct Complaint {
  Complaint(const Error& error) : text(error.message()) {}
  std::string text;
};

std::expected<int, Complaint> complain(Status status) {
  VARVE_CHECK(std::move(status));
  return 1;
}

TEST(Check, converts_the_error_to_that_of_the_caller) {
  EXPECT_EQ(complain(fail(Errc::not_found, "here")).error().text.substr(0, 6), "here: ");
}

}  // namespace
}  // namespace varve
