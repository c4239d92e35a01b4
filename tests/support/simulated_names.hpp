#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/random.hpp"
#include "tests/support/simulated_content.hpp"

namespace varve::test {

/// A file or a directory, whatever its name.
struct Inode {
  bool is_directory = false;
  SimulatedContent content;
  int names = 0;    ///< As the program sees them.
  int handles = 0;  ///< Open files and locks.
  bool locked = false;
};

/// One name of a file or directory. A rename keeps the entry and changes its path; a hard link is a
/// second entry of the same file.
struct NameEntry {
  std::shared_ptr<Inode> inode;
  std::uint64_t id = 0;  ///< Of the entry, wherever it moves.

  friend bool operator==(const NameEntry&, const NameEntry&) = default;
};

/// Names as absolute paths, in an order in which a directory comes before what is in it.
using NameMap = std::map<std::string, NameEntry>;

/// The directory that a path names something in.
std::string parent_of(const std::string& path);

/// All names: as the program sees them, and which of them the disk may hold while their directories
/// are not synced. A directory is never renamed or removed.
class SimulatedNames {
 public:
  SimulatedNames() = default;
  explicit SimulatedNames(NameMap synced);

  const NameMap& current() const { return current_; }

  /// Another name of an inode that has one already is a hard link.
  void create(const std::string& path, std::shared_ptr<Inode> inode);
  void remove(const std::string& path);
  /// Replaces `to`. Durable, whole, once the directory of `to` is synced.
  void rename(const std::string& from, const std::string& to);
  void sync_directory(const std::string& directory);

  /// What a power cut leaves where no unsynced change reached the disk.
  NameMap synced() const;

  /// What a power cut leaves where chance decides for each change: half of the time as a journal
  /// does, by which the last ones are lost, otherwise each for itself. A change is whole or not at
  /// all, so a renamed file has one name.
  NameMap surviving(Random& random, double kept) const;

 private:
  struct Change {
    std::string from;  ///< Empty when created.
    std::string to;    ///< Empty when removed.
    NameEntry entry;
  };

  void change(Change change);
  static void apply(NameMap& names, const Change& change);

  NameMap current_;
  NameMap synced_;
  std::vector<Change> unsynced_;
  std::uint64_t next_id_ = 1;
};

}  // namespace varve::test
