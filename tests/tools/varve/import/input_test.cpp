#include "tools/varve/import/input.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>

#include "tools/formats/line_break.hpp"
#include "tools/varve/import/line_reader.hpp"

namespace varve::tools {
namespace {

TEST(Input, reads_on_until_a_line_break_has_come) {
  Input input = Input::of("abc\ndefgh", 1);
  ASSERT_TRUE(input.more_to_line_break(100));
  EXPECT_EQ(input.window(), "abc\n");
  ASSERT_TRUE(input.more_to_line_break(100));
  EXPECT_EQ(input.window(), "abc\ndefgh") << "to the end, where none comes";
  EXPECT_TRUE(input.at_end());
}

TEST(Input, reads_on_for_a_line_break_as_far_as_it_was_told) {
  Input input = Input::of(std::string(1'000, 'x'), 1);
  ASSERT_TRUE(input.more_to_line_break(10));
  EXPECT_GE(input.window().size(), 10U);
  EXPECT_LT(input.window().size(), 1'000U);
}

TEST(LineReader, looks_for_the_end_of_a_long_line_once_in_however_many_pieces_a_pipe_gives_it) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const std::string text = std::string(std::size_t{1} << 20, 'x') + '\n';  // A pipe holds 64 KiB.
  std::thread writing([&] {
    for (std::string_view left = text; !left.empty();) {
      const ssize_t count = ::write(ends[1], left.data(), left.size());
      if (count <= 0) break;
      left.remove_prefix(static_cast<std::size_t>(count));
    }
    ::close(ends[1]);
  });
  {
    Input input = Input::open("/proc/self/fd/" + std::to_string(ends[0])).value();
    ::close(ends[0]);
    int looks = 0;
    std::size_t size = 0;
    LineFormat format;
    format.find_end = [&looks](std::string_view all, bool last) {
      ++looks;
      return find_line_break(all, last);
    };
    format.parse = [&size](std::string_view line, RecordList&) -> Parsed<void> {
      size = line.size();
      return {};
    };
    const auto reader = make_line_reader(input, format);
    RecordList records;
    while (true) {
      const auto line = reader->next(records);
      if (!line || !*line) break;
    }
    EXPECT_EQ(size, std::size_t{1} << 20);
    EXPECT_LE(looks, 3);
  }
  writing.join();
}

}  // namespace
}  // namespace varve::tools
