#include "engine/table/file_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace varve::engine {
namespace {

/// Files that only count how many of them are open.
class CountingFiles final : public FileSystem {
 public:
  Result<std::unique_ptr<varve::File>> open(const std::filesystem::path& path, OpenMode) override {
    ++opened;
    if (path == "missing") {
      return std::unexpected(
          Error{std::make_error_code(std::errc::no_such_file_or_directory), "missing"});
    }
    return std::make_unique<CountedFile>(open_now);
  }
  Result<bool> exists(const std::filesystem::path&) override { return true; }
  Status remove(const std::filesystem::path&) override { return {}; }
  Status rename(const std::filesystem::path&, const std::filesystem::path&) override { return {}; }
  Result<std::vector<std::string>> list(const std::filesystem::path&) override {
    return std::vector<std::string>();
  }
  Status create_directory(const std::filesystem::path&) override { return {}; }
  Status sync_directory(const std::filesystem::path&) override { return {}; }
  Result<std::unique_ptr<FileLock>> lock(const std::filesystem::path&) override {
    return std::make_unique<FileLock>();
  }

  int opened = 0;
  int open_now = 0;

 private:
  class CountedFile final : public varve::File {
   public:
    explicit CountedFile(int& count) : count_(count) { ++count_; }
    ~CountedFile() override { --count_; }
    Status read_at(std::uint64_t, std::span<std::byte>) const override { return {}; }
    Status write_at(std::uint64_t, std::span<const std::span<const std::byte>>) override {
      return {};
    }
    Status truncate(std::uint64_t) override { return {}; }
    Status sync() override { return {}; }
    Result<std::uint64_t> size() const override { return std::uint64_t{0}; }
    Status close() override { return {}; }

   private:
    int& count_;
  };
};

class FilePools : public testing::Test {
 protected:
  std::shared_ptr<const varve::File> get(std::uint64_t number) {
    return pool_.get(number, "file").value();
  }

  std::shared_ptr<CountingFiles> files_ = std::make_shared<CountingFiles>();
  FilePool pool_{files_, 3};
};

TEST_F(FilePools, open_a_file_once) {
  EXPECT_EQ(get(1), get(1));
  EXPECT_EQ(files_->opened, 1);
}

TEST_F(FilePools, keep_no_more_than_their_number_open) {
  for (std::uint64_t number = 0; number < 100; ++number) {
    get(number);
    EXPECT_LE(files_->open_now, 3);
  }
}

TEST_F(FilePools, close_the_file_that_was_not_used_for_longest) {
  get(1);
  get(2);
  get(3);
  get(1);
  get(4);  // 2 goes.
  EXPECT_EQ(files_->opened, 4);
  get(1);
  get(3);
  EXPECT_EQ(files_->opened, 4);
  get(2);
  EXPECT_EQ(files_->opened, 5);
}

TEST_F(FilePools, leave_a_file_in_use_open) {
  const auto held = get(1);
  for (std::uint64_t number = 2; number < 10; ++number) get(number);
  EXPECT_EQ(files_->open_now, 4);
}

TEST_F(FilePools, close_what_they_are_to_forget) {
  get(1);
  pool_.forget(1);
  pool_.forget(2);
  EXPECT_EQ(files_->open_now, 0);
  get(1);
  EXPECT_EQ(files_->opened, 2);
}

TEST_F(FilePools, pass_on_why_a_file_does_not_open_and_keep_nothing) {
  EXPECT_EQ(pool_.get(1, "missing").error().code, std::errc::no_such_file_or_directory);
  EXPECT_TRUE(pool_.get(1, "file"));
}

}  // namespace
}  // namespace varve::engine
