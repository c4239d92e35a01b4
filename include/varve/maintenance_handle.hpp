#pragma once

#include "varve/detail/requirements.hpp"

#include <memory>

namespace varve {

namespace engine {
class Upkeep;
}
namespace maintenance {
class Scheduler;
}

/// Background maintenance, for as long as this lives: Engine::start_maintenance() starts it for an
/// engine that was opened with Options::background_maintenance off.
///
/// Destruction ends the thread, and waits for the job under way: a compaction may take seconds.
/// Nothing is lost by that; what was not done yet is done by the next maintenance, or by flush(),
/// compact() and collect_garbage(). Closing the engine stops the thread too.
class MaintenanceHandle {
 public:
  MaintenanceHandle(MaintenanceHandle&&) noexcept;
  MaintenanceHandle& operator=(MaintenanceHandle&&) noexcept;
  ~MaintenanceHandle();

  /// Does what the destructor does. Calling it twice is fine, also on two threads.
  void stop();

 private:
  friend class engine::Upkeep;
  explicit MaintenanceHandle(std::shared_ptr<maintenance::Scheduler> scheduler);

  std::shared_ptr<maintenance::Scheduler> scheduler_;
};

}  // namespace varve
