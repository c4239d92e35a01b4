#include "engine/record/rows.hpp"

namespace varve::engine {

void Column::append(const ValueView& value) {
  if (type_ == RowType::tombstone) return;
  VARVE_ASSERT(row_type(value.type()) == type_);
  detail::with_value(value, [this](const auto& one) { append(&one, 1); });
}

void Rows::append(const RowsView& rows) {
  VARVE_ASSERT(rows.type == type_);
  if (!rows.expiries.empty() || !expiries_.empty()) {
    expiries_.resize(timestamps_.size(), never);
    if (rows.expiries.empty()) {
      expiries_.resize(timestamps_.size() + rows.size(), never);
    } else {
      expiries_.insert(expiries_.end(), rows.expiries.begin(), rows.expiries.end());
    }
  }
  timestamps_.insert(timestamps_.end(), rows.timestamps.begin(), rows.timestamps.end());
  values_.append(rows.values, rows.size());
}

void Rows::append(Timestamp ts, const ValueView& value, Timestamp expires_at) {
  if (expires_at != never || !expiries_.empty()) {
    expiries_.resize(timestamps_.size(), never);
    expiries_.push_back(expires_at);
  }
  timestamps_.push_back(ts);
  if (type_ != RowType::tombstone) values_.append(value);
}

}  // namespace varve::engine
