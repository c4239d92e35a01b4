#include "tools/varve/terminal/terminal.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace varve::tools {
namespace {

class TerminalOf : public ::testing::Test {
 protected:
  void SetUp() override {
    fd_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd_ < 0 || ::isatty(fd_) == 0) GTEST_SKIP() << "there are no terminals here";
  }
  void TearDown() override {
    if (fd_ >= 0) ::close(fd_);
  }
  void set_columns(unsigned short columns) const {
    winsize size{};
    size.ws_row = 24;
    size.ws_col = columns;
    ASSERT_EQ(::ioctl(fd_, TIOCSWINSZ, &size), 0);
  }

  int fd_ = -1;
};

TEST_F(TerminalOf, has_as_many_columns_as_it_has_however_few) {
  set_columns(23);
  EXPECT_EQ(terminal_of(fd_).columns, 23U);
}

TEST_F(TerminalOf, has_80_columns_where_it_does_not_say) {
  set_columns(0);
  EXPECT_EQ(terminal_of(fd_).columns, 80U);
  EXPECT_FALSE(columns_now(fd_));
}

TEST_F(TerminalOf, is_asked_anew_for_its_columns) {
  set_columns(100);
  EXPECT_EQ(columns_now(fd_), 100U);
  set_columns(31);
  EXPECT_EQ(columns_now(fd_), 31U);
}

TEST(ColumnsNow, are_none_of_a_pipe) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  EXPECT_FALSE(columns_now(ends[0]));
  for (const int end : ends) ::close(end);
}

}  // namespace
}  // namespace varve::tools
