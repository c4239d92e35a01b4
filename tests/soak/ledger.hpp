#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/random.hpp"
#include "varve/varve.hpp"

namespace varve::test {

/// What one writer did to the series of its own, and what reads of them must give. Forgets what
/// has expired, so it takes no more memory than the records that are live. For one thread at a
/// time.
class Ledger {
 public:
  explicit Ledger(std::string prefix) : prefix_(std::move(prefix)) {}

  /// Of all its keys, and of no other writer's.
  const std::string& prefix() const { return prefix_; }

  /// A batch as a gateway sends it, of about `now`: fresh records of many series, with and without
  /// a TTL, some late, some repeated, and now and then a delete. The ledger already counts on it.
  WriteBatch next_batch(Timestamp now, Random& random);

  /// The live records of a moment, in the order of a query. Asked for moments that do not go back.
  std::vector<Record> live(Timestamp now);
  /// The same of one series.
  std::vector<Record> live(const std::string& key, Timestamp now);
  std::string some_key(Random& random) const;

 private:
  struct Stored {
    Value value;
    Timestamp expires_at;
  };
  using Stretch = std::map<Timestamp, Stored>;

  void put(WriteBatch& batch, const std::string& key, Timestamp ts, Value value, Duration ttl,
           Timestamp now);
  void erase_range(WriteBatch& batch, const std::string& key, TimeRange range);

  std::string prefix_;
  std::map<std::string, Stretch> series_;
};

}  // namespace varve::test
