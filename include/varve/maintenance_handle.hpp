#pragma once

#include <memory>

namespace varve {

namespace maintenance {
class Scheduler;
}

/// Background maintenance, for as long as this lives. Destruction waits for the job under way.
class MaintenanceHandle {
 public:
  MaintenanceHandle(MaintenanceHandle&&) noexcept;
  MaintenanceHandle& operator=(MaintenanceHandle&&) noexcept;
  ~MaintenanceHandle();

  void stop();  ///< What the destructor does. Calling it twice is fine.

 private:
  friend class EngineImpl;
  explicit MaintenanceHandle(std::shared_ptr<maintenance::Scheduler> scheduler);

  std::shared_ptr<maintenance::Scheduler> scheduler_;
};

}  // namespace varve
