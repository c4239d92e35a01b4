#pragma once

#include "varve/detail/requirements.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/async_result.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "varve/aggregation.hpp"
#include "varve/collect_options.hpp"
#include "varve/detail/completion.hpp"
#include "varve/detail/entry.hpp"
#include "varve/detail/pending_write.hpp"
#include "varve/durability.hpp"
#include "varve/error.hpp"
#include "varve/labels.hpp"
#include "varve/maintenance_handle.hpp"
#include "varve/note.hpp"
#include "varve/options.hpp"
#include "varve/query.hpp"
#include "varve/read_result.hpp"
#include "varve/record.hpp"
#include "varve/recovery_report.hpp"
#include "varve/scan.hpp"
#include "varve/series.hpp"
#include "varve/snapshot.hpp"
#include "varve/stats.hpp"
#include "varve/time.hpp"
#include "varve/write_batch.hpp"

namespace varve {

class EngineImpl;

/// A time-series database in one directory, owned by this process while it is open. docs/guide.md
/// goes through it by example.
///
/// Threads: every member may be called from any thread, except that a move, like the destructor,
/// needs the object to itself. Destruction closes the database: calls under way complete first,
/// later ones fail with Errc::closed, as do reads by snapshots and steps of scans that are left.
///
/// Processes: an engine is for the process that opened it. In a child of fork() its calls fail with
/// Errc::closed (asynchronous ones on their own executor, else on a thread of the child's), its
/// figures are zero, and closing or destroying it does nothing, which leaves the parent as it was.
/// A child may open the database once the parent has closed it.
///
/// Errors: every call returns why it failed, and throws nothing of its own. Damage on disk is
/// Errc::corruption with file and offset. Where `new` fails the call throws std::bad_alloc, on its
/// own thread and after everything is as it was before it, and the engine goes on. What fails for
/// that on another thread is Errc::no_memory: a handler completes with it, a step of a scan by
/// several threads fails with it, and background work is tried again (Stats::last_error). close()
/// throws nothing.
///
/// Each async_ member takes any Asio completion token, last, and completes with
/// void(std::error_code, T), or void(std::error_code) where the blocking call returns a Status. It
/// keeps the code of an error and drops `where`. Arguments are moved in. The handler is posted to
/// its own associated executor, else to get_executor(), and never runs inline; the context of that
/// executor lives until it has run dry (join(), run()), or longer than the engine. Nothing can be
/// cancelled once started. If the engine is closed or was moved from, it completes with
/// Errc::closed, on its own executor, else Options::executor, else asio::system_executor.
class Engine {
 public:
  using executor_type = asio::any_io_executor;

  /// Creates or recovers the database in `options.dir`, and locks it against other processes; with
  /// Mode::read_only it changes nothing. Takes as long as replaying the WAL, which wal_bytes
  /// bounds; recovery_report() says what it found. Fails with invalid_argument (a bad option, or a
  /// directory that is not Varve's), not_found, locked (naming the holder), unsupported_format
  /// (newer), with corruption, or with the errno of a system call. A failed open changes nothing.
  static Result<Engine> open(Options options);
  /// The same with the usual options.
  static Result<Engine> open(const std::filesystem::path& dir);

  /// The same engine on files in memory and without a WAL: gone when it closes. Fails with
  /// invalid_argument, naming the option, where one is set that means nothing there: dir, mode,
  /// create_if_missing, a durability other than none(), wal_bytes, file_system.
  static Result<Engine> open_in_memory(Options options = {});

  /// What is under way, and handles and snapshots, go on with the new object. The old one is like a
  /// closed one: its calls fail with Errc::closed, and its figures are zero and empty.
  Engine(Engine&&) noexcept;
  /// Closes the database that was here before.
  Engine& operator=(Engine&&) noexcept;
  /// Does what close() does, and reports an error to the log only.
  ~Engine();

  /// Where asynchronous calls run, and handlers that bring no executor: Options::executor, else the
  /// engine's own thread; asio::system_executor if this engine was moved from.
  executor_type get_executor() const noexcept;

  // Writing. A batch is atomic: seen whole or not at all, by reads and after a crash. Writes
  // apply in the order in which they were started. An acknowledged batch is visible to every
  // read that starts later. An empty batch changes nothing.
  //
  // Fails with invalid_argument (nothing is written), no_space (not written; try again),
  // read_only, closed, or unknown (written, but the sync that was asked for failed; or in the WAL
  // without memory to show it, so that a crash alone may bring it back). A WriteBatch that was
  // written is empty again, with its memory kept for the next; else it is as it was.

  /// Writes the records as one batch, and returns once it is as durable as asked. Waits for room in
  /// the queue, for a flush if flushing is behind, and for a sync if the durability asks for one.
  Result<Receipt> write(std::span<const Record> records, WriteOptions options = {});
  Result<Receipt> write(std::vector<Record>&& records, WriteOptions options = {});
  Result<Receipt> write(WriteBatch&& batch, WriteOptions options = {});

  /// Writes each batch on its own, in order, with one sync for all. Returns the receipt of the
  /// last. All are checked first, so an invalid one means that none is written. After that the
  /// first failure (or std::bad_alloc) ends it: the batches before it are written.
  Result<Receipt> write_many(std::vector<WriteBatch> batches, WriteOptions options = {});

  /// Like write(), but commits on the calling thread, after every write that was started before.
  Result<Receipt> write_inline(WriteBatch&& batch, WriteOptions options = {});

  /// Like write(), but fails with Errc::busy if the queue is full, instead of waiting for room. The
  /// batch is then as it was. Once it has room, it waits as write() does.
  Result<Receipt> try_write(WriteBatch&& batch, WriteOptions options = {});

  /// Takes the batch into the queue and completes with its Receipt once it is as durable as asked.
  /// The call itself waits only for room in the queue (Options::queue_bytes), and is slowed by some
  /// milliseconds at most when flushing is behind.
  template <class Token>
  auto async_write(WriteBatch batch, WriteOptions options, Token&& token) {
    return asio::async_initiate<Token, void(std::error_code, Receipt)>(
        [](auto handler, EngineImpl* impl, WriteBatch accepted, WriteOptions accepted_options) {
          Entry entry(impl);
          detail::PendingWrite* const pending =
              detail::make_pending_write(entry.executor(), entry.is_own(), std::move(handler));
          submit_write(entry, std::move(accepted), accepted_options, *pending);
        },
        token, impl_.get(), std::move(batch), options);
  }
  /// The same with the engine's defaults.
  template <class Token>
  auto async_write(WriteBatch batch, Token&& token) {
    return async_write(std::move(batch), WriteOptions(), std::forward<Token>(token));
  }

  /// Makes a handle on the series of `key`, which need not have records yet. Fails with
  /// invalid_argument for a key that is empty or too long.
  Result<Series> series(std::string_view key);

  /// Writes one record through a handle, without hashing its key. Else like write().
  Result<Receipt> append(const Series& series, TimePoint ts, ValueView value,
                         WriteOptions options = {});
  /// Writes one batch of records, each through its handle.
  Result<Receipt> append(std::span<const Point> points, WriteOptions options = {});

  /// append() of many points as one batch, built before this returns. Completes with its Receipt.
  template <class Token>
  auto async_append(std::span<const Point> points, WriteOptions options, Token&& token) {
    WriteBatch batch;
    for (const Point& point : points) batch.put(point.series, point.ts, point.value.view());
    return async_write(std::move(batch), options, std::forward<Token>(token));
  }

  // Deleting hides what was written before, in memtables and tables alike, and nothing later. Each
  // is a batch of its own and fails as write() does; deleting what is not there is fine. Space is
  // given back by later compactions and collections.

  /// Deletes one record.
  Result<Receipt> erase(std::string_view key, TimePoint ts, WriteOptions options = {});
  /// Deletes many records atomically: (key, ts) each.
  Result<Receipt> erase_batch(std::span<const std::pair<std::string, Timestamp>> records,
                              WriteOptions options = {});
  Result<Receipt> erase_batch(std::span<const std::pair<std::string, TimePoint>> records,
                              WriteOptions options = {});
  /// Deletes every record with first_key <= key < end_key (none: open) and a ts in `range`. Costs
  /// the same however many they are.
  Result<Receipt> erase_range(std::string_view first_key, std::optional<std::string_view> end_key,
                              TimeRange range = {}, WriteOptions options = {});
  /// Deletes every record of a key that begins with `prefix` and with a ts in `range`.
  Result<Receipt> erase_prefix(std::string_view prefix, TimeRange range = {},
                               WriteOptions options = {});

  /// Replaces the value, the TTL (counted from ts), or both, of a live record, atomically against
  /// every other write, and returns the record as it is now. What is not given stays as it was; no
  /// default TTL applies, that of `options` neither. Fails with not_found if there is no such
  /// record, with invalid_argument if there is nothing to replace, and as write() does. If another
  /// write touches the record meanwhile, it reads and tries again.
  Result<Record> patch(std::string_view key, TimePoint ts, std::optional<Value> value,
                       std::optional<Duration> ttl = {}, WriteOptions options = {});

  /// patch() with the engine's durability. Completes with the Record as it is now.
  template <class Token>
  auto async_patch(std::string key, TimePoint ts, std::optional<Value> value,
                   std::optional<Duration> ttl, Token&& token) {
    return async_run<Record>(
        [key = std::move(key), ts, value = std::move(value), ttl](Engine& engine) mutable {
          return engine.patch(key, ts, std::move(value), ttl);
        },
        std::forward<Token>(token));
  }

  // Labels: what is said of a series, for queries to choose by (Query::with). They are kept as the
  // records are, outlive restarts, and have no expiry. The first question about labels after
  // opening reads them all into an index in memory; opening itself does not.

  /// Replaces all labels of the series, which need not have records yet; no labels remove them.
  /// Fails with invalid_argument, naming the label and the limit, and as write() does. To set
  /// labels and first records together, use WriteBatch::describe(): otherwise labels marked
  /// leave_with_records() could be collected before the first record arrives.
  Result<Receipt> describe(std::string_view key, const Labels& labels, WriteOptions options = {});
  /// Returns the labels of one series; none if it has none. Needs no index.
  ReadResult<Labels> labels(std::string_view key, const ReadOptions& options = {});
  /// Returns the names of all labels of the series that the keys and matchers of `query` choose,
  /// whether they have records or not, ascending. Its times do not matter here; its `limit` counts
  /// names. Where as many come there may be more: to know, ask for one more than is wanted.
  ReadResult<std::vector<std::string>> label_names(const Query& query = Query::all(),
                                                   const ReadOptions& options = {});
  /// Returns the values that a label has in those series, each once, ascending; so many at most.
  ReadResult<std::vector<std::string>> label_values(std::string_view name,
                                                    const Query& query = Query::all(),
                                                    const ReadOptions& options = {});

  /// describe() as one batch, through the queue as async_write() does. Completes with its Receipt.
  template <class Token>
  auto async_describe(std::string_view key, const Labels& labels, WriteOptions options,
                      Token&& token) {
    WriteBatch batch;
    batch.describe(key, labels);
    return async_write(std::move(batch), options, std::forward<Token>(token));
  }
  /// Completes with the Labels of one series; none if it has none.
  template <class Token>
  auto async_labels(std::string key, ReadOptions options, Token&& token) {
    return async_run<Labels>([key = std::move(key), options = std::move(options)](
                                 Engine& engine) { return engine.labels(key, options); },
                             std::forward<Token>(token));
  }
  /// Completes with the keys that have a live record in the query, ascending.
  template <class Token>
  auto async_series_list(Query query, ReadOptions options, Token&& token) {
    return async_run<std::vector<std::string>>(
        [query = std::move(query), options = std::move(options)](Engine& engine) {
          return engine.series_list(query, options);
        },
        std::forward<Token>(token));
  }

  /// Returns the notes whose names begin with `prefix`, ascending by name (WriteBatch::note()).
  ReadResult<std::vector<Note>> notes(std::string_view prefix = {},
                                      const ReadOptions& options = {});

  // Reading. A read sees every batch that was acknowledged before it began, and no part of another.
  // What is damaged is Errc::corruption with file and offset, never an absence. A record is *live*
  // if it was neither deleted nor has expired. Reads never write, and hold up no writer.
  //
  // Fails with invalid_argument (a key or range that is not valid), corruption, closed, or the
  // errno of a system call.

  /// Returns the record at exactly (key, ts), if it is live.
  Result<std::optional<Record>> get(std::string_view key, TimePoint ts,
                                    const ReadOptions& options = {});
  /// Returns the live record of the series with the greatest ts, if it has one. That is the last in
  /// time, not the last written; ReadOptions::as_of() asks for the last of an earlier moment.
  Result<std::optional<Record>> latest(std::string_view key, const ReadOptions& options = {});
  /// Returns the `count` live records with the greatest ts, newest first; fewer if there are fewer.
  ReadResult<std::vector<Record>> latest_n(std::string_view key, std::size_t count,
                                           const ReadOptions& options = {});
  /// Returns all records of the query at once, in its order. All are in memory then: for many, use
  /// scan(). Each owns what it says, however long you keep it.
  ReadResult<std::vector<Record>> query(const Query& query, const ReadOptions& options = {});
  /// Begins a lazy walk over the same records in the same order, in memory that does not depend on
  /// how many they are. It shows the database as it is now, however late it goes on while the
  /// engine is open. What it gives is valid until it goes on. Give it a name: after a loop over it,
  /// status() says whether that was the end or an error.
  ReadResult<Scan> scan(const Query& query, const ReadOptions& options = {});
  /// Computes one value per series, bucket or group that has any, in the order of the query. The
  /// query's `limit` and `per_series` choose records before they are aggregated. Keeps no record in
  /// memory. Fails with invalid_argument for what the aggregation's own calls say.
  ReadResult<std::vector<Aggregate>> aggregate(const Query& query, const Aggregation& aggregation,
                                               const ReadOptions& options = {});
  /// Returns the keys that have a live record in the query, ascending; its `limit` counts keys.
  /// With Query::without_records(): those that have labels, and no such record.
  ReadResult<std::vector<std::string>> series_list(const Query& query,
                                                   const ReadOptions& options = {});
  /// series_list(), with the labels of each series, all of one moment: none for one that has none.
  ReadResult<std::vector<DescribedSeries>> described_series(const Query& query = Query::all(),
                                                            const ReadOptions& options = {});
  /// Counts the records that query() would return, by statistics where aggregate() may use them.
  Result<std::uint64_t> count(const Query& query, const ReadOptions& options = {});

  // Each of these runs the blocking call on get_executor(), which it keeps busy meanwhile. What the
  // call sees is decided when it runs: to read from the moment of the call, pass a snapshot.

  /// Completes with the record at exactly (key, ts), if it is live.
  template <class Token>
  auto async_get(std::string key, TimePoint ts, ReadOptions options, Token&& token) {
    return async_run<std::optional<Record>>(
        [key = std::move(key), ts, options = std::move(options)](Engine& engine) {
          return engine.get(key, ts, options);
        },
        std::forward<Token>(token));
  }
  /// Completes with the live record of the series with the greatest ts, if it has one.
  template <class Token>
  auto async_latest(std::string key, ReadOptions options, Token&& token) {
    return async_run<std::optional<Record>>(
        [key = std::move(key), options = std::move(options)](Engine& engine) {
          return engine.latest(key, options);
        },
        std::forward<Token>(token));
  }
  /// Completes with all records of the query, in its order.
  template <class Token>
  auto async_query(Query query, ReadOptions options, Token&& token) {
    return async_run<std::vector<Record>>(
        [query = std::move(query), options = std::move(options)](Engine& engine) {
          return engine.query(query, options);
        },
        std::forward<Token>(token));
  }
  /// Completes with the values of aggregate().
  template <class Token>
  auto async_aggregate(Query query, Aggregation aggregation, ReadOptions options, Token&& token) {
    return async_run<std::vector<Aggregate>>(
        [query = std::move(query), aggregation = std::move(aggregation),
         options = std::move(options)](Engine& engine) {
          return engine.aggregate(query, aggregation, options);
        },
        std::forward<Token>(token));
  }

  /// Aggregates a query's records as they are now by buckets of `every`, and writes each value as
  /// a record: at the bucket's start, under `target_prefix` + the series' key (or group) + "/" +
  /// the function's name, "hourly/plant/press1/temp/mean" say. Returns how many it wrote. Done
  /// again it replaces them, so begin and end the query's range at a bucket's edge. A series that
  /// it writes and that has no labels gets those of its source; of a group by label, that label.
  ///
  /// `functions` come without every() and agree in offset, fill and groups. The query must not
  /// reach keys that begin with `target_prefix`: it would feed on itself. Fails with
  /// invalid_argument, and as aggregate() and write(): then a part may have been written.
  Result<std::uint64_t> downsample(const Query& query, Duration every,
                                   std::vector<Aggregation> functions,
                                   std::string_view target_prefix, WriteOptions options = {});

  /// downsample() on get_executor(), which it keeps busy. Completes with how many records it wrote.
  template <class Token>
  auto async_downsample(Query query, Duration every, std::vector<Aggregation> functions,
                        std::string target_prefix, WriteOptions options, Token&& token) {
    return async_run<std::uint64_t>(
        [query = std::move(query), every, functions = std::move(functions),
         target_prefix = std::move(target_prefix), options](Engine& engine) mutable {
          return engine.downsample(query, every, std::move(functions), target_prefix, options);
        },
        std::forward<Token>(token));
  }

  /// Takes the database as it is now, for ReadOptions::snapshot(). O(1). Fails only with closed.
  Result<Snapshot> snapshot();

  // Keeping. Background maintenance does all of this by itself; call them to have it done now, or
  // where it is off. Each may be called while it runs. Fails with no_space, an errno, or closed.

  /// Makes durable tables of every record in memory that was acknowledged before the call.
  [[nodiscard]] Status flush();
  /// Compacts until nothing is left that pays, level 0 included however little it holds. True if it
  /// did something. May rewrite much of the database, and takes its time.
  Result<bool> compact();
  /// Drops what has expired or was deleted, wherever nothing older hides behind it, and labels that
  /// leave with the last record of their series. Returns how many records and deletes went. As the
  /// background it goes by a time that no wrong clock moves far, unless the options vouch for it.
  Result<std::uint64_t> collect_garbage(CollectOptions options = {});
  /// Makes every write acknowledged before the call durable, by a sync of the WAL. Under
  /// Durability::none() it flushes. Fails with unknown where neither works.
  [[nodiscard]] Status sync();
  /// flush() and sync(), after which a reopen has no WAL to replay.
  [[nodiscard]] Status checkpoint();

  /// flush() on get_executor(). Completes once the tables are durable.
  template <class Token>
  auto async_flush(Token&& token) {
    return async_run<void>([](Engine& engine) { return engine.flush(); },
                           std::forward<Token>(token));
  }
  /// sync() on get_executor(). Completes once every write acknowledged before it is durable.
  template <class Token>
  auto async_sync(Token&& token) {
    return async_run<void>([](Engine& engine) { return engine.sync(); },
                           std::forward<Token>(token));
  }

  /// Starts the background thread of an engine opened with Options::background_maintenance off.
  /// Fails with invalid_argument if it runs already, or if the engine is threadless.
  Result<MaintenanceHandle> start_maintenance();

  /// Does one piece of what waits in a threadless engine: a queued write, a due sync, a flush, a
  /// compaction, a collection, an asynchronous read. False if there was nothing to do.
  Result<bool> step();

  /// What opening found and did. Constant, and valid while the engine lives.
  const RecoveryReport& recovery_report() const;
  /// The sequence of the newest batch that reads can see; 0 if there was none yet.
  std::uint64_t last_sequence() const;
  /// Where the engine stands; its figures are taken one after the other. Cheap enough to ask each
  /// second: it reads no file, holds up no writer, but waits while the index of labels is built.
  Stats stats() const;
  /// stats() in the Prometheus text exposition format, names beginning with "varve_".
  std::string metrics_text() const;

  /// Completes what is under way, makes it durable (under Durability::none: flushes), and closes.
  /// The WAL is cut to what it holds; the next opening replays that, unless checkpoint() came
  /// before. The destructor does the same and drops the error. A second close() is fine. Fails with
  /// the first error on the way, no_memory too, and lets go of everything all the same.
  [[nodiscard]] Status close();

 private:
  friend class EngineImpl;
  using Entry = detail::Entry;
  using Job = std::move_only_function<void(Engine&)>;

  explicit Engine(std::unique_ptr<EngineImpl> impl);

  /// Posts `pending` or runs it on the engine's thread, once the outcome is known.
  static void submit_write(Entry& entry, WriteBatch batch, const WriteOptions& options,
                           detail::PendingWrite& pending);
  /// Runs `job` on the entry's executor with an Engine that borrows the database; if that is closed
  /// by then, every call inside the job fails with Errc::closed.
  static void submit_job(const Entry& entry, Job job);

  /// Makes a call inside the engine, or fails with Errc::closed. Every public call comes through
  /// here (engine/database/engine.cpp).
  template <class Call>
  std::invoke_result_t<Call, EngineImpl&> inside(Call call);

  /// Runs a blocking call on the engine's executor, and completes with its outcome.
  template <class T, class Call, class Token>
  auto async_run(Call call, Token&& token) {
    using Signature = typename detail::CompletionOf<T>::Signature;
    return asio::async_initiate<Token, Signature>(
        [](auto handler, EngineImpl* impl, Call accepted) {
          const Entry entry(impl);
          auto completion =
              detail::make_completion<Signature>(entry.executor(), std::move(handler));
          submit_job(entry, [done = std::move(completion),
                             made = std::move(accepted)](Engine& engine) mutable {
            detail::complete<T>(done, [&] { return made(engine); });
          });
        },
        token, impl_.get(), std::move(call));
  }

  std::unique_ptr<EngineImpl> impl_;
  bool is_borrowed_ = false;  // Whoever borrowed it is inside for as long as this lives.
};

}  // namespace varve
