// LMDB. Without a sync per commit it runs as its documentation advises for speed, with a writable
// map and no syncs at all; a killed process loses nothing then, a power cut may break the file.
// With one it runs at its defaults.

#include <lmdb.h>

#include "bench/load/sorted_key.hpp"
#include "bench/load/store.hpp"

namespace varve::bench {

namespace {

constexpr std::size_t map_bytes = std::size_t{64} << 30;  // Of address space; the file is sparse.

void check(int code) {
  if (code != MDB_SUCCESS) throw Failure(std::string("lmdb: ") + mdb_strerror(code));
}

MDB_val value_of(std::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};  // LMDB only reads it.
}
std::string_view view(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

/// One read transaction, reset between calls and renewed for each, with its cursor.
class LmdbReader final : public Reader {
 public:
  LmdbReader(MDB_env* env, MDB_dbi dbi) : dbi_(dbi) {
    check(mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn_));
    check(mdb_cursor_open(txn_, dbi, &cursor_));
    mdb_txn_reset(txn_);
  }
  LmdbReader(LmdbReader&&) = delete;
  ~LmdbReader() override {
    mdb_cursor_close(cursor_);
    mdb_txn_abort(txn_);
  }

  std::optional<std::uint64_t> get(std::string_view key, Timestamp ts) override {
    const Renewed renewed(*this);
    key_.set(key, ts);
    MDB_val at = value_of(key_.bytes());
    MDB_val value;
    const int code = mdb_get(txn_, dbi_, &at, &value);
    if (code == MDB_NOTFOUND) return {};
    check(code);
    return StoredValue::digest_of(view(value));
  }
  Answer latest(std::string_view key) override {
    const Renewed renewed(*this);
    Answer answer;
    key_.set(key, never);
    MDB_val at = value_of(key_.bytes());
    MDB_val value;
    int code = mdb_cursor_get(cursor_, &at, &value, MDB_SET_RANGE);
    if (code == MDB_NOTFOUND) {
      code = mdb_cursor_get(cursor_, &at, &value, MDB_LAST);
    } else if (view(at) != key_.bytes()) {
      code = mdb_cursor_get(cursor_, &at, &value, MDB_PREV);
    }
    if (code == MDB_NOTFOUND) return answer;
    check(code);
    if (SortedKey::key_of(view(at)) == key) add(answer, at, value);
    return answer;
  }
  Answer range(std::string_view key, Timestamp from, Timestamp to) override {
    key_.set(key, from);
    SortedKey end;
    end.set(key, to);
    return walk(key_.bytes(), [&](std::string_view at) { return at < end.bytes(); });
  }
  Answer prefix(std::string_view prefix) override {
    return walk(prefix, [&](std::string_view at) { return at.starts_with(prefix); });
  }
  Answer scan() override {
    return walk({}, [](std::string_view) { return true; });
  }

 private:
  /// The newest view, for as long as this lives.
  struct Renewed {
    explicit Renewed(LmdbReader& reader) : txn(reader.txn_) {
      check(mdb_txn_renew(txn));
      check(mdb_cursor_renew(txn, reader.cursor_));
    }
    Renewed(Renewed&&) = delete;
    ~Renewed() { mdb_txn_reset(txn); }
    MDB_txn* txn;
  };

  static void add(Answer& answer, const MDB_val& at, const MDB_val& value) {
    answer.add(at.mv_size - SortedKey::suffix_size, SortedKey::ts_of(view(at)),
               StoredValue::digest_of(view(value)));
  }
  template <class Within>
  Answer walk(std::string_view first, Within within) {
    const Renewed renewed(*this);
    Answer answer;
    MDB_val at = value_of(first);
    MDB_val value;
    int code = mdb_cursor_get(cursor_, &at, &value, first.empty() ? MDB_FIRST : MDB_SET_RANGE);
    for (; code == MDB_SUCCESS && within(view(at));
         code = mdb_cursor_get(cursor_, &at, &value, MDB_NEXT)) {
      add(answer, at, value);
    }
    if (code != MDB_NOTFOUND) check(code);
    return answer;
  }

  MDB_dbi dbi_;
  MDB_txn* txn_ = nullptr;
  MDB_cursor* cursor_ = nullptr;
  SortedKey key_;
};

class LmdbStore final : public Store {
 public:
  explicit LmdbStore(const StoreOptions& options) {
    check(mdb_env_create(&env_));
    check(mdb_env_set_mapsize(env_, map_bytes));
    unsigned flags = MDB_NOTLS | MDB_NORDAHEAD;
    if (options.acknowledged == Acknowledged::appended) flags |= MDB_WRITEMAP | MDB_NOSYNC;
    check(mdb_env_open(env_, options.dir.c_str(), flags, 0644));
    MDB_txn* txn = nullptr;
    check(mdb_txn_begin(env_, nullptr, 0, &txn));
    check(mdb_dbi_open(txn, nullptr, 0, &dbi_));
    check(mdb_txn_commit(txn));
  }
  LmdbStore(LmdbStore&&) = delete;
  ~LmdbStore() override { LmdbStore::close(); }

  void write(const Batch& batch) override {
    MDB_txn* txn = nullptr;
    check(mdb_txn_begin(env_, nullptr, 0, &txn));
    SortedKey key;
    for (const Reading& reading : batch.readings) {
      key.set(batch.key(reading), reading.ts());
      const StoredValue stored(reading);
      MDB_val at = value_of(key.bytes());
      MDB_val value = value_of(stored.bytes());
      if (const int code = mdb_put(txn, dbi_, &at, &value, 0); code != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        check(code);
      }
    }
    check(mdb_txn_commit(txn));
  }
  void sync() override { check(mdb_env_sync(env_, 1)); }
  void settle() override { sync(); }  // It has nothing to flush or to compact.
  std::unique_ptr<Reader> reader() override { return std::make_unique<LmdbReader>(env_, dbi_); }
  void close() override {
    if (env_ != nullptr) mdb_env_close(env_);
    env_ = nullptr;
  }

 private:
  MDB_env* env_ = nullptr;
  MDB_dbi dbi_ = 0;
};

std::unique_ptr<Store> open(const StoreOptions& options) {
  return std::make_unique<LmdbStore>(options);
}

std::string describe(const std::filesystem::path&) {
  return mdb_version(nullptr, nullptr, nullptr);
}

}  // namespace

std::vector<StoreKind> lmdb_stores() { return {{"lmdb", describe, open, ""}}; }

}  // namespace varve::bench
