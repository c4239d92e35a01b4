#pragma once

#include "varve/detail/requirements.hpp"

#include <cstdint>
#include <utility>

#include "varve/detail/finds_memory.hpp"

namespace varve::detail {

/// A post() under way on this thread, for the job that it posts. Where there is no memory for the
/// job, or the executor drops it there and then, it is destroyed before post() returns, and gives
/// back what it stands for instead of dropping that too.
///
/// Whether the job came back says who has it, and std::bad_alloc does not: Asio's strand takes a
/// job, and may then lack the memory to have itself run.
class PostUnderWay {
 public:
  enum class Outcome : std::uint8_t {
    taken,      ///< The executor has the job, or has run it.
    no_memory,  ///< It came back for want of memory.
    dropped,    ///< It came back: the executor runs nothing more.
  };

  /// `posted` is what the job stands for, by which it is known.
  explicit PostUnderWay(const void* posted)
      : posted_(posted), outer_(std::exchange(innermost, this)) {}
  PostUnderWay(const PostUnderWay&) = delete;
  PostUnderWay& operator=(const PostUnderWay&) = delete;
  ~PostUnderWay() { innermost = outer_; }

  /// Makes the call, which posts the job. What it throws but std::bad_alloc goes on to the caller.
  /// No executor runs the job inside: post() requires one that does not. So std::bad_alloc is never
  /// a handler's own.
  template <class Call>
  Outcome outcome_of(Call call) {
    const bool found = finds_memory(std::move(call));
    if (!came_back_) return Outcome::taken;
    return found ? Outcome::dropped : Outcome::no_memory;
  }

  /// For the job that is destroyed and has not run. True where the thread is just posting it.
  static bool give_back(const void* posted) {
    for (PostUnderWay* at = innermost; at != nullptr; at = at->outer_) {
      if (at->posted_ != posted) continue;
      at->came_back_ = true;
      return true;
    }
    return false;
  }

 private:
  static inline thread_local constinit PostUnderWay* innermost = nullptr;

  const void* const posted_;
  PostUnderWay* const outer_;
  bool came_back_ = false;
};

}  // namespace varve::detail
