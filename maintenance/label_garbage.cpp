#include "maintenance/label_garbage.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/checksum.hpp"
#include "engine/base/no_memory.hpp"
#include "engine/commit/committer.hpp"
#include "engine/record/label_record.hpp"
#include "engine/version/label_records.hpp"
#include "engine/version/view.hpp"
#include "varve/try.hpp"

namespace varve::maintenance {

namespace {

// Label records that one job of the background looks at: some milliseconds.
constexpr std::size_t records_per_job = 4096;
// Series whose labels are removed by one batch.
constexpr std::size_t removals_per_batch = 64;

constexpr engine::CursorOptions past_the_cache{.fill_cache = false};

/// Whether the series is empty and its labels, which leave with its records, are still there.
Result<bool> is_garbage(const engine::View& view, std::string_view key) {
  VARVE_TRY(const Labels labels, engine::labels_of(view, key, past_the_cache));
  if (!labels.leaves_with_records()) return false;
  VARVE_TRY(const auto rows, view.latest(engine::internal_key(key), 1, past_the_cache));
  return rows.empty();
}

}  // namespace

LabelGarbage::LabelGarbage(LabelGarbageContext context) : context_(std::move(context)) {
  VARVE_ASSERT(context_.write_if && context_.run_later);
}

Status LabelGarbage::collect(Timestamp now) {
  VARVE_CHECK(collect_from("", now, std::numeric_limits<std::size_t>::max()));
  return {};
}

/// Looks at label records from `first_key` on, at most so many, and removes those that are to leave
/// with records that are gone. Returns where to go on.
Result<std::optional<std::string>> LabelGarbage::collect_from(const std::string& first_key,
                                                              Timestamp now,
                                                              std::size_t count_max) {
  const auto view = context_.versions.view(now);
  std::vector<std::string> empty;
  std::optional<std::string> next;
  std::size_t count = 0;
  VARVE_CHECK(engine::for_each_label_record(
      *view, engine::key_range(engine::KeySpace::labels, first_key, {}), past_the_cache,
      [&](std::string_view key, std::string_view record) -> Result<bool> {
        if (count++ == count_max) {
          next = key;
          return false;
        }
        VARVE_TRY(const Labels labels, engine::decode_labels(engine::as_bytes(record)));
        if (!labels.leaves_with_records()) return true;
        VARVE_TRY(const auto rows, view->latest(engine::internal_key(key), 1, past_the_cache));
        if (rows.empty()) empty.emplace_back(key);
        return true;
      }));
  const std::span<const std::string> all = empty;
  for (std::size_t begin = 0; begin < all.size(); begin += removals_per_batch) {
    VARVE_CHECK(remove(all.subspan(begin, std::min(removals_per_batch, all.size() - begin)), now));
  }
  return next;
}

/// Removes the labels of those of the series that are still to lose them.
Status LabelGarbage::remove(std::span<const std::string> keys, Timestamp now) {
  while (true) {
    const auto view = context_.versions.view(now);
    WriteBatch batch;
    std::vector<engine::WriteCondition> conditions;
    for (const std::string& key : keys) {
      VARVE_TRY(const bool leaves, is_garbage(*view, key));
      if (!leaves) continue;
      batch.describe(key, {});
      const std::string label_key = engine::label_key(key);
      const std::string record_key = engine::internal_key(key);
      const std::uint64_t seen = view->sequence();
      conditions.push_back({label_key, engine::hash_of(label_key), engine::label_ts, seen});
      conditions.push_back({record_key, engine::hash_of(record_key), std::nullopt, seen});
    }
    if (batch.empty()) return {};
    const auto receipt = context_.write_if(batch, std::move(conditions));
    if (receipt) return {};
    // A conflict means that another write got on; so this ends.
    if (!engine::is_conflict(receipt.error())) return std::unexpected(receipt.error());
  }
}

// On the maintenance thread, which must not write: where writes wait for a flush, they wait for
// that thread. So the work goes elsewhere. Only deletes and purges can make a series empty, so
// without any there is nothing to look for.
void LabelGarbage::collect_later() {
  const std::uint64_t gone =
      context_.counters.deletes_written.value() + context_.counters.records_purged.value();
  if (collected_at_.load() == gone || collecting_.exchange(true)) return;
  collected_at_ = gone;
  go_on("");
}

void LabelGarbage::go_on(std::string first_key) {
  const bool is_on_its_way = engine::if_memory_allows([&] {
    context_.run_later([this, first_key = std::move(first_key)] {
      // By what is stored, and not by the clock: one that runs ahead must not take labels away.
      auto next = engine::or_no_memory([&] {
        return collect_from(first_key, std::numeric_limits<Timestamp>::min(), records_per_job);
      });
      if (next && *next) return go_on(**std::move(next));
      end_round(next ? std::nullopt : std::optional(engine::copied(next.error())));
    });
  });
  if (!is_on_its_way) end_round(engine::no_memory());
}

/// After a failure the next round does not wait for another delete.
void LabelGarbage::end_round(const std::optional<Error>& failure) {
  if (failure) {
    engine::if_memory_allows(
        [&] { context_.log.warning("labels not collected: " + failure->message()); });
    collected_at_ = no_round;
  }
  collecting_ = false;
}

}  // namespace varve::maintenance
