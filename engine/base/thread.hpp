#pragma once

#include <functional>
#include <string>
#include <thread>

#include "varve/error.hpp"

namespace varve::engine {

/// Runs `work` on a new thread called `name` (at most 15 characters), which leaves the program's
/// signals to the program's own threads. Fails with the errno where the system has no more threads.
Result<std::thread> start_thread(std::string name, std::move_only_function<void()> work);

}  // namespace varve::engine
