// Any bytes are a key that labels made, and then these make it again; or they are none. Any texts
// as labels make a key that gives them back. Any bytes are a note of a name, or are refused.

#include "tools/formats/series_name.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace varve;
using namespace varve::tools;

void read_as_key(std::string_view key) {
  const auto labels = labels_of_key(key);
  if (!labels) return;
  const auto again = series_key(*labels);
  if (!again || *again != key) std::abort();
}

/// Names and values in turn, apart by zero bytes.
void write_as_labels(std::string_view text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == '\0') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  Labels labels;
  for (std::size_t i = 0; i + 1 < parts.size(); i += 2) labels.set(parts[i], parts[i + 1]);
  const auto key = series_key(labels);
  if (!key) return;
  const auto back = labels_of_key(*key);
  if (!back || *back != labels) std::abort();
  if (!is_named_by_labels(*key, labels)) std::abort();
}

/// Measurement and field, apart by the first zero byte: by name and note they come back.
void name_pair(std::string_view text) {
  const std::size_t zero = text.find('\0');
  if (zero == std::string_view::npos) return;
  const MeasurementNames::Pair pair{std::string(text.substr(0, zero)),
                                    std::string(text.substr(zero + 1))};
  MeasurementNames names;
  const auto labels = names.labels_of(pair.measurement, pair.field, {});
  if (!labels) return;
  if (names.point_of(*labels).pair != pair) std::abort();
  MeasurementNames later;
  for (const auto& [name, bytes] : names.owed()) {
    if (!later.learn(name, bytes)) std::abort();
  }
  if (later.point_of(*labels).pair != pair) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_as_key(text);
  write_as_labels(text);
  name_pair(text);
  MeasurementNames names;
  (void)names.learn(std::string(MeasurementNames::note_prefix) + "a_b", text);
  return 0;
}
