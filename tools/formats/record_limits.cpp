#include "tools/formats/record_limits.hpp"

#include "varve/record.hpp"
#include "varve/try.hpp"
#include "varve/value.hpp"

namespace varve::tools {

Parsed<void> check_key(std::string_view key) {
  if (key.empty()) return problem("an empty key");
  if (key.size() > Record::key_size_max) {
    return problem("a key of " + std::to_string(key.size()) + " bytes; at most " +
                   std::to_string(Record::key_size_max));
  }
  return {};
}

Parsed<void> add_checked(RecordList& records, std::string_view key, Timestamp ts,
                         const ValueView& value, Timestamp expires_at) {
  VARVE_CHECK(check_key(key));
  if (value.type() == ValueType::bytes && value.as_bytes().size() > Value::size_max) {
    return problem("a value of " + std::to_string(value.as_bytes().size()) + " bytes; at most " +
                   std::to_string(Value::size_max));
  }
  records.add(key, ts, value, expires_at);
  return {};
}

}  // namespace varve::tools
