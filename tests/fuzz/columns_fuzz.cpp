// Any column comes back from its encoding bit for bit, and takes all bytes that were written for
// it. The first byte says of what type the column is, the second how the rest becomes its values:
// walks and repeats reach lengths and regularities that a fuzzer's few bytes do not spell out.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "engine/codec/columns.hpp"
#include "engine/codec/row_columns.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace varve;
using namespace varve::engine;

constexpr std::size_t values_max = 4096;

/// Numbers as they are, or a walk in steps of 16 bits; either repeated with a shift.
std::vector<std::int64_t> integers(ByteReader& input) {
  const auto form = input.take<std::uint8_t>();
  const bool walks = (form & 1) != 0;
  const std::size_t repeats = std::size_t{1} << (form >> 1 & 7);
  const auto shift = static_cast<std::int64_t>(form >> 4);
  std::vector<std::int64_t> values;
  std::int64_t place = 0;
  while (input.remaining() >= (walks ? 2 : 8) && values.size() < values_max) {
    if (walks) {
      place = wrapping_add(place, std::bit_cast<std::int16_t>(input.take<std::uint16_t>()));
      values.push_back(place);
    } else {
      values.push_back(std::bit_cast<std::int64_t>(input.take<std::uint64_t>()));
    }
  }
  const std::size_t once = values.size();
  while (values.size() < std::min(once * repeats, values_max)) {
    values.push_back(wrapping_add(values[values.size() - once], shift));
  }
  return values;
}

template <typename T>
std::unique_ptr<T[]> room_for(std::size_t count) {
  return std::make_unique<T[]>(count);
}

void require_all_was_read(const ByteReader& reader) { require(reader.ok() && reader.at_end()); }

void check_int64s(ByteReader& input, Compression compression) {
  const auto values = integers(input);
  Bytes bytes;
  encode_int64s(values, compression, bytes);
  std::vector<std::int64_t> again(values.size());
  ByteReader reader(bytes);
  decode_int64s(reader, again);
  require_all_was_read(reader);
  require(again == values);
}

/// As bits, or as a decimal with as many digits as the next byte says.
void check_doubles(ByteReader& input, Compression compression) {
  const auto digits = input.take<std::uint8_t>();
  std::vector<double> values;
  double scale = 1;
  for (int i = 0; i < digits % 20; ++i) scale *= 10;
  for (const std::int64_t integer : integers(input)) {
    values.push_back(digits >= 128 ? std::bit_cast<double>(integer)
                                   : static_cast<double>(integer) / scale);
  }
  Bytes bytes;
  encode_doubles(values, compression, bytes);
  std::vector<double> again(values.size());
  ByteReader reader(bytes);
  decode_doubles(reader, again);
  require_all_was_read(reader);
  const auto bits = [](double value) { return std::bit_cast<std::uint64_t>(value); };
  require(std::ranges::equal(again, values, {}, bits, bits));
}

void check_bools(ByteReader& input) {
  const auto bits = integers(input);
  const auto values = room_for<bool>(bits.size());
  for (std::size_t i = 0; i < bits.size(); ++i) values[i] = (bits[i] & 4) != 0;
  Bytes bytes;
  encode_bools({values.get(), bits.size()}, bytes);
  const auto again = room_for<bool>(bits.size());
  ByteReader reader(bytes);
  decode_bools(reader, {again.get(), bits.size()});
  require_all_was_read(reader);
  require(std::equal(again.get(), again.get() + bits.size(), values.get()));
}

/// Sizes of up to 31 bytes, over a heap that begins anew where it ends.
void check_bytes(ByteReader& input, Compression compression) {
  std::vector<std::uint64_t> sizes;
  for (auto count = input.take<std::uint8_t>(); count != 0; --count) {
    sizes.push_back(input.take<std::uint8_t>() & 31u);
  }
  const std::string text(as_text(input.take_bytes(input.remaining())));
  const auto heap_size = std::reduce(sizes.begin(), sizes.end());
  std::string heap;
  while (heap.size() < heap_size) heap += text.empty() ? " " : text;
  heap.resize(heap_size);

  Bytes bytes;
  encode_bytes(sizes, heap, compression, bytes);
  ByteReader reader(bytes);
  const BytesColumn again = decode_bytes(reader, sizes.size(), heap.size());
  require_all_was_read(reader);
  require(again.values.size() == sizes.size());
  std::string heap_again;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    require(again.values[i].size() == sizes[i]);
    heap_again += again.values[i];
  }
  require(heap_again == heap);
}

/// Times ascend, by any steps that do not reach past the last moment.
void check_times(ByteReader& input) {
  auto times = integers(input);
  std::ranges::sort(times);
  times.erase(std::ranges::unique(times).begin(), times.end());
  if (times.empty()) return;
  Bytes bytes;
  encode_steps(times, bytes);
  std::vector<Timestamp> again(times.size());
  again.front() = times.front();
  ByteReader reader(bytes);
  decode_steps(reader, again);
  require_all_was_read(reader);
  require(again == times);

  auto expiries = times;
  const auto ttl = std::bit_cast<std::int64_t>(times.size() * 0x9e3779b97f4a7c15u);
  for (auto& expiry : expiries) expiry = wrapping_add(expiry, ttl);
  bytes.clear();
  encode_expiries(expiries, times, bytes);
  std::vector<Timestamp> expiries_again(times.size(), never);
  ByteReader expiry_reader(bytes);
  decode_expiries(expiry_reader, times, expiries_again);
  require_all_was_read(expiry_reader);
  require(expiries_again == expiries);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader input(std::as_bytes(std::span(data, size)));
  const auto kind = input.take<std::uint8_t>();
  const Compression compression = kind >= 128 ? Compression::zstd : Compression::none;
  switch (kind % 5) {
    case 0: check_doubles(input, compression); break;
    case 1: check_int64s(input, compression); break;
    case 2: check_bools(input); break;
    case 3: check_bytes(input, compression); break;
    default: check_times(input);
  }
  return 0;
}
