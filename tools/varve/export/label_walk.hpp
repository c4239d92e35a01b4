#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tools/varve/terminal/failure.hpp"
#include "varve/engine.hpp"

namespace varve::tools {

/// The series of a query with their labels, whether they have records or not, by key. They are
/// asked for some at a time, so that memory does not depend on how many there are. For one thread.
class LabelWalk {
 public:
  static constexpr std::size_t page_series = 1'000;

  /// The query's keys and matchers count, its times do not. `reads` has the snapshot that it is of.
  LabelWalk(Engine& engine, const Query& query, ReadOptions reads);

  /// Where it stands; null at the end. Valid until pop() and the next front().
  Outcome<const DescribedSeries*> front();
  /// Goes on. REQUIRES that front() gave a series.
  void pop() { ++front_->at; }

 private:
  /// The series with records, or those without.
  struct Pages {
    bool without_records;
    std::string next_key;
    std::vector<DescribedSeries> page = {};
    std::size_t at = 0;
    bool is_last = false;
  };
  Outcome<const DescribedSeries*> front_of(Pages& pages);

  Engine& engine_;
  const Query query_;
  const ReadOptions reads_;
  Pages with_records_;
  Pages without_records_;
  Pages* front_ = nullptr;  // Where front() stands.
};

}  // namespace varve::tools
