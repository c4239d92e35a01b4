#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "tests/model/model.hpp"
#include "tests/model/program.hpp"

namespace varve::test {

/// The engine did what the model does not.
class Mismatch : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The value, or a Mismatch that says what was asked.
template <class T>
T require(Result<T> result, const std::string& what) {
  if (!result) throw Mismatch(what + " failed: " + result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

void require(bool condition, const std::string& what);

/// Every record that `options` show is in the model, and the other way round.
void compare_all(Engine& engine, const ReadOptions& options, const Model& model);

/// The record at each of the words' keys and times, and the latest of each key.
void compare_gets(Engine& engine, const ReadOptions& options, const Model& model,
                  const Words& words);

/// One read of a random kind.
void compare_read(Engine& engine, const ReadOptions& options, const Model& model,
                  const Words& words, Random& random);

/// What aggregate() gave, against what follows from the model's records and labels.
void compare_aggregates(const Result<std::vector<Aggregate>>& answers,
                        const Aggregation& aggregation, const Selection& selection,
                        const Model& model);

/// The rest of a scan.
std::vector<Record> rest_of(Scan& scan);

/// The records of a block, appended; its columns are looked at on the way.
void append_block(std::vector<Record>& records, const Block& block);

}  // namespace varve::test
