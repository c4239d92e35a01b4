#include "engine/record/rows.hpp"

namespace varve::engine {

void Column::append(const ValueView& value) {
  switch (type_) {
    case RowType::tombstone: return;
    case RowType::double_: {
      const double number = value.as_double();
      return append(&number, 1);
    }
    case RowType::int64: {
      const std::int64_t number = value.as_int64();
      return append(&number, 1);
    }
    case RowType::bool_: {
      const bool flag = value.as_bool();
      return append(&flag, 1);
    }
    case RowType::bytes: {
      const std::string_view bytes = value.as_bytes();
      return append(&bytes, 1);
    }
  }
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
