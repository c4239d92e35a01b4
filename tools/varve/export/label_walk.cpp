#include "tools/varve/export/label_walk.hpp"

#include <utility>

#include "varve/try.hpp"

namespace varve::tools {

LabelWalk::LabelWalk(Engine& engine, const Query& query, ReadOptions reads)
    : engine_(engine),
      query_(query),
      reads_(std::move(reads)),
      with_records_{.without_records = false, .next_key = query.first_key()},
      without_records_{.without_records = true, .next_key = query.first_key()} {}

Outcome<const DescribedSeries*> LabelWalk::front() {
  VARVE_TRY(const DescribedSeries* const with, front_of(with_records_));
  VARVE_TRY(const DescribedSeries* const without, front_of(without_records_));
  const bool is_with = with != nullptr && (without == nullptr || with->key < without->key);
  front_ = is_with ? &with_records_ : &without_records_;
  return is_with ? with : without;
}

Outcome<const DescribedSeries*> LabelWalk::front_of(Pages& pages) {
  if (pages.at == pages.page.size() && !pages.is_last) {
    Query page = Query::keys(pages.next_key, query_.end_key());
    for (const Matcher& matcher : query_.matchers()) page.with(matcher);
    page.limit(page_series);
    if (pages.without_records) page.without_records();
    VARVE_TRY(pages.page, engine_.described_series(page, reads_));
    pages.at = 0;
    pages.is_last = pages.page.size() < page_series;
    // The least key behind it.
    if (!pages.page.empty()) pages.next_key = pages.page.back().key + '\0';
  }
  return pages.at < pages.page.size() ? &pages.page[pages.at] : nullptr;
}

}  // namespace varve::tools
