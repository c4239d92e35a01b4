#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/differential/habits.hpp"
#include "tests/differential/oracle.hpp"
#include "tests/differential/words.hpp"
#include "varve/varve.hpp"

namespace varve::test {

/// The engine and the oracle do not say the same: what was asked, expected and found.
class Disagreement : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// How much was compared.
struct Compared {
  std::uint64_t answers = 0;  ///< Calls that were answered, and judged.
  std::uint64_t records = 0;  ///< In those answers.
};

void agree(bool holds, const std::string& what);

/// The value of what must succeed.
template <class T>
T sure(Result<T> result, const std::string& what) {
  if (!result) throw Disagreement(what + ": expected success, found " + result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// What must fail so.
template <class T>
void refused(const Result<T>& result, Errc code, const std::string& what) {
  const std::string expected = make_error_code(code).message();
  if (result) throw Disagreement(what + ": expected '" + expected + "', found success");
  if (result.error().code == code) return;
  throw Disagreement(what + ": expected '" + expected + "', found " + result.error().message());
}

/// Asks an engine, of the present or of a snapshot, what an oracle knows.
class Asker {
 public:
  Asker(Engine& engine, ReadOptions options, const Oracle& oracle, Compared& compared)
      : engine_(engine), options_(std::move(options)), oracle_(oracle), compared_(compared) {}

  /// All records, all labels.
  void everything();
  /// Something about one key.
  void about_key(const Habits& habits, Random& random);
  /// One of the reads of many records, in one of the ways in which they can be had.
  void about_many(const Habits& habits, Random& random);
  void about_labels(const Habits& habits, Random& random);
  void aggregate(const Habits& habits, Random& random);
  void aggregate(const Question& question, const Aggregation& aggregation);
  /// Any of these.
  void anything(const Habits& habits, Random& random);

 private:
  template <class T>
  void compare(const std::vector<T>& found, const std::vector<T>& expected,
               const std::string& what);
  void compare(const std::optional<Record>& found, const std::optional<Record>& expected,
               const std::string& what);
  void refuse(const Question& question);
  /// What changes no answer, drawn.
  ReadOptions any_options(Random& random) const;

  Engine& engine_;
  const ReadOptions options_;
  const Oracle& oracle_;
  Compared& compared_;
};

/// The records of a scan that has not begun, taken block by block, or one by one.
std::vector<Record> by_blocks(Scan& scan);
std::vector<Record> one_by_one(Scan& scan);

}  // namespace varve::test
