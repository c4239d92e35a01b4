#include "engine/table/file_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace varve::engine {
namespace {

/// Files that only count how many of them are open.
class CountingFiles final : public Directory {
 public:
  const std::filesystem::path& path() const override { return path_; }
  Result<std::unique_ptr<varve::File>> open(const std::string& name, OpenMode,
                                            WriteCause) override {
    ++opened;
    if (name == "missing") {
      return std::unexpected(
          Error{std::make_error_code(std::errc::no_such_file_or_directory), "missing"});
    }
    return std::make_unique<CountedFile>(open_now);
  }
  Result<bool> exists(const std::string&) override { return true; }
  Status remove(const std::string&) override { return {}; }
  using Directory::rename;
  Status rename(const std::string&, Directory&, const std::string&) override { return {}; }
  Status link(const std::string&, Directory&, const std::string&) override { return {}; }
  Result<std::vector<std::string>> list() override { return std::vector<std::string>(); }
  Status sync() override { return {}; }
  Result<std::unique_ptr<FileLock>> lock(const std::string&) override { return nullptr; }
  Result<std::optional<std::string>> locked_by(const std::string&) override { return std::nullopt; }
  Status create_directory(const std::string&) override { return {}; }
  Result<std::shared_ptr<Directory>> open_directory(const std::string&) override { return nullptr; }
  Result<std::uint64_t> free_bytes() override { return std::uint64_t{0}; }
  Result<bool> is_there() override { return true; }

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
    Result<std::uint64_t> links() const override { return std::uint64_t{1}; }
    Status close() override { return {}; }

   private:
    int& count_;
  };

  const std::filesystem::path path_ = "files";
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

TEST_F(FilePools, give_back_a_quarter_of_their_files_those_not_used_for_longest) {
  FilePool pool(files_, 100);
  for (std::uint64_t number = 0; number < 8; ++number) pool.get(number, "file").value();
  pool.get(0, "file").value();
  EXPECT_TRUE(pool.give_back());
  EXPECT_EQ(files_->open_now, 6);
  files_->opened = 0;
  for (const std::uint64_t number : {0u, 3u, 4u, 5u, 6u, 7u}) pool.get(number, "file").value();
  EXPECT_EQ(files_->opened, 0) << "1 and 2 went";
}

TEST_F(FilePools, give_back_only_what_nobody_reads_until_nothing_is_left) {
  const auto first = get(1);
  get(2);
  const auto last = get(3);
  EXPECT_TRUE(pool_.give_back());
  EXPECT_EQ(files_->open_now, 2);
  EXPECT_FALSE(pool_.give_back()) << "both are being read";
  EXPECT_EQ(get(1), first) << "and are still in the pool";
  EXPECT_EQ(files_->opened, 3);
}

TEST_F(FilePools, ask_how_many_there_may_be_each_time_that_one_is_opened) {
  std::size_t most = 5;
  FilePool pool(files_, [&] { return most; });
  for (std::uint64_t number = 0; number < 10; ++number) pool.get(number, "file").value();
  EXPECT_EQ(files_->open_now, 5);
  most = 2;
  pool.get(10, "file").value();
  EXPECT_EQ(files_->open_now, 2);
  most = 0;
  pool.get(11, "file").value();
  EXPECT_EQ(files_->open_now, 1) << "the one that was asked for";
}

TEST_F(FilePools, pass_on_why_a_file_does_not_open_and_keep_nothing) {
  EXPECT_EQ(pool_.get(1, "missing").error().code, std::errc::no_such_file_or_directory);
  EXPECT_TRUE(pool_.get(1, "file"));
}

}  // namespace
}  // namespace varve::engine
