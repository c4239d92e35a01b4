#pragma once

#include <memory>
#include <string>
#include <utility>

#include "bench/load/sorted_key.hpp"
#include "bench/load/store.hpp"

namespace varve::bench {

/// LevelDB and RocksDB have one interface but for a few names. `Api` gives the types, and what
/// differs between them: open(), write(), get(), seek_last(), iterate(), sync() and
/// settle().
template <class Api>
class LsmReader final : public Reader {
 public:
  explicit LsmReader(typename Api::Db& db) : db_(db) {}

  std::optional<std::uint64_t> get(std::string_view key, Timestamp ts) override {
    key_.set(key, ts);
    const auto status = Api::get(db_, key_.bytes(), value_);
    if (status.IsNotFound()) return {};
    Api::check(status);
    return StoredValue::digest_of({value_.data(), value_.size()});
  }
  Answer latest(std::string_view key) override {
    Answer answer;
    const auto found = iterator({});
    key_.set(key, never);
    Api::seek_last(*found, key_.bytes());
    if (found->Valid() && SortedKey::key_of(view(found->key())) == key) add(answer, *found);
    Api::check(found->status());
    return answer;
  }
  Answer range(std::string_view key, Timestamp from, Timestamp to) override {
    key_.set(key, from);
    SortedKey end;
    end.set(key, to);
    return walk(key_.bytes(), end.bytes());
  }
  Answer prefix(std::string_view prefix) override {
    std::string end(prefix);
    ++end.back();  // No prefix of the benchmarks ends in 0xFF.
    return walk(std::string(prefix), end);
  }
  Answer scan() override { return walk({}, {}); }

 private:
  using Slice = typename Api::Slice;

  static std::string_view view(const Slice& slice) { return {slice.data(), slice.size()}; }

  std::unique_ptr<typename Api::Iterator> iterator(const Slice& end) {
    return std::unique_ptr<typename Api::Iterator>(Api::iterate(db_, end));
  }
  static void add(Answer& answer, const typename Api::Iterator& at) {
    const std::string_view key = view(at.key());
    answer.add(key.size() - SortedKey::suffix_size, SortedKey::ts_of(key),
               StoredValue::digest_of(view(at.value())));
  }
  Answer walk(const std::string& first, const std::string& end) {
    Answer answer;
    const Slice end_slice(end);
    const auto at = iterator(end_slice);
    if (first.empty()) {
      at->SeekToFirst();
    } else {
      at->Seek(first);
    }
    for (; at->Valid() && (end.empty() || at->key().compare(end_slice) < 0); at->Next()) {
      add(answer, *at);
    }
    Api::check(at->status());
    return answer;
  }

  typename Api::Db& db_;
  SortedKey key_;
  typename Api::Pinned value_;
};

template <class Api>
class LsmStore final : public Store {
 public:
  explicit LsmStore(const StoreOptions& options) : db_(Api::open(options)) {
    write_options_.sync = options.acknowledged == Acknowledged::durable;
  }

  void write(const Batch& batch) override {
    static thread_local typename Api::WriteBatch made;  // Keeps its memory.
    made.Clear();
    SortedKey key;
    for (const Reading& reading : batch.readings) {
      key.set(batch.key(reading), reading.ts());
      const StoredValue value(reading);
      made.Put(key.bytes(), Slice(value.bytes().data(), value.bytes().size()));
    }
    Api::write(*db_, write_options_, made);
  }
  void sync() override { Api::sync(*db_); }
  void settle() override { Api::settle(*db_); }
  std::unique_ptr<Reader> reader() override { return std::make_unique<LsmReader<Api>>(*db_); }
  void close() override { db_.reset(); }

 private:
  using Slice = typename Api::Slice;

  typename Api::WriteOptions write_options_;
  std::unique_ptr<typename Api::Db, typename Api::Closer> db_;
};

template <class Api>
std::unique_ptr<Store> open_lsm(const StoreOptions& options) {
  return std::make_unique<LsmStore<Api>>(options);
}

}  // namespace varve::bench
