#include "engine/codec/row_columns.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/codec/columns.hpp"
#include "engine/codec/words.hpp"

namespace varve::engine {

void encode_steps(std::span<const Timestamp> timestamps, Bytes& target) {
  VARVE_ASSERT(!timestamps.empty());
  std::vector<std::uint64_t> steps(timestamps.size() - 1);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    steps[i] = static_cast<std::uint64_t>(wrapping_subtract(timestamps[i + 1], timestamps[i]));
  }
  encode_step_words(steps, target);
}

void decode_steps(ByteReader& reader, std::span<Timestamp> timestamps) {
  VARVE_ASSERT(!timestamps.empty());
  const auto rest = timestamps.subspan(1);
  // Signed and unsigned of one width may alias each other.
  decode_step_sums(reader, static_cast<std::uint64_t>(timestamps.front()),
                   {reinterpret_cast<std::uint64_t*>(rest.data()), rest.size()});
}

void encode_expiries(std::span<const Timestamp> expiries, std::span<const Timestamp> timestamps,
                     Bytes& target) {
  VARVE_ASSERT(expiries.size() == timestamps.size());
  ByteWriter writer(target);
  if (std::ranges::all_of(expiries, [](Timestamp at) { return at == never; })) {
    writer.put(std::to_underlying(ExpiryForm::none));
    return;
  }
  // Mostly all rows live equally long; where only some expire at all, the moments pack better.
  std::vector<std::int64_t> lives(expiries.size());
  for (std::size_t i = 0; i < lives.size(); ++i) {
    lives[i] = wrapping_subtract(expiries[i], timestamps[i]);
  }
  Bytes relative;
  encode_int64s(lives, Compression::none, relative);
  Bytes absolute;
  encode_int64s(expiries, Compression::none, absolute);
  const bool is_relative = relative.size() <= absolute.size();
  writer.put(std::to_underlying(is_relative ? ExpiryForm::after_ts : ExpiryForm::moment));
  writer.put_bytes(is_relative ? relative : absolute);
}

bool decode_expiries(ByteReader& reader, std::span<const Timestamp> timestamps,
                     std::span<Timestamp> expiries) {
  const auto form = static_cast<ExpiryForm>(reader.take<std::uint8_t>());
  if (form == ExpiryForm::none) return false;
  if (form != ExpiryForm::after_ts && form != ExpiryForm::moment) {
    reader.fail();
    return false;
  }
  decode_int64s(reader, expiries);
  if (form == ExpiryForm::after_ts) {
    for (std::size_t i = 0; i < expiries.size(); ++i) {
      expiries[i] = wrapping_add(timestamps[i], expiries[i]);
    }
  }
  return true;
}

}  // namespace varve::engine
