#pragma once

#include "varve/detail/requirements.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

namespace varve {

/// How much a message of the engine matters.
enum class LogLevel : std::uint8_t {
  info,     ///< What was done, for example what recovery found.
  warning,  ///< Something failed, and the engine goes on: it tries again, or does without.
  error,    ///< Somebody has to look: writes have stopped, or stored bytes are damaged.
};

/// Receives the engine's messages (Options::log). Called on any thread, also under load: return
/// quickly, and do not call the engine from it.
using LogCallback = std::function<void(LogLevel, std::string_view message)>;

}  // namespace varve
