#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "engine/base/gate.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"
#include "varve/try.hpp"

namespace varve::engine {

/// The lock of an open database, which whoever changes it holds meanwhile, until it is let go of.
///
/// Threads: any. Who drops the last snapshot removes the tables that it alone needed, on any thread
/// and beside a close(). So all that is done under the lock is done inside a gate: let_go() lets
/// nothing more in, waits for what is inside, and then unlocks on its own thread. When it returns
/// nobody holds the lock any more, and the database can be opened at once. The gate orders each use
/// of lock_ before its end.
class DatabaseLock {
 public:
  explicit DatabaseLock(std::unique_ptr<const FileLock> lock) : lock_(std::move(lock)) {}

  /// Does what `change` does, which returns a Status. Fails with Errc::locked where the lock is not
  /// the file's any more, and with Errc::closed once it was let go of.
  template <class Change>
  [[nodiscard]] Status while_held(Change change) {
    const Gate::Pass pass(gate_);
    if (!pass) return fail(Errc::closed, "the lock of the database was given up");
    VARVE_CHECK(lock_->check());
    return change();
  }
  [[nodiscard]] Status check() {
    return while_held([] { return Status(); });
  }

  /// FileLock::note(), while there is a lock.
  void note(std::string_view line, bool durable) {
    const Gate::Pass pass(gate_);
    if (pass) lock_->note(line, durable);
  }

  /// Not from inside of while_held(), for which it would wait.
  void let_go() {
    gate_.close();
    lock_.reset();
  }

 private:
  Gate gate_;
  std::unique_ptr<const FileLock> lock_;  // Null once it was let go of.
};

}  // namespace varve::engine
