#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "engine/version/version_edit.hpp"
#include "engine/wal/wal.hpp"

namespace varve::engine {

inline Uuid test_database() {
  Uuid uuid{};
  for (std::size_t index = 0; index < uuid.size(); ++index) uuid[index] = std::byte(0xA0 + index);
  return uuid;
}

inline TableMeta table_meta(std::uint64_t number, std::string first, std::string last,
                            TimeSpan times = {0, 999}, std::uint64_t flush = 0) {
  TableMeta meta;
  meta.number = number;
  meta.size = 4096;
  meta.first_key = std::move(first);
  meta.last_key = std::move(last);
  meta.times = times;
  meta.rows = 10;
  meta.newest_flush = flush;
  meta.first_sequence = 3;
  meta.last_sequence = 12;
  return meta;
}

/// An edit with something in every field.
inline VersionEdit full_edit() {
  VersionEdit edit;
  edit.added = {{0, table_meta(12, "\1a", "\1m", {-5, 70'000}, 3)},
                {2, table_meta(13, "\1n", "\1z", {0, 1}, 2)}};
  edit.removed = {7, 300};
  edit.tombstones_added = {{{{"\1a", "\1b"}, {-10, 10}}, 3}};
  edit.tombstones_removed = {{{{"\1c", "\2"}, {}}, 1}};
  edit.flushed_through = 1000;
  edit.flush_number = 3;
  edit.log_start = 9;
  edit.next_file = 14;
  edit.closed = true;
  edit.trusted_time = {1'700'000'000'000'000, true};
  edit.clock_steps = {{5, 100, -100, false}, {900, -1, 1'700'000'000'000'000, true}};
  return edit;
}

}  // namespace varve::engine
