#pragma once

#include "varve/detail/requirements.hpp"

#include <cstddef>
#include <string>

namespace varve {

/// A small piece of durable state of a program above the engine, which no reader of records meets:
/// what a gateway has to remember of the names that it gave, or a position in a stream.
/// WriteBatch::note() writes it, in the batch of the records that it belongs to; Engine::notes()
/// reads it back.
///
/// A note stays until it is replaced or taken away. It has no time and no expiry; deletes by range,
/// collections and default TTLs leave it alone; and it is in no scan, count, aggregate or list of
/// series. All notes that are asked for are in memory at once, so keep them few and small.
struct Note {
  /// The longest name in bytes; the shortest is one byte. Begin it with the program's own name and
  /// a slash, so that several programs can share a database.
  static constexpr std::size_t name_size_max = 8'192;
  /// The most bytes of one note, 1 MiB. It may have none, which is not the same as no note.
  static constexpr std::size_t bytes_size_max = std::size_t{1} << 20;

  std::string name;   ///< Any bytes.
  std::string bytes;  ///< Any bytes, kept as they came.

  friend bool operator==(const Note&, const Note&) = default;
};

}  // namespace varve
