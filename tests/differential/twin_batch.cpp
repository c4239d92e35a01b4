#include "tests/differential/twin_batch.hpp"

#include <algorithm>

#include "tests/differential/words.hpp"

namespace varve::test {

namespace {

constexpr std::size_t words_max = 6;

std::size_t size_of(const Value& value) {
  return value.type() == ValueType::bytes ? value.as_bytes().size() : sizeof(double);
}

}  // namespace

bool TwinBatch::take(std::size_t bytes) {
  if (!has_room(bytes)) return false;
  bytes_ += bytes + overhead;
  return true;
}

void TwinBatch::note(std::string words, std::function<void(Oracle&)> effect) {
  if (words_.size() < words_max) words_.push_back(std::move(words));
  effects_.push_back(std::move(effect));
}

void TwinBatch::note_put(Record record) {
  expiries_.push_back(record.expires_at());
  std::string words = words_.size() < words_max ? "put " + say(record) : std::string();
  note(std::move(words), [record = std::move(record)](Oracle& oracle) { oracle.put(record); });
}

void TwinBatch::put(std::string_view key, Timestamp ts, const Value& value,
                    std::optional<Duration> ttl) {
  if (!take(key.size() + size_of(value))) return;
  batch_.put(key, ts, value.view(), ttl);
  note_put({std::string(key), ts, value, expiry(ts, ttl ? ttl : default_ttl_)});
}

void TwinBatch::put(const Series& series, Timestamp ts, const Value& value,
                    std::optional<Duration> ttl) {
  if (!take(series.key().size() + size_of(value))) return;
  batch_.put(series, ts, value.view(), ttl);
  note_put({series.key(), ts, value, expiry(ts, ttl ? ttl : default_ttl_)});
}

void TwinBatch::put_until(std::string_view key, Timestamp ts, const Value& value,
                          Timestamp expires_at) {
  if (!take(key.size() + size_of(value))) return;
  batch_.put(RecordView(key, ts, value.view(), expires_at));
  note_put(
      {std::string(key), ts, value, expires_at == never ? expiry(ts, default_ttl_) : expires_at});
}

void TwinBatch::erase(std::string_view key, Timestamp ts) {
  if (!take(key.size())) return;
  batch_.erase(key, ts);
  note("erase " + say(key) + " @ " + say_time(ts),
       [key = std::string(key), ts](Oracle& oracle) { oracle.erase(key, ts); });
}

void TwinBatch::erase_range(std::string_view first, std::optional<std::string> end,
                            const TimeRange& range) {
  if (!take(first.size() + (end ? end->size() : 0))) return;
  has_range_ = true;
  batch_.erase_range(first, end ? std::optional<std::string_view>(*end) : std::nullopt, range);
  note("erase keys from " + say(first) + " to " + (end ? say(*end) : "the last") + " in " +
           say(range),
       [first = std::string(first), end, range](Oracle& oracle) {
         oracle.erase([&](std::string_view key) { return key >= first && (!end || key < *end); },
                      range);
       });
}

void TwinBatch::erase_prefix(std::string_view prefix, const TimeRange& range) {
  if (!take(prefix.size())) return;
  has_range_ = true;
  batch_.erase_prefix(prefix, range);
  note("erase prefix " + say(prefix) + " in " + say(range),
       [prefix = std::string(prefix), range](Oracle& oracle) {
         oracle.erase([&](std::string_view key) { return key.starts_with(prefix); }, range);
       });
}

void TwinBatch::describe(std::string_view key, const Labels& labels) {
  std::size_t bytes = key.size();
  for (const Label& label : labels) bytes += label.name().size() + label.value().size() + 8;
  if (!take(bytes)) return;
  batch_.describe(key, labels);
  note("describe " + say(key) + " as " + say(labels),
       [key = std::string(key), labels](Oracle& oracle) { oracle.describe(key, labels); });
}

void TwinBatch::keep_note(std::string_view name, const std::optional<std::string>& bytes) {
  if (!take(name.size() + (bytes ? bytes->size() : 0))) return;
  if (bytes) {
    batch_.note(name, *bytes);
  } else {
    batch_.remove_note(name);
  }
  note("note " + say(name) + " = " + (bytes ? say(*bytes) : "none"),
       [name = std::string(name), bytes](Oracle& oracle) { oracle.note(name, bytes); });
}

void TwinBatch::apply_to(Oracle& oracle) const {
  for (const auto& effect : effects_) effect(oracle);
}

std::optional<std::uint64_t> TwinBatch::expired_at(Timestamp now) const {
  if (has_range_) return std::nullopt;
  return static_cast<std::uint64_t>(
      std::ranges::count_if(expiries_, [now](Timestamp at) { return at <= now; }));
}

std::string TwinBatch::words() const {
  std::string text = std::to_string(effects_.size()) + " operations";
  for (const std::string& each : words_) text += "\n      " + each;
  if (effects_.size() > words_.size()) text += "\n      ...";
  return text;
}

}  // namespace varve::test
