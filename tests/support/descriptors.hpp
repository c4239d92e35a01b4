#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <vector>

namespace varve::test {

/// Lets the process have so many descriptors, while it lives. REQUIRES that it has fewer open.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t most) {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    const struct rlimit fewer{most, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &fewer), 0);
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

 private:
  struct rlimit before_{};
};

/// Takes every descriptor that is left, and holds them while it lives.
class AllDescriptors {
 public:
  AllDescriptors() {
    for (int taken = open(); taken >= 0; taken = open()) taken_.push_back(taken);
  }
  ~AllDescriptors() {
    for (const int taken : taken_) ::close(taken);
  }
  std::size_t size() const { return taken_.size(); }
  AllDescriptors(const AllDescriptors&) = delete;
  AllDescriptors& operator=(const AllDescriptors&) = delete;

 private:
  static int open() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

  std::vector<int> taken_;
};

}  // namespace varve::test
