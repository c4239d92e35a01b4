#pragma once

#include "varve/detail/requirements.hpp"

#include <optional>
#include <utility>

#include "varve/clock.hpp"
#include "varve/query.hpp"

namespace varve {

/// By which time Engine::collect_garbage() judges what has expired, and what it removes besides.
///
///     engine.collect_garbage(ClockTrust::vouched)
///     engine.collect_garbage(CollectOptions().labels_without_records(Query::prefix("pod/")))
class CollectOptions {
 public:
  /// Implicit, so that a ClockTrust alone will do.
  CollectOptions(ClockTrust trust = ClockTrust::guarded) : trust_(trust) {}

  /// Removes the labels of the series that the keys and matchers of `query` choose and that have no
  /// record left, whatever Labels::leave_with_records() says of them. Its times and limits do not
  /// matter. A series that was described before its first record loses its labels, too; one that is
  /// written to or described meanwhile keeps them. Query::without_records() lists beforehand what
  /// would go. Off unless called.
  CollectOptions& labels_without_records(Query query) {
    labels_without_records_ = std::move(query);
    return *this;
  }

  ClockTrust trust() const { return trust_; }
  const std::optional<Query>& labels_without_records() const { return labels_without_records_; }

 private:
  ClockTrust trust_;
  std::optional<Query> labels_without_records_;
};

}  // namespace varve
