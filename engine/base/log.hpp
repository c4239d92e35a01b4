#pragma once

#include <string_view>
#include <utility>

#include "varve/log.hpp"

namespace varve::engine {

/// The user's callback, or nothing. An error is logged where it is detected, once.
class Log {
 public:
  Log() = default;
  explicit Log(LogCallback callback) : callback_(std::move(callback)) {}

  void info(std::string_view message) const { write(LogLevel::info, message); }
  void warning(std::string_view message) const { write(LogLevel::warning, message); }
  void error(std::string_view message) const { write(LogLevel::error, message); }

 private:
  void write(LogLevel level, std::string_view message) const {
    if (callback_) callback_(level, message);
  }

  LogCallback callback_;
};

}  // namespace varve::engine
