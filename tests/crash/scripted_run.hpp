#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/engine_sizes.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/simulated_disk.hpp"
#include "varve/varve.hpp"

namespace varve::test {

/// Everything a database holds: what a read of all of it returns.
using Content = std::map<std::pair<std::string, Timestamp>, Value>;

Result<Content> content_of(Engine& engine);

/// Runs a fixed program on a threadless engine until it ends or the disk fails, and remembers what
/// the database holds after each sequence. So after any failure what a recovery finds can be
/// judged: it has to be the content after some sequence, at or above every one known durable.
class ScriptedRun {
 public:
  /// A short one ends after its first flush.
  explicit ScriptedRun(std::shared_ptr<FileSystem> file_system, Sizes sizes = Sizes::shipped,
                       bool is_short = false);

  /// True where the program came to its end.
  bool run();

  /// Opens the database on `after` and says what is wrong with what is there; nothing where all
  /// is well. `damage_is_fine`: the disk was damaged, not only cut.
  std::optional<std::string> judge(std::shared_ptr<FileSystem> after) const;

  Options options_on(std::shared_ptr<FileSystem> file_system) const;
  std::uint64_t durable() const { return durable_; }
  /// Content after each sequence; [0] is empty.
  const std::vector<Content>& states() const { return states_; }

 private:
  bool open();
  bool write(const WriteOptions& options, const std::function<void(WriteBatch&, Content&)>& fill);
  bool put(int number, Durability durability);
  bool put_large(int number, Durability durability);
  bool note_durable();

  std::shared_ptr<FileSystem> file_system_;
  const Sizes sizes_;
  const bool is_short_;
  std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>();
  std::optional<Engine> engine_;
  std::vector<Content> states_{Content{}};
  std::uint64_t durable_ = 0;
};

}  // namespace varve::test
