// What only the machine's own file system can show: a directory whose path leads elsewhere by now,
// and system calls that a file system does not have.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/bytes.hpp"
#include "tests/support/temporary_directory.hpp"
#include "varve/file_system.hpp"

namespace varve {
namespace {

namespace fs = std::filesystem;
using engine::as_bytes;
using Names = std::vector<std::string>;

class PosixDirectory : public testing::Test {
 protected:
  PosixDirectory() {
    fs::create_directories(home_ / "db" / "sub");
    fs::create_directory(home_ / "other");
    fs::current_path(home_);
  }
  ~PosixDirectory() override { fs::current_path(before_); }

  /// Every call of a directory, all of which must find `there` and nothing else.
  static void expect_all_calls_in(Directory& directory, const fs::path& there) {
    const auto file = directory.open("a", OpenMode::create, {WriteReason::log}).value();
    const std::span<const std::byte> piece = as_bytes("text");
    EXPECT_TRUE(file->write_at(0, std::span(&piece, 1)));
    EXPECT_TRUE(file->sync());
    EXPECT_TRUE(fs::exists(there / "a"));
    EXPECT_EQ(directory.exists("a"), true);
    EXPECT_TRUE(directory.open("a", OpenMode::read_write));
    EXPECT_TRUE(directory.rename("a", "b"));
    EXPECT_TRUE(fs::exists(there / "b"));
    const auto sub = directory.open_directory("sub").value();
    EXPECT_TRUE(directory.link("b", *sub, "c"));
    EXPECT_TRUE(fs::exists(there / "sub" / "c"));
    EXPECT_TRUE(directory.rename("b", *sub, "d"));
    EXPECT_TRUE(fs::exists(there / "sub" / "d"));
    EXPECT_TRUE(sub->sync());
    EXPECT_TRUE(directory.create_directory("new"));
    EXPECT_TRUE(fs::is_directory(there / "new"));
    const auto lock = directory.lock("LOCK");
    ASSERT_TRUE(lock);
    EXPECT_TRUE((*lock)->check());
    EXPECT_TRUE(fs::exists(there / "LOCK"));
    EXPECT_EQ(directory.list().value().size(), 3u) << "LOCK, new, sub";
    EXPECT_TRUE(directory.remove("LOCK"));
    EXPECT_FALSE(fs::exists(there / "LOCK"));
    EXPECT_TRUE(directory.sync());
    EXPECT_EQ(directory.is_there(), true);
    EXPECT_TRUE(directory.free_bytes());
    EXPECT_TRUE(fs::is_empty(there.parent_path() / "other"));
  }

  const fs::path before_ = fs::current_path();
  const test::TemporaryDirectory temporary_;
  const fs::path home_ = temporary_.path();
  const std::shared_ptr<FileSystem> files_ = posix_file_system();
};

TEST_F(PosixDirectory, stays_the_same_when_the_working_directory_changes) {
  const auto directory = files_->open_directory("db").value();
  fs::current_path(home_ / "other");
  expect_all_calls_in(*directory, home_ / "db");
  EXPECT_EQ(directory->path(), "db") << "as it was given";
}

TEST_F(PosixDirectory, stays_the_same_when_it_is_renamed_and_another_takes_its_place) {
  const auto directory = files_->open_directory(home_ / "db").value();
  fs::rename(home_ / "db", home_ / "moved");
  fs::create_directory(home_ / "db");
  expect_all_calls_in(*directory, home_ / "moved");
  EXPECT_TRUE(fs::is_empty(home_ / "db"));
}

TEST_F(PosixDirectory, stays_the_same_when_a_symbolic_link_to_it_is_pointed_elsewhere) {
  fs::create_directory_symlink("db", home_ / "link");
  const auto directory = files_->open_directory(home_ / "link").value();
  fs::remove(home_ / "link");
  fs::create_directory_symlink("other", home_ / "link");
  expect_all_calls_in(*directory, home_ / "db");
}

TEST_F(PosixDirectory, that_was_removed_is_not_there) {
  const auto directory = files_->open_directory("other").value();
  EXPECT_EQ(directory->is_there(), true);
  fs::remove(home_ / "other");
  EXPECT_EQ(directory->is_there(), false);
  EXPECT_EQ(directory->open("a", OpenMode::create).error().code,
            std::errc::no_such_file_or_directory);
  EXPECT_EQ(directory->exists("a"), false);
}

TEST_F(PosixDirectory, has_as_much_space_as_an_unprivileged_program_may_take) {
  struct statvfs status{};
  ASSERT_EQ(::statvfs(home_.c_str(), &status), 0);
  const auto expected = static_cast<double>(status.f_bavail) * static_cast<double>(status.f_frsize);
  const auto free = static_cast<double>(files_->open_directory("db").value()->free_bytes().value());
  EXPECT_NEAR(free, expected, expected / 2) << "others write at the same time";
}

TEST_F(PosixDirectory, spells_names_in_the_working_directory_without_a_dot) {
  const auto directory = files_->open_directory(".").value();
  EXPECT_EQ(directory->open("missing", OpenMode::read).error().where, "open missing");
  EXPECT_EQ(directory->open_directory("db").value()->path(), "db");
}

/// Makes this process's calls of one number fail with `error`, for good; those with this second
/// argument alone where one is given. False where the machine does not let us.
bool deny(long call, int error, long second_argument = -1) {
  const auto number = static_cast<__u32>(call);
  const auto wanted = static_cast<__u32>(second_argument);
  const auto answer = SECCOMP_RET_ERRNO | static_cast<__u32>(error);
  std::array<sock_filter, 6> filter{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args) + 8),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, wanted, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, answer),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  if (second_argument < 0) filter[3] = BPF_STMT(BPF_JMP | BPF_JA, 0);  // To the answer.
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

constexpr int denied = 100;  ///< deny() was not possible.

/// Runs `test` in a process of its own and gives its exit code: 0 where it returned true.
int in_a_process(const std::function<bool()>& prepare, const std::function<bool()>& test) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(!prepare() ? denied : test() ? 0 : 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(PosixDirectory, counts_as_synced_where_the_file_system_syncs_no_directories) {
  const auto directory = files_->open_directory("db").value();
  for (const int error : {EINVAL, ENOTSUP}) {
    const int code = in_a_process([error] { return deny(SYS_fsync, error); },
                                  [&] { return directory->sync().has_value(); });
    if (code == denied) GTEST_SKIP() << "seccomp is not to be had";
    EXPECT_EQ(code, 0) << error;
  }
  const int code = in_a_process([] { return deny(SYS_fsync, EIO); },
                                [&] { return !directory->sync().has_value(); });
  EXPECT_EQ(code, 0) << "every other failure is one";
}

TEST_F(PosixDirectory, refuses_a_lock_that_the_file_system_cannot_give_and_leaves_no_file) {
  const auto directory = files_->open_directory("db").value();
  for (const int error : {ENOLCK, EINVAL, ENOTSUP, ENOSYS}) {
    const int code = in_a_process([error] { return deny(SYS_fcntl, error, F_OFD_SETLK); },
                                  [&] {
                                    const auto lock = directory->lock("LOCK");
                                    return !lock && lock.error().where.find("cannot lock files") !=
                                                        std::string::npos;
                                  });
    if (code == denied) GTEST_SKIP() << "seccomp is not to be had";
    EXPECT_EQ(code, 0) << error;
    EXPECT_FALSE(fs::exists(home_ / "db" / "LOCK")) << error;
  }
  std::ofstream(home_ / "db" / "LOCK") << "17 gateway\n";
  EXPECT_EQ(in_a_process([] { return deny(SYS_fcntl, ENOLCK, F_OFD_SETLK); },
                         [&] { return !directory->lock("LOCK"); }),
            0);
  EXPECT_TRUE(fs::exists(home_ / "db" / "LOCK")) << "it was there before";
}

TEST_F(PosixDirectory, keeps_a_note_of_one_lock_for_the_next_one) {
  const auto directory = posix_file_system()->open_directory(home_).value();
  directory->lock("LOCK").value()->note("a line", true);
  const auto lock = directory->lock("LOCK").value();
  std::ifstream file(home_ / "LOCK");
  std::string holder;
  std::string note;
  std::getline(file, holder);
  std::getline(file, note);
  EXPECT_TRUE(holder.starts_with(std::to_string(::getpid()))) << holder;
  EXPECT_EQ(note, "a line");
  EXPECT_FALSE(std::getline(file, note)) << note;
}

}  // namespace
}  // namespace varve
