#include "engine/database/own_executor.hpp"

#include <asio/post.hpp>
#include <asio/system_executor.hpp>
#include <atomic>
#include <memory>
#include <new>
#include <optional>
#include <tuple>
#include <utility>

#include "engine/base/fork.hpp"
#include "engine/base/mutex.hpp"
#include "engine/base/no_memory.hpp"
#include "engine/base/thread.hpp"
#include "varve/try.hpp"

namespace varve::engine {

/// Handlers wait in a list of their own, which takes no memory, and one job of the context runs all
/// that there are. So a group of writes costs one job, and where there is no memory for it the
/// handlers wait for the next.
struct OwnExecutor::Shared {
  ~Shared();
  std::optional<std::uint64_t> post(detail::PendingWrite* first, detail::PendingWrite* last,
                                    std::uint64_t count);
  std::optional<std::uint64_t> post_again();
  bool is_job_posted() VARVE_REQUIRES(mutex);
  std::optional<std::uint64_t> handed_over() VARVE_REQUIRES(mutex);
  void put_back(detail::PendingWrite* handlers);
  void run();

  asio::io_context context{1};
  Mutex mutex;
  detail::PendingWrite* first_waiting VARVE_GUARDED_BY(mutex) = nullptr;
  detail::PendingWrite* last_waiting VARVE_GUARDED_BY(mutex) = nullptr;
  bool is_posted VARVE_GUARDED_BY(mutex) = false;  // The job that runs them.
  // So many handlers found no memory, and nobody was told since that they run. Counted with the
  // list: were it apart, a post() that is slow could tell of those who came after its job had run.
  std::uint64_t late VARVE_GUARDED_BY(mutex) = 0;
};

OwnExecutor::Shared::~Shared() {
  detail::PendingWrite* handlers = nullptr;
  {
    const Lock lock(mutex);
    handlers = std::exchange(first_waiting, nullptr);
  }
  while (handlers != nullptr) std::exchange(handlers, handlers->next)->discard();
}

std::optional<std::uint64_t> OwnExecutor::Shared::post(detail::PendingWrite* first,
                                                       detail::PendingWrite* last,
                                                       std::uint64_t count) {
  const Lock lock(mutex);
  (first_waiting == nullptr ? first_waiting : last_waiting->next) = first;
  last_waiting = last;
  late += count;
  return handed_over();
}

std::optional<std::uint64_t> OwnExecutor::Shared::post_again() {
  const Lock lock(mutex);
  return handed_over();
}

/// Whether all that wait will run.
bool OwnExecutor::Shared::is_job_posted() {
  if (first_waiting == nullptr || is_posted) return true;
  is_posted = if_memory_allows([this] { asio::post(context, [this] { run(); }); });
  return is_posted;
}

std::optional<std::uint64_t> OwnExecutor::Shared::handed_over() {
  if (!is_job_posted()) return std::nullopt;
  return std::exchange(late, 0);
}

/// To the front: they were there before.
void OwnExecutor::Shared::put_back(detail::PendingWrite* handlers) {
  if (handlers == nullptr) return;
  detail::PendingWrite* last = handlers;
  while (last->next != nullptr) last = last->next;
  const Lock lock(mutex);
  last->next = first_waiting;
  if (first_waiting == nullptr) last_waiting = last;
  first_waiting = handlers;
}

void OwnExecutor::Shared::run() {
  detail::PendingWrite* handlers = nullptr;
  {
    const Lock lock(mutex);
    handlers = std::exchange(first_waiting, nullptr);
    is_posted = false;
  }
  try {
    while (handlers != nullptr) std::exchange(handlers, handlers->next)->run();
  } catch (...) {
    // The others are not to suffer for one that throws.
    put_back(handlers);
    const Lock lock(mutex);
    std::ignore = is_job_posted();  // Who is late is told by the next post().
    throw;
  }
}

OwnExecutor::OwnExecutor() : shared_(std::make_shared<Shared>()) {}

// A handler that throws here ends the program, as it does on the thread.
// NOLINTNEXTLINE(bugprone-exception-escape)
OwnExecutor::~OwnExecutor() { stop(); }

Status OwnExecutor::start() {
  work_.emplace(asio::make_work_guard(shared_->context));
  VARVE_TRY(thread_, start_thread("varve-async", [shared = shared_] { shared->context.run(); }));
  id_ = thread_.get_id();
  return {};
}

asio::any_io_executor OwnExecutor::executor() const { return shared_->context.get_executor(); }

std::optional<std::uint64_t> OwnExecutor::post(detail::PendingWrite* first,
                                               detail::PendingWrite* last, std::uint64_t count) {
  return shared_->post(first, last, count);
}

std::optional<std::uint64_t> OwnExecutor::post_again() { return shared_->post_again(); }

bool OwnExecutor::poll_one() {
  shared_->context.restart();
  return shared_->context.poll_one() != 0;
}

void OwnExecutor::stop() {
  work_.reset();
  if (!thread_.joinable()) {
    while (poll_one()) {
    }
  } else if (thread_.get_id() == std::this_thread::get_id()) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

namespace {

/// Never destroyed: at the end of the process, or in a child of this child, nobody may wait for its
/// thread.
struct ChildExecutor {
  HomeProcess home;
  OwnExecutor executor;
};

}  // namespace

// `newest` is that of the process which asked for one last; a child of that one replaces it.
asio::any_io_executor executor_of_child() noexcept {
  static std::atomic<ChildExecutor*> newest{nullptr};
  try {
    ChildExecutor* found = newest.load(std::memory_order_acquire);
    while (found == nullptr || !found->home.is_here()) {
      auto fresh = std::make_unique<ChildExecutor>();
      if (!fresh->executor.start()) return asio::system_executor();
      // Where another thread was first, that one's is used.
      if (newest.compare_exchange_strong(found, fresh.get(), std::memory_order_acq_rel)) {
        found = fresh.release();
      }
    }
    return found->executor.executor();
  } catch (const std::bad_alloc&) {
    return asio::system_executor();
  }
}

}  // namespace varve::engine
