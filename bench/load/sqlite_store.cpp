// SQLite: one table WITHOUT ROWID in WAL mode, prepared statements, a transaction for each batch.
// `synchronous` is NORMAL, as its documentation advises for WAL mode, or FULL, which syncs each
// commit. One connection writes, and each reader has its own.

#include <sqlite3.h>

#include <mutex>

#include "bench/load/store.hpp"

namespace varve::bench {

namespace {

class Connection {
 public:
  Connection(const std::filesystem::path& file, const StoreOptions& options) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    check(sqlite3_open_v2(file.c_str(), &db_, flags, nullptr));
    sqlite3_busy_timeout(db_, 10'000);
    const bool durable = options.acknowledged == Acknowledged::durable;
    run("PRAGMA journal_mode = WAL");
    run(durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    run("PRAGMA cache_size = -" + std::to_string(options.cache_bytes >> 10));
    run("PRAGMA mmap_size = 1073741824");
    run("PRAGMA temp_store = MEMORY");
    run("CREATE TABLE IF NOT EXISTS records (key TEXT NOT NULL, ts INTEGER NOT NULL, value,"
        " PRIMARY KEY (key, ts)) WITHOUT ROWID");
  }
  Connection(Connection&&) = delete;
  ~Connection() { sqlite3_close_v2(db_); }

  void check(int code) const {
    if (code != SQLITE_OK) throw Failure(std::string("sqlite: ") + sqlite3_errmsg(db_));
  }
  void run(const std::string& sql) const {
    check(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr));
  }
  sqlite3* db() const { return db_; }

 private:
  sqlite3* db_ = nullptr;
};

class Statement {
 public:
  Statement(const Connection& connection, const char* sql) : connection_(connection) {
    check(sqlite3_prepare_v3(connection.db(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_,
                             nullptr));
  }
  Statement(Statement&&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  void bind(int index, std::string_view text) {
    check(sqlite3_bind_text(statement_, index, text.data(), static_cast<int>(text.size()),
                            SQLITE_STATIC));
  }
  void bind(int index, Timestamp ts) { check(sqlite3_bind_int64(statement_, index, ts)); }
  void bind(int index, const Reading& reading) {
    if (reading.is_number()) {
      check(sqlite3_bind_double(statement_, index, reading.number()));
    } else {
      const std::string_view text = reading.text();
      check(sqlite3_bind_blob(statement_, index, text.data(), static_cast<int>(text.size()),
                              SQLITE_STATIC));
    }
  }
  bool step() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    sqlite3_reset(statement_);
    if (code != SQLITE_DONE) check(code);
    return false;
  }
  void reset() { sqlite3_reset(statement_); }

  Timestamp ts(int column) { return sqlite3_column_int64(statement_, column); }
  std::size_t size(int column) {
    return static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  }
  std::uint64_t value_digest(int column) {
    if (sqlite3_column_type(statement_, column) == SQLITE_FLOAT) {
      return digest(sqlite3_column_double(statement_, column));
    }
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return digest(std::string_view(bytes, size(column)));
  }
  Answer rows() {
    Answer answer;
    while (step()) answer.add(size(0), ts(1), value_digest(2));
    return answer;
  }

 private:
  void check(int code) const { connection_.check(code); }

  const Connection& connection_;
  sqlite3_stmt* statement_ = nullptr;
};

class SqliteReader final : public Reader {
 public:
  SqliteReader(const std::filesystem::path& file, const StoreOptions& options)
      : connection_(file, options) {}

  std::optional<std::uint64_t> get(std::string_view key, Timestamp ts) override {
    get_.bind(1, key);
    get_.bind(2, ts);
    if (!get_.step()) return {};
    const std::uint64_t found = get_.value_digest(0);
    get_.reset();
    return found;
  }
  Answer latest(std::string_view key) override {
    latest_.bind(1, key);
    return latest_.rows();
  }
  Answer range(std::string_view key, Timestamp from, Timestamp to) override {
    range_.bind(1, key);
    range_.bind(2, from);
    range_.bind(3, to);
    return range_.rows();
  }
  Answer prefix(std::string_view prefix) override {
    std::string end(prefix);
    ++end.back();
    prefix_.bind(1, prefix);
    prefix_.bind(2, std::string_view(end));
    return prefix_.rows();
  }
  Answer scan() override { return scan_.rows(); }

 private:
  Connection connection_;
  Statement get_{connection_, "SELECT value FROM records WHERE key = ? AND ts = ?"};
  Statement latest_{connection_,
                    "SELECT key, ts, value FROM records WHERE key = ? ORDER BY ts DESC LIMIT 1"};
  Statement range_{connection_,
                   "SELECT key, ts, value FROM records WHERE key = ? AND ts >= ? AND ts < ?"};
  Statement prefix_{connection_, "SELECT key, ts, value FROM records WHERE key >= ? AND key < ?"};
  Statement scan_{connection_, "SELECT key, ts, value FROM records ORDER BY key, ts"};
};

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(const StoreOptions& options)
      : options_(options),
        file_(options.dir / "records.db"),
        writer_(std::make_unique<Writer>(file_, options)) {}

  void write(const Batch& batch) override {
    const std::lock_guard lock(mutex_);
    writer_->begin.step();
    try {
      for (const Reading& reading : batch.readings) {
        writer_->insert.bind(1, batch.key(reading));
        writer_->insert.bind(2, reading.ts());
        writer_->insert.bind(3, reading);
        writer_->insert.step();
      }
    } catch (...) {
      sqlite3_exec(writer_->connection.db(), "ROLLBACK", nullptr, nullptr, nullptr);
      throw;
    }
    writer_->commit.step();
  }
  void sync() override { checkpoint(); }
  void settle() override {
    {
      const std::lock_guard lock(mutex_);
      writer_->connection.run("VACUUM");
    }
    checkpoint();
  }
  std::unique_ptr<Reader> reader() override {
    return std::make_unique<SqliteReader>(file_, options_);
  }
  void close() override { writer_.reset(); }

 private:
  struct Writer {
    Writer(const std::filesystem::path& file, const StoreOptions& options)
        : connection(file, options) {}
    Connection connection;
    Statement begin{connection, "BEGIN IMMEDIATE"};
    Statement insert{connection, "INSERT OR REPLACE INTO records VALUES (?, ?, ?)"};
    Statement commit{connection, "COMMIT"};
  };

  void checkpoint() {
    const std::lock_guard lock(mutex_);
    writer_->connection.run("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  const StoreOptions options_;
  const std::filesystem::path file_;
  std::mutex mutex_;
  std::unique_ptr<Writer> writer_;
};

std::unique_ptr<Store> open(const StoreOptions& options) {
  return std::make_unique<SqliteStore>(options);
}

std::string describe(const std::filesystem::path&) { return sqlite3_libversion(); }

}  // namespace

std::vector<StoreKind> sqlite_stores() { return {{"sqlite", describe, open, ""}}; }

}  // namespace varve::bench
