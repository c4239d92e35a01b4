#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/checksum.hpp"
#include "engine/record/key.hpp"

namespace varve::engine {

class MemtableSeries;

/// What a public Series shares with its copies.
///
/// Key, hash and owner are constant. The cache belongs to whoever holds the writer's role, which
/// one thread holds at a time and hands on through the commit lock; nobody else reads it.
class SeriesState {
 public:
  SeriesState(std::string_view key, std::uint64_t engine_id)
      : user_key_(key), key_(internal_key(key)), hash_(hash_of(key_)), engine_id_(engine_id) {}

  const std::string& user_key() const { return user_key_; }
  const std::string& key() const { return key_; }
  std::uint64_t hash() const { return hash_; }
  std::uint64_t engine_id() const { return engine_id_; }

  // The writer's.
  std::uint64_t memtable_number = 0;  // Of the memtable that `memtable_series` lies in.
  MemtableSeries* memtable_series = nullptr;

 private:
  const std::string user_key_;
  const std::string key_;  // Internal.
  const std::uint64_t hash_;
  const std::uint64_t engine_id_;
};

}  // namespace varve::engine
