#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include "engine/base/bytes.hpp"
#include "tests/support/child.hpp"
#include "tests/support/temporary_directory.hpp"
#include "varve/file_system.hpp"

namespace varve {
namespace {

using engine::as_bytes;
using engine::Bytes;
using std::filesystem::path;

class PosixFileSystem : public testing::Test {
 protected:
  const test::TemporaryDirectory directory_;
  const path root_ = directory_.path();
  const std::shared_ptr<FileSystem> files_ = posix_file_system();
  const std::shared_ptr<Directory> inside_ = files_->open_directory(root_).value();
};

std::string text_of(const path& name) {
  std::ifstream file(name);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_F(PosixFileSystem, calls_a_full_disk_no_space) {
  const auto full =
      files_->open_directory("/dev").value()->open("full", OpenMode::read_write).value();
  const std::span<const std::byte> piece = as_bytes("x");
  const Status status = full->write_at(7, std::span(&piece, 1));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::no_space);
  EXPECT_EQ(status.error().code, std::errc::no_space_on_device);
  EXPECT_EQ(status.error().where, "write /dev/full @ 7");
}

TEST_F(PosixFileSystem, says_where_a_write_stopped) {
  const auto file = inside_->open("a", OpenMode::create).value();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{6, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  const std::vector<std::span<const std::byte>> pieces = {as_bytes("1234"), as_bytes("5678")};
  const Status status = file->write_at(0, pieces);
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, ignored);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().where, "write " + (root_ / "a").string() + " @ 6");
  EXPECT_EQ(text_of(root_ / "a"), "123456");
}

TEST_F(PosixFileSystem, keeps_the_errno_of_a_file_system_that_may_not_be_written) {
  const auto proc = files_->open_directory("/proc").value();
  const auto created = proc->open("varve", OpenMode::create);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code.category(), std::generic_category());
  EXPECT_FALSE(proc->lock("LOCK"));
}

TEST_F(PosixFileSystem, tells_once_of_a_failed_sync) {
  // A pipe cannot be synced, so fdatasync() fails as it does on a broken disk, with another errno.
  ASSERT_EQ(::mkfifo((root_ / "pipe").c_str(), 0600), 0);
  const auto pipe = inside_->open("pipe", OpenMode::read_write).value();
  const Status status = pipe->sync();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().where, "sync " + (root_ / "pipe").string());
}

TEST_F(PosixFileSystem, hands_no_descriptor_to_other_programs) {
  const auto before = ::dup(0);
  ::close(before);
  const auto directory = files_->open_directory(root_).value();
  const auto file = directory->open("a", OpenMode::create).value();
  const auto lock = directory->lock("LOCK").value();
  int open = 0;
  for (int number = before; number < before + 3; ++number) {
    const int flags = ::fcntl(number, F_GETFD);
    ASSERT_GE(flags, 0) << number;
    EXPECT_TRUE(flags & FD_CLOEXEC) << number;
    ++open;
  }
  EXPECT_EQ(open, 3);
}

TEST_F(PosixFileSystem, gives_no_file_the_number_of_a_standard_stream_that_is_closed) {
  const int wrong = test::in_child([&] {
    for (int fd = 0; fd <= 2; ++fd) ::close(fd);
    const auto file = inside_->open("file", OpenMode::create, {});
    const auto lock = inside_->lock("LOCK");
    if (!file || !lock) return 50;
    int open = 0;
    for (int fd = 0; fd <= 2; ++fd) open += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    return open;
  });
  EXPECT_EQ(wrong, 0);
}

TEST_F(PosixFileSystem, locks_out_other_processes_and_names_the_holder) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto lock = inside_->lock("LOCK");
    const char answer = lock ? 'y' : 'n';
    if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');

  const auto refused = inside_->lock("LOCK");
  EXPECT_FALSE(refused);
  if (!refused) {
    EXPECT_EQ(refused.error().code, Errc::locked);
    EXPECT_EQ(refused.error().where, "lock " + (root_ / "LOCK").string() + ": held by pid " +
                                         std::to_string(child) + " (" +
                                         program_invocation_short_name + ')');
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);

  EXPECT_TRUE(inside_->lock("LOCK")) << "a killed process holds no lock";
}

TEST_F(PosixFileSystem, says_who_took_the_lock_last) {
  std::ofstream(root_ / "LOCK") << "4711 a-program-with-quite-a-long-name-that-ends-here\nrest\n";
  const auto lock = inside_->lock("LOCK").value();
  EXPECT_EQ(text_of(root_ / "LOCK"),
            std::to_string(::getpid()) + ' ' + program_invocation_short_name + "\nrest\n");
}

TEST_F(PosixFileSystem, prints_no_garbage_from_a_lock_file) {
  const auto lock = inside_->lock("LOCK").value();
  for (const std::string& garbage : {std::string(100, '\0'), std::string("\x1b[31m 1"),
                                     std::string(), std::string("nonsense")}) {
    std::ofstream(root_ / "LOCK", std::ios::binary) << garbage;
    const auto refused = inside_->lock("LOCK");
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().where.ends_with(": held by an unknown process"))
        << refused.error().where;
  }
}

TEST_F(PosixFileSystem, reads_and_writes_beyond_4_gib) {
  const auto file = inside_->open("a", OpenMode::create).value();
  const std::uint64_t offset = (std::uint64_t{1} << 32) + 5;
  const std::span<const std::byte> piece = as_bytes("far");
  ASSERT_TRUE(file->write_at(offset, std::span(&piece, 1)));
  EXPECT_EQ(file->size(), offset + 3);
  Bytes bytes(3);
  ASSERT_TRUE(file->read_at(offset, bytes));
  EXPECT_EQ(engine::as_text(bytes), "far");
}

}  // namespace
}  // namespace varve
