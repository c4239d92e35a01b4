#include "engine/directory/read_file.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <system_error>

#include "engine/directory/forwarding.hpp"
#include "tests/support/endless_file.hpp"

namespace varve::engine {
namespace {

/// Every file in it is endless.
class EndlessDirectory final : public ForwardingDirectory {
 public:
  EndlessDirectory() : ForwardingDirectory(memory_file_system()->open_directory("/").value()) {}

  Result<bool> exists(const std::string&) override { return true; }
  Result<std::unique_ptr<File>> open(const std::string&, OpenMode, WriteCause) override {
    return std::make_unique<test::EndlessFile>();
  }
};

TEST(ReadFile, gives_as_much_as_it_was_asked_for) {
  EndlessDirectory directory;
  EXPECT_EQ(read_file(directory, "a", 3).value(), Bytes(3));
}

TEST(ReadFile, of_what_no_memory_holds_fails_and_takes_none) {
  EndlessDirectory directory;
  const auto all = read_file(directory, "a", std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(all.error().code, std::errc::value_too_large);
}

}  // namespace
}  // namespace varve::engine
