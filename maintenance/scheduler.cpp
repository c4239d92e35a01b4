#include "maintenance/scheduler.hpp"

#include <algorithm>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <chrono>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "engine/base/fork.hpp"
#include "engine/base/mutex.hpp"
#include "engine/base/no_memory.hpp"
#include "engine/base/thread.hpp"
#include "varve/maintenance_handle.hpp"
#include "varve/try.hpp"

namespace varve::maintenance {

namespace {

using std::chrono::milliseconds;

// Between looks when nobody calls wake().
constexpr milliseconds idle_pause{1000};
// After failures in a row.
constexpr milliseconds retry_pause_min{100};
constexpr milliseconds retry_pause_max{10'000};

}  // namespace

/// Threads: everything runs on the one thread in io.run(), but for what is said to be shared.
struct Scheduler::Impl {
  Impl(Keeper& with, engine::Log where) : keeper(with), log(std::move(where)), timer(io) {}

  Keeper& keeper;
  const engine::Log log;
  const engine::HomeProcess home;
  asio::io_context io;  // Shared: post() and stop().

  // The thread's.
  asio::steady_timer timer;
  milliseconds retry_pause{0};  // 0 unless the last step failed.
  std::error_code failure;      // What was logged last.

  // Shared.
  std::atomic<bool> stopping{false};
  std::atomic<bool> woken{false};  // A handler of wake() is on its way.
  std::atomic<bool> running{false};
  engine::Mutex mutex;  // Held while the thread is started or joined.
  std::thread thread VARVE_GUARDED_BY(mutex);

  void wait(milliseconds pause) {
    timer.expires_after(pause);
    timer.async_wait([this](const std::error_code& cancelled) {
      if (!cancelled) work();
    });
  }

  /// Until there is nothing to do, or something fails.
  void work() {
    while (!stopping.load(std::memory_order_relaxed)) {
      const auto did = engine::or_no_memory([this] { return keeper.step(); });
      if (!did) return retry_after(did.error());
      if (retry_pause != milliseconds(0)) log.info("maintenance goes on");
      retry_pause = milliseconds(0);
      failure.clear();
      if (!*did) return wait(idle_pause);
    }
  }

  void retry_after(const Error& error) {
    retry_pause = std::clamp(retry_pause * 2, retry_pause_min, retry_pause_max);
    // Files have new names at each try, so the code alone says whether this is news.
    if (error.code != failure) {
      log.warning("maintenance failed, and will be tried again: " + error.message());
      failure = error.code;
    }
    wait(retry_pause);
  }

  void run() {
    const auto guard = asio::make_work_guard(io);
    // What is left where there is no memory to go on is a look at what is to do, in a while.
    while (!engine::if_memory_allows([this] {
      work();
      io.run();
    })) {
      std::this_thread::sleep_for(retry_pause_min);
    }
  }
};

Scheduler::Scheduler(Keeper& keeper, engine::Log log)
    : impl_(std::make_unique<Impl>(keeper, std::move(log))) {}

Scheduler::~Scheduler() { stop(); }

Status Scheduler::start() {
  const engine::Lock lock(impl_->mutex);
  if (impl_->running.load() || impl_->stopping.load()) {
    return fail(Errc::invalid_argument, "maintenance was started before");
  }
  VARVE_TRY(impl_->thread,
            engine::start_thread("varve-maint", [impl = impl_.get()] { impl->run(); }));
  impl_->running = true;
  return {};
}

bool Scheduler::running() const { return impl_->running.load(); }

void Scheduler::wake() {
  if (impl_->woken.exchange(true)) return;
  const auto handler = [impl = impl_.get()] {
    impl->woken = false;  // Before the work: what comes now is seen by it, or wakes again.
    // While it fails, its own pace is enough.
    if (impl->retry_pause != milliseconds(0)) return;
    impl->timer.cancel();
    impl->work();
  };
  // Where there is no memory for that, it looks by itself in a moment.
  if (!engine::if_memory_allows([&] { asio::post(impl_->io, handler); })) impl_->woken = false;
}

void Scheduler::stop() {
  // A child that was forked has not the thread, and its handle is not the last one.
  if (!impl_->home.is_here()) return;
  impl_->stopping = true;
  impl_->io.stop();
  const engine::Lock lock(impl_->mutex);
  if (impl_->thread.joinable()) impl_->thread.join();
  impl_->running = false;
}

}  // namespace varve::maintenance

namespace varve {

MaintenanceHandle::MaintenanceHandle(std::shared_ptr<maintenance::Scheduler> scheduler)
    : scheduler_(std::move(scheduler)) {}

MaintenanceHandle::MaintenanceHandle(MaintenanceHandle&&) noexcept = default;

MaintenanceHandle& MaintenanceHandle::operator=(MaintenanceHandle&& other) noexcept {
  if (this != &other) {
    stop();
    scheduler_ = std::move(other.scheduler_);
  }
  return *this;
}

MaintenanceHandle::~MaintenanceHandle() { stop(); }

void MaintenanceHandle::stop() {
  if (scheduler_) scheduler_->stop();
}

}  // namespace varve
