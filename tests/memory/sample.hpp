#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/manual_clock.hpp"
#include "varve/varve.hpp"

// A tiny database for tests in which memory runs out: each of many attempts gets a copy of it.

namespace varve::test {

/// Copies of a database at rest.
class Image {
 public:
  /// Of no database: there is not even a directory.
  Image() = default;
  /// Of what is in "/db".
  explicit Image(FileSystem& files);

  /// A file system of its own, in memory, with the same files.
  std::shared_ptr<FileSystem> copy() const;

 private:
  std::map<std::string, std::vector<std::byte>> files_;
};

/// When the sample was written, and, two hours later, when it is read.
inline constexpr Timestamp written_at = 1'700'000'000'000'000;
inline constexpr Timestamp read_at = written_at + 7'200'000'000;

/// Options of a threadless engine on these files that does much with little data.
Options tiny_options(std::shared_ptr<FileSystem> files, Timestamp now = read_at,
                     Durability durability = Durability::appended());

/// A closed database of a few series: some tables, deletes, labels, records that have expired,
/// and, where there is a log, records that are only there. Made once for each durability.
const Image& sample(Durability durability = Durability::appended());

/// What a database holds, as its user sees it.
struct Content {
  std::vector<Record> records;
  std::map<std::string, Labels> labels;  // Of series that have any.
  std::vector<Note> notes;

  friend bool operator==(const Content&, const Content&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Content& content);
};

Content content_of(Engine& engine);
/// Whether all records of `part` are there, whatever else is.
bool holds_all_of(const Content& content, const Content& part);

/// Fails the test where the index of labels says anything else than the records of labels do.
void expect_index_agrees(Engine& engine);
/// Fails the test unless the engine takes a write, shows it and flushes it.
void expect_goes_on(Engine& engine);
/// Fails the test unless the files are a database without damage that holds this, and nothing that
/// neither its manifest nor its log knows.
void expect_sound(const std::shared_ptr<FileSystem>& files, const Content& content,
                  Durability durability = Durability::appended());

/// Whether a call came to this for want of memory.
bool is_for_memory(const Error& error);

}  // namespace varve::test
