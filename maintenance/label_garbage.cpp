#include "maintenance/label_garbage.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/checksum.hpp"
#include "engine/base/no_memory.hpp"
#include "engine/commit/committer.hpp"
#include "engine/io/io_error.hpp"
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

/// As the Keeper takes it.
bool is_damage(const Error& error) {
  return engine::is_damage(error) || error.code == Errc::unsupported_format;
}

/// Those of the series, ascending, that are empty. Where the one walk that looks for all meets
/// damage, each is asked for by itself: most of them have nothing to do with it. One that has may
/// have records, and so is none of them.
Result<std::vector<std::string>> find_empty(const engine::View& view,
                                            std::span<const std::string> keys) {
  auto empty = engine::without_records(view, keys, past_the_cache);
  if (empty || !is_damage(empty.error())) return empty;
  std::vector<std::string> found;
  for (const std::string& key : keys) {
    const auto rows = view.latest(engine::internal_key(key), 1, past_the_cache);
    if (!rows && !is_damage(rows.error())) return std::unexpected(rows.error());
    if (rows && rows->empty()) found.push_back(key);
  }
  return found;
}

Result<bool> leaves_with_records(const engine::View& view, std::string_view key) {
  VARVE_TRY(const Labels labels, engine::labels_of(view, key, past_the_cache));
  return labels.leaves_with_records();
}

/// Whether the series is described as it was in the earlier view. A description since then is seen
/// in the memtables of either view: those of the earlier one are pinned, and took what was written
/// until they were frozen. Only where a memtable that is younger was flushed meanwhile, the labels
/// themselves have to say it. Then the same ones, given again, count as those that were chosen.
Result<bool> is_as_described(const engine::View& earlier, const engine::View& view,
                             std::string_view key) {
  VARVE_ASSERT(view.sequence() >= earlier.sequence());
  const std::string label_key = engine::label_key(key);
  const std::uint64_t hash = engine::hash_of(label_key);
  for (const engine::View* const one : {&earlier, &view}) {
    for (const auto& memtable : one->memtables()) {
      if (memtable->touched_since(label_key, hash, engine::label_ts, earlier.sequence())) {
        return false;
      }
    }
  }
  if (view.version().flush_number <= earlier.memtables().front()->number()) return true;
  VARVE_TRY(const Labels before, engine::labels_of(earlier, key, past_the_cache));
  VARVE_TRY(const Labels after, engine::labels_of(view, key, past_the_cache));
  return before == after;
}

/// Those of the series, ascending, that are empty, and are described as they were where they were
/// chosen; where nobody chose them, whose labels are still there and leave with records.
Result<std::vector<std::string>> find_garbage(const engine::View& view,
                                              std::span<const std::string> keys,
                                              const engine::View* chosen_in) {
  VARVE_TRY(auto empty, find_empty(view, keys));
  std::vector<std::string> garbage;
  for (std::string& key : empty) {
    VARVE_TRY(const bool goes, chosen_in != nullptr ? is_as_described(*chosen_in, view, key)
                                                    : leaves_with_records(view, key));
    if (goes) garbage.push_back(std::move(key));
  }
  return garbage;
}

}  // namespace

LabelGarbage::LabelGarbage(LabelGarbageContext context)
    : context_(std::move(context)), next_count_(context_.clock.monotonic() + count_pause) {
  VARVE_ASSERT(context_.write_if && context_.run_later);
}

Status LabelGarbage::collect(Timestamp now) {
  std::optional<std::uint64_t> counted = std::uint64_t{0};
  for (std::optional<std::string> from = std::string(); from;) {
    VARVE_TRY(Looked looked, collect_from(*from, now, records_at_once, counted.has_value()));
    if (counted && looked.without_records) {
      *counted += *looked.without_records;
    } else {
      counted.reset();
    }
    from = std::move(looked.next);
  }
  without_records_ = counted.value_or(not_counted);
  return {};
}

Status LabelGarbage::forget(std::span<const std::string> keys, const engine::View& chosen_in,
                            Timestamp now) {
  for (std::span<const std::string> left = keys; !left.empty();) {
    const auto some = left.first(std::min(left.size(), records_per_job));
    const auto view = context_.versions.view(now);
    VARVE_TRY(const auto garbage, find_garbage(*view, some, &chosen_in));
    VARVE_TRY(const std::uint64_t removed, remove_all(view, garbage, now, &chosen_in));
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
  VARVE_TRY(const auto empty, find_empty(*view, leaving));
  VARVE_CHECK(remove_all(view, empty, now, nullptr));
  if (!counts) return looked;
  const auto kept = engine::without_records(*view, staying, past_the_cache);
  if (!kept && !is_damage(kept.error())) return std::unexpected(kept.error());
  if (kept) looked.without_records = kept->size();
  return looked;
}

/// Removes the labels of series that are empty in the view. Returns of how many.
Result<std::uint64_t> LabelGarbage::remove_all(const ViewPointer& view,
                                               std::span<const std::string> keys, Timestamp now,
                                               const engine::View* chosen_in) {
  std::uint64_t removed = 0;
  for (std::size_t begin = 0; begin < keys.size(); begin += removals_per_batch) {
    const auto some = keys.subspan(begin, std::min(removals_per_batch, keys.size() - begin));
    VARVE_TRY(const std::uint64_t of_some,
              remove(view, {some.begin(), some.end()}, now, chosen_in));
    removed += of_some;
  }
  return removed;
}

/// The same by one batch: of the series that are still to lose their labels where somebody wrote
/// meanwhile.
Result<std::uint64_t> LabelGarbage::remove(ViewPointer view, std::vector<std::string> keys,
                                           Timestamp now, const engine::View* chosen_in) {
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
    VARVE_TRY(keys, find_garbage(*view, keys, chosen_in));
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
      if (looked && round_.counts) {
        if (looked->without_records) {
          round_.without_records += *looked->without_records;
        } else {
          // Damage is in the way of the count, and would be again in a minute.
          round_.counts = false;
          without_records_ = not_counted;
          plan_next_count();
        }
      }
      if (looked && looked->next) return go_on(*std::move(looked->next));
      end_round(looked ? std::nullopt : std::optional(engine::copied(looked.error())));
    });
  });
  if (!is_on_its_way) end_round(engine::no_memory());
}

void LabelGarbage::plan_next_count() {
  const nanoseconds now = context_.clock.monotonic();
  next_count_ = now + std::max(count_pause, (now - round_.begun) * count_pause_factor);
}

/// After a failure the next round does not wait for another delete, unless damage was the failure:
/// that does not go by itself.
void LabelGarbage::end_round(const std::optional<Error>& failure) {
  if (failure) {
    engine::if_memory_allows(
        [&] { context_.log.warning("labels not collected: " + failure->message()); });
    if (!is_damage(*failure)) collected_at_ = no_round;
  } else if (round_.counts) {
    without_records_ = round_.without_records;
    plan_next_count();
  }
  collecting_ = false;
}

std::optional<std::uint64_t> LabelGarbage::without_records() const {
  const std::uint64_t counted = without_records_;
  return counted == not_counted ? std::nullopt : std::optional(counted);
}

}  // namespace varve::maintenance
