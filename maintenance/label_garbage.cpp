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

using std::chrono::nanoseconds;

// Label records that one job of the background looks at: some milliseconds.
constexpr std::size_t records_per_job = 4096;
// And that are in memory at once where somebody waits.
constexpr std::size_t records_at_once = 65'536;
// Series whose labels are removed by one batch.
constexpr std::size_t removals_per_batch = 64;
// Between two counts of the background, and how many times as long as a count takes: it walks all
// series that have labels, for the sake of a figure.
constexpr nanoseconds count_pause = std::chrono::hours(1);
constexpr int count_pause_factor = 200;

constexpr engine::CursorOptions past_the_cache{.fill_cache = false};

/// Those of the series, ascending, that are empty; unless whatever they say, only those whose
/// labels are still there and leave with records.
Result<std::vector<std::string>> find_garbage(const engine::View& view,
                                              std::span<const std::string> keys,
                                              bool whatever_they_say) {
  VARVE_TRY(auto empty, engine::without_records(view, keys, past_the_cache));
  if (whatever_they_say) return empty;
  std::vector<std::string> leaving;
  for (std::string& key : empty) {
    VARVE_TRY(const Labels labels, engine::labels_of(view, key, past_the_cache));
    if (labels.leaves_with_records()) leaving.push_back(std::move(key));
  }
  return leaving;
}

}  // namespace

LabelGarbage::LabelGarbage(LabelGarbageContext context)
    : context_(std::move(context)), next_count_(context_.clock.monotonic() + count_pause) {
  VARVE_ASSERT(context_.write_if && context_.run_later);
}

Status LabelGarbage::collect(Timestamp now) {
  std::uint64_t counted = 0;
  for (std::optional<std::string> from = std::string(); from;) {
    VARVE_TRY(Looked looked, collect_from(*from, now, records_at_once, true));
    counted += looked.without_records;
    from = std::move(looked.next);
  }
  without_records_ = counted;
  return {};
}

Status LabelGarbage::forget(std::span<const std::string> keys, Timestamp now) {
  for (std::span<const std::string> left = keys; !left.empty();) {
    const auto some = left.first(std::min(left.size(), records_per_job));
    const auto view = context_.versions.view(now);
    VARVE_TRY(const auto empty, find_garbage(*view, some, true));
    VARVE_TRY(const std::uint64_t removed, remove_all(view, empty, now, true));
    std::uint64_t known = without_records_;
    while (known != not_counted &&
           !without_records_.compare_exchange_weak(known, known - std::min(known, removed))) {
    }
    left = left.subspan(some.size());
  }
  return {};
}

/// Looks at label records from `first_key` on, at most so many, and removes those that are to leave
/// with records that are gone. Of the others it counts those of empty series, where that is asked.
Result<LabelGarbage::Looked> LabelGarbage::collect_from(const std::string& first_key, Timestamp now,
                                                        std::size_t count_max, bool counts) {
  const ViewPointer view = context_.versions.view(now);
  std::vector<std::string> leaving;
  std::vector<std::string> staying;
  Looked looked;
  std::size_t count = 0;
  VARVE_CHECK(engine::for_each_label_record(
      *view, engine::key_range(engine::KeySpace::labels, first_key, {}), past_the_cache,
      [&](std::string_view key, std::string_view record) -> Result<bool> {
        if (count++ == count_max) {
          looked.next = key;
          return false;
        }
        VARVE_TRY(const Labels labels, engine::decode_labels(engine::as_bytes(record)));
        if (labels.leaves_with_records()) {
          leaving.emplace_back(key);
        } else if (counts) {
          staying.emplace_back(key);
        }
        return true;
      }));
  VARVE_TRY(const auto empty, engine::without_records(*view, leaving, past_the_cache));
  VARVE_CHECK(remove_all(view, empty, now, false));
  VARVE_TRY(const auto kept, engine::without_records(*view, staying, past_the_cache));
  looked.without_records = kept.size();
  return looked;
}

/// Removes the labels of series that are empty in the view. Returns of how many.
Result<std::uint64_t> LabelGarbage::remove_all(const ViewPointer& view,
                                               std::span<const std::string> keys, Timestamp now,
                                               bool whatever_they_say) {
  std::uint64_t removed = 0;
  for (std::size_t begin = 0; begin < keys.size(); begin += removals_per_batch) {
    const auto some = keys.subspan(begin, std::min(removals_per_batch, keys.size() - begin));
    VARVE_TRY(const std::uint64_t of_some,
              remove(view, {some.begin(), some.end()}, now, whatever_they_say));
    removed += of_some;
  }
  return removed;
}

/// The same by one batch: of the series that are still to lose their labels where somebody wrote
/// meanwhile.
Result<std::uint64_t> LabelGarbage::remove(ViewPointer view, std::vector<std::string> keys,
                                           Timestamp now, bool whatever_they_say) {
  while (!keys.empty()) {
    WriteBatch batch;
    std::vector<engine::WriteCondition> conditions;
    for (const std::string& key : keys) {
      batch.describe(key, {});
      const std::string label_key = engine::label_key(key);
      const std::string record_key = engine::internal_key(key);
      const std::uint64_t seen = view->sequence();
      conditions.push_back({label_key, engine::hash_of(label_key), engine::label_ts, seen});
      conditions.push_back({record_key, engine::hash_of(record_key), std::nullopt, seen});
    }
    const auto receipt = context_.write_if(batch, std::move(conditions));
    if (receipt) return keys.size();
    // A conflict means that another write got on; so this ends.
    if (!engine::is_conflict(receipt.error())) return std::unexpected(receipt.error());
    view = context_.versions.view(now);
    VARVE_TRY(keys, find_garbage(*view, keys, whatever_they_say));
  }
  return 0;
}

// On the maintenance thread, which must not write: where writes wait for a flush, they wait for
// that thread. So the work goes elsewhere. Only deletes and purges can make a series empty, so
// without any there is nothing to look for.
void LabelGarbage::collect_later() {
  const std::uint64_t gone =
      context_.counters.deletes_written.value() + context_.counters.records_purged.value();
  if (collected_at_.load() == gone || collecting_.exchange(true)) return;
  collected_at_ = gone;
  const nanoseconds now = context_.clock.monotonic();
  round_ = {.counts = now >= next_count_, .begun = now, .without_records = 0};
  go_on("");
}

void LabelGarbage::go_on(std::string first_key) {
  const bool is_on_its_way = engine::if_memory_allows([&] {
    context_.run_later([this, first_key = std::move(first_key)] {
      // By what is stored, and not by the clock: one that runs ahead must not take labels away.
      auto looked = engine::or_no_memory([&] {
        return collect_from(first_key, std::numeric_limits<Timestamp>::min(), records_per_job,
                            round_.counts);
      });
      if (looked) round_.without_records += looked->without_records;
      if (looked && looked->next) return go_on(*std::move(looked->next));
      end_round(looked ? std::nullopt : std::optional(engine::copied(looked.error())));
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
  } else if (round_.counts) {
    without_records_ = round_.without_records;
    const nanoseconds now = context_.clock.monotonic();
    next_count_ = now + std::max(count_pause, (now - round_.begun) * count_pause_factor);
  }
  collecting_ = false;
}

std::optional<std::uint64_t> LabelGarbage::without_records() const {
  const std::uint64_t counted = without_records_;
  return counted == not_counted ? std::nullopt : std::optional(counted);
}

}  // namespace varve::maintenance
