#include "tools/varve/export/label_walk.hpp"

#include <utility>

#include "varve/try.hpp"

namespace varve::tools {

LabelWalk::LabelWalk(Engine& engine, const Query& query, ReadOptions reads)
    : engine_(engine), query_(query), reads_(std::move(reads)), next_key_(query.first_key()) {}

Outcome<const DescribedSeries*> LabelWalk::front() {
  if (at_ == page_.size() && !is_last_page_) {
    Query page = Query::keys(next_key_, query_.end_key());
    for (const Matcher& matcher : query_.matchers()) page.with(matcher);
    page.limit(page_series);
    VARVE_TRY(page_, engine_.described_series(page, reads_));
    at_ = 0;
    is_last_page_ = page_.size() < page_series;
    if (!page_.empty()) next_key_ = page_.back().key + '\0';  // The least key behind it.
  }
  return at_ < page_.size() ? &page_[at_] : nullptr;
}

}  // namespace varve::tools
