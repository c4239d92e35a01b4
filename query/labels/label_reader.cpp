#include "query/labels/label_reader.hpp"

#include <new>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/backoff.hpp"
#include "engine/record/label_record.hpp"
#include "engine/version/label_records.hpp"
#include "query/scan/plan.hpp"
#include "varve/try.hpp"

namespace varve::query {

using engine::Lock;
using engine::View;

namespace {

Result<std::unique_ptr<LabelIndex>> build(const View& view, engine::CursorOptions options) {
  auto index = std::make_unique<LabelIndex>();
  const engine::KeyRange keys = engine::key_range(engine::KeySpace::labels, "", {});
  VARVE_CHECK(engine::for_each_label_record(
      view, keys, options, [&](std::string_view key, std::string_view record) -> Result<bool> {
        const auto labels = engine::decode_labels(engine::as_bytes(record));
        if (labels) {
          index->set(key, *labels);
        } else if (!options.skip_damaged) {
          return std::unexpected(labels.error());
        }
        return true;
      }));
  index->shrink();
  return index;
}

}  // namespace

/// Applies what the feed has up to `sequence`. False where there is no index that could be brought
/// there. Where it ends halfway there is none afterwards: the feed has given the rest away.
Result<bool> LabelReader::catch_up(std::uint64_t sequence) {
  if (!index_) return false;
  const auto changes = feed_.take_through(sequence);
  if (!changes) {
    index_.reset();
    return false;
  }
  std::unique_ptr<LabelIndex> index = std::move(index_);
  for (const engine::LabelFeed::Change& change : *changes) {
    Labels labels;
    if (!change.record.empty()) {
      VARVE_TRY(labels, engine::decode_labels(engine::as_bytes(change.record)));
    }
    index->set(change.key, labels);
    VARVE_ASSERT(change.sequence <= sequence);
    changed_at_ = change.sequence;
  }
  index_ = std::move(index);
  return true;
}

/// Builds the index, as of a view that is taken here.
Status LabelReader::build_anew(Timestamp now) {
  index_.reset();
  const std::uint64_t untold = feed_.start();
  // The writer comes to publish it in a moment: nothing lies between that may wait.
  for (engine::Backoff backoff; versions_.visible_sequence() < untold;) backoff.wait();
  ViewPointer view;
  Result<std::unique_ptr<LabelIndex>> built;
  try {
    view = versions_.view(now);
    built = build(*view, {.fill_cache = false});
  } catch (const std::bad_alloc&) {
    feed_.stop();
    throw;
  }
  if (!built) {
    feed_.stop();
    return std::unexpected(std::move(built).error());
  }
  index_ = *std::move(built);
  changed_at_ = untold;
  // What the view showed already is told again, all of it: that changes nothing but changed_at_.
  VARVE_CHECK(catch_up(view->sequence()));
  return {};
}

Status LabelReader::ask(ViewPointer& view, const ReadOptions& options, Timestamp now,
                        const Question& question) {
  const bool at_present = view == nullptr;
  {
    const Lock lock(mutex_);
    if (at_present) view = versions_.view(now);
    VARVE_TRY(bool usable, catch_up(view->sequence()));
    if (!usable || index_->is_worn()) {
      const Status built = build_anew(now);
      if (!built && !cursor_options(options).passes_over(built.error())) return built;
      if (at_present) view = versions_.view(now);
      VARVE_TRY(usable, catch_up(view->sequence()));
    }
    if (usable && changed_at_ <= view->sequence()) {
      question(*index_);
      return {};
    }
  }
  VARVE_TRY(const std::unique_ptr<LabelIndex> as_of_view, build(*view, cursor_options(options)));
  question(*as_of_view);
  return {};
}

Result<LabelReader::Selected> LabelReader::select(const Query& query, const ReadOptions& options,
                                                  ViewPointer snapshot, Timestamp now,
                                                  LabelIndex::Which which) {
  VARVE_TRY(const engine::CursorBounds bounds, bounds_of(query));
  VARVE_TRY(const auto matchers, make_matchers(query.matchers()));
  std::optional<KeySelection> keys;
  VARVE_CHECK(ask(snapshot, options, now, [&](const LabelIndex& index) {
    keys.emplace(index.select(matchers, bounds.keys, which));
  }));
  return Selected{std::move(snapshot), *std::move(keys)};
}

Result<std::vector<std::string>> LabelReader::names(const Query& query, const ReadOptions& options,
                                                    ViewPointer snapshot, Timestamp now) {
  VARVE_TRY(const engine::CursorBounds bounds, bounds_of(query));
  VARVE_TRY(const auto matchers, make_matchers(query.matchers()));
  std::vector<std::string> found;
  VARVE_CHECK(ask(snapshot, options, now, [&](const LabelIndex& index) {
    found = index.names(matchers, bounds.keys, query.limit());
  }));
  return found;
}

Result<std::vector<std::string>> LabelReader::values(std::string_view name, const Query& query,
                                                     const ReadOptions& options,
                                                     ViewPointer snapshot, Timestamp now) {
  VARVE_TRY(const engine::CursorBounds bounds, bounds_of(query));
  VARVE_TRY(const auto matchers, make_matchers(query.matchers()));
  std::vector<std::string> found;
  VARVE_CHECK(ask(snapshot, options, now, [&](const LabelIndex& index) {
    found = index.values(name, matchers, bounds.keys, query.limit());
  }));
  return found;
}

LabelReader::Size LabelReader::size() const {
  const Lock lock(mutex_);
  const std::size_t told = feed_.bytes();
  return index_ ? Size{index_->size(), index_->bytes() + told} : Size{0, told};
}

}  // namespace varve::query
