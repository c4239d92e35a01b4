#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/differential/oracle.hpp"
#include "varve/varve.hpp"

namespace varve::test {

/// One answer of aggregate() as it should be.
struct Recomputed {
  std::string key;
  Timestamp ts = 0;
  std::optional<Value> value;
  /// How far a double may lie from `value`: none where the header says which double it is.
  double off = 0;
  /// Of first and last, which are given as they came, NaN included. Else all NaN are one.
  bool is_as_written = false;

  bool agrees_with(const Aggregate& answer) const;
};

/// What aggregate() has to answer, computed by hand from what include/varve/aggregation.hpp says:
/// all of the question's records are laid into their buckets, and each bucket's list is looked at.
struct Recomputation {
  /// Of so many filled buckets there is nothing to learn; and they stay within
  /// Aggregation::filled_bytes_max, so it need not be known what counts there.
  static constexpr std::uint64_t filled_max = 20'000;

  std::vector<Recomputed> answers;  ///< None where it is too long.
  std::uint64_t filled = 0;         ///< Buckets that the fill puts in.

  bool is_too_long() const { return filled > filled_max; }
  /// What the call has to fail with invalid_argument for.
  bool is_refused() const { return filled > Aggregation::filled_max; }
};

Recomputation recompute(const Oracle& oracle, const Question& question,
                        const Aggregation& aggregation);

std::string say(const Recomputed& expected);
std::string say(const Aggregate& answer);

/// The first answer that does not agree; empty where all do.
std::string difference(const std::vector<Aggregate>& found,
                       const std::vector<Recomputed>& expected);

}  // namespace varve::test
