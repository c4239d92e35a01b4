#include <asio/post.hpp>
#include <limits>
#include <utility>

#include "engine/database/engine_impl.hpp"
#include "engine/record/label_record.hpp"
#include "query/scan/plan.hpp"
#include "varve/try.hpp"

namespace varve {

using engine::Gate;

namespace {

std::unexpected<Error> closed() { return fail(Errc::closed, "the engine is closed"); }

// Label records that one job of the background looks at: some milliseconds.
constexpr std::size_t records_per_job = 4096;
// Series whose labels are removed by one batch.
constexpr std::size_t removals_per_batch = 64;

}  // namespace

Result<Labels> EngineImpl::labels(std::string_view key, const ReadOptions& options) {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  VARVE_CHECK(engine::check_key(key));
  VARVE_TRY(const auto row, view_of(options)->get(engine::label_key(key), engine::label_ts,
                                                  query::cursor_options(options)));
  if (!row) return Labels();
  if (row->type != engine::RowType::bytes) {
    return fail(Errc::corruption, "a label record that is no bytes");
  }
  return engine::decode_labels(engine::as_bytes(row->value.as_bytes()));
}

Result<std::vector<std::string>> EngineImpl::label_names(const Query& query,
                                                         const ReadOptions& options) {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  return label_reader_->names(query, options, snapshot_of(options), parts_.expiry_clock->now());
}

Result<std::vector<std::string>> EngineImpl::label_values(std::string_view name, const Query& query,
                                                          const ReadOptions& options) {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  return label_reader_->values(name, query, options, snapshot_of(options),
                               parts_.expiry_clock->now());
}

// Labels that leave with the last record of their series.
//
// Whether a series is empty is read without a lock, and its labels are removed by a write that
// applies only where since then nobody has described the series or written a record of it. So a
// series that comes back to life in between keeps its labels; else it comes back without.

/// Looks at label records from `first_key` on, at most so many, and removes those that are to leave
/// with records that are gone, judged by expiry at `now`. Returns where to go on.
Result<std::optional<std::string>> EngineImpl::collect_labels(const std::string& first_key,
                                                              Timestamp now,
                                                              std::size_t count_max) {
  const auto view = parts_.versions->view(now);
  const engine::CursorOptions options{.fill_cache = false};
  std::vector<std::string> empty;
  std::optional<std::string> next;
  std::size_t count = 0;
  VARVE_CHECK(query::for_each_label_record(
      *view, engine::key_range(engine::KeySpace::labels, first_key, {}), options,
      [&](std::string_view key, std::string_view record) -> Result<bool> {
        if (count++ == count_max) {
          next = key;
          return false;
        }
        VARVE_TRY(const Labels labels, engine::decode_labels(engine::as_bytes(record)));
        if (!labels.leaves_with_records()) return true;
        VARVE_TRY(const auto rows, view->latest(engine::internal_key(key), 1, options));
        if (rows.empty()) empty.emplace_back(key);
        return true;
      }));
  const std::span<const std::string> all = empty;
  for (std::size_t begin = 0; begin < all.size(); begin += removals_per_batch) {
    VARVE_CHECK(
        remove_labels(all.subspan(begin, std::min(removals_per_batch, all.size() - begin)), now));
  }
  return next;
}

/// Of those of the series that are still to lose them.
Status EngineImpl::remove_labels(std::span<const std::string> keys, Timestamp now) {
  while (true) {
    const auto view = parts_.versions->view(now);
    WriteBatch batch;
    Request request;
    for (const std::string& key : keys) {
      const std::string label_key = engine::label_key(key);
      const std::string record_key = engine::internal_key(key);
      VARVE_TRY(const auto row, view->get(label_key, engine::label_ts, {.fill_cache = false}));
      if (!row || row->type != engine::RowType::bytes) continue;
      VARVE_TRY(const Labels labels,
                engine::decode_labels(engine::as_bytes(row->value.as_bytes())));
      VARVE_TRY(const auto rows, view->latest(record_key, 1, {.fill_cache = false}));
      if (!labels.leaves_with_records() || !rows.empty()) continue;
      batch.describe(key, {});
      const std::uint64_t seen = view->sequence();
      request.conditions.push_back({label_key, engine::hash_of(label_key), engine::label_ts, seen});
      request.conditions.push_back({record_key, engine::hash_of(record_key), std::nullopt, seen});
    }
    if (batch.empty()) return {};
    VARVE_CHECK(prepare(batch, {}, request));
    const auto receipt = committer_->write(request, Mode::blocking);
    if (receipt) return {};
    // A conflict means that another write got on; so this ends.
    if (!engine::is_conflict(receipt.error())) return std::unexpected(receipt.error());
  }
}

/// Over all label records, job by job.
struct EngineImpl::LabelRound {
  std::shared_ptr<Door> door;
  asio::any_io_executor executor;
  std::string next_key;
};

// On the maintenance thread, which must not write: where writes wait for a flush, they wait for
// that thread. So the work goes where asynchronous calls go. Only deletes and purges can make a
// series empty, so without any there is nothing to look for.
void EngineImpl::collect_labels_later() {
  const engine::Counters& counters = *parts_.counters;
  const std::uint64_t gone = counters.deletes_written.value() + counters.records_purged.value();
  if (labels_collected_at_.load() == gone || collecting_labels_.exchange(true)) return;
  labels_collected_at_ = gone;
  go_on_collecting_labels(std::make_shared<LabelRound>(door_, executor(), std::string()));
}

void EngineImpl::go_on_collecting_labels(std::shared_ptr<LabelRound> round) {
  const asio::any_io_executor executor = round->executor;
  asio::post(executor, [round = std::move(round)]() mutable {
    const Gate::Pass pass(round->door->gate);
    if (!pass) return;
    EngineImpl& impl = *round->door->impl;
    // By what is stored, and not by the clock: one that runs ahead must not take labels away.
    auto next = impl.collect_labels(round->next_key, std::numeric_limits<Timestamp>::min(),
                                    records_per_job);
    if (next && *next) {
      round->next_key = **std::move(next);
      return go_on_collecting_labels(std::move(round));
    }
    if (!next) {
      impl.parts_.log.warning("labels not collected: " + next.error().message());
      impl.labels_collected_at_ = no_round;
    }
    impl.collecting_labels_ = false;
  });
}

}  // namespace varve
