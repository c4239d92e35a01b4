#pragma once

#include "engine/record/key.hpp"
#include "engine/record/time_span.hpp"

namespace varve::engine {

/// A deleted rectangle. It hides what was written before it; the context says what is before.
struct RangeTombstone {
  KeyRange keys;
  TimeSpan times;

  friend bool operator==(const RangeTombstone&, const RangeTombstone&) = default;
};

}  // namespace varve::engine
