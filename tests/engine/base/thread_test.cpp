#include "engine/base/thread.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <csignal>

namespace varve::engine {
namespace {

TEST(Thread, carries_its_name) {
  std::array<char, 16> name{};
  start_thread("varve-writer",
               [&] { pthread_getname_np(pthread_self(), name.data(), name.size()); })
      .value()
      .join();
  EXPECT_STREQ(name.data(), "varve-writer");
}

TEST(Thread, leaves_the_programs_signals_to_the_programs_threads) {
  sigset_t mask;
  start_thread("t", [&] { pthread_sigmask(SIG_BLOCK, nullptr, &mask); }).value().join();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGUSR1, SIGCHLD}) {
    EXPECT_EQ(sigismember(&mask, signal), 1) << signal;
  }
  EXPECT_EQ(sigismember(&mask, SIGSEGV), 0);
}

TEST(Thread, leaves_the_mask_of_its_starter_as_it_was) {
  sigset_t mask;
  sigset_t before;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR2);
  pthread_sigmask(SIG_SETMASK, &mask, &before);
  start_thread("t", [] {}).value().join();
  pthread_sigmask(SIG_SETMASK, &before, &mask);
  EXPECT_EQ(sigismember(&mask, SIGUSR2), 1);
  EXPECT_EQ(sigismember(&mask, SIGTERM), 0);
}

}  // namespace
}  // namespace varve::engine
