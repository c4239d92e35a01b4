#include "query/labels/label_index.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/assert.hpp"
#include "engine/base/checksum.hpp"

// The index has three parts:
//
// - Series: keys lie in pieces of a heap, numbered as they come. While they come in order each is
//   new, and a range of them is found by halving. Late ones, and changes of known ones, need the
//   hash slots, which are made with the first of them.
// - Labels: names_ finds a value by its text, values_ has its posting, and lists_ has the values of
//   each series, so that a change knows which postings to leave. A list that grows moves to the
//   end, and its old place is lost until the index is built anew (is_worn()).
// - Questions: an answer is a set of labelled series and whether it names those that match or those
//   that do not. The second form exists because a series without a label can match, and such series
//   are not in the index at all.

namespace varve::query {

namespace {

using Kind = Matcher::Kind;

constexpr std::size_t slots_min = 64;
constexpr std::uint32_t heap_unit = 4;  // Keys begin at multiples of it.
constexpr std::uint32_t late_min = 65'536;

bool is_everything(const engine::KeyRange& keys) { return keys == engine::user_key_range("", {}); }

}  // namespace

// Postings.

void LabelIndex::Posting::add(std::uint32_t series) {
  if (count == 0) {
    first = series;
  } else {
    if (count == 1) more.add(first);
    more.add(series);
  }
  ++count;
}

void LabelIndex::Posting::remove(std::uint32_t series) {
  VARVE_ASSERT(count > 0);
  if (--count == 0) return;
  more.remove(series);
  if (count != 1) return;
  first = more.numbers().front();
  more = SeriesBitmap();
}

void LabelIndex::Posting::unite_into(SeriesBitmap& target) const {
  if (count == 1) {
    target.add(first);
  } else {
    target.unite(more);
  }
}

bool LabelIndex::Posting::intersects(const SeriesBitmap& other) const {
  return count == 1 ? other.contains(first) : more.intersects(other);
}

// Series.

LabelIndex::LabelIndex() = default;
LabelIndex::~LabelIndex() = default;

std::string_view LabelIndex::key_of(std::uint32_t series) const {
  const std::uint64_t at = std::uint64_t{key_at_[series]} * heap_unit;
  const char* const place = pieces_[static_cast<std::size_t>(at >> piece_bits)].get() +
                            (at & ((std::uint64_t{1} << piece_bits) - 1));
  std::uint32_t size = 0;
  std::memcpy(&size, place, sizeof size);
  return {place + sizeof size, size};
}

/// The slot that holds the key, or the free one where it belongs.
std::size_t LabelIndex::slot_of(std::string_view key) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = static_cast<std::size_t>(engine::hash_of(key)) & mask;
  while (slots_[slot] != 0 && key_of(slots_[slot] - 1) != key) slot = (slot + 1) & mask;
  return slot;
}

/// Makes slots for all series and as many again.
void LabelIndex::make_slots() {
  const auto count = static_cast<std::uint32_t>(key_at_.size());
  slots_.assign(std::bit_ceil(std::max(slots_min, std::size_t{count} * 2)), 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::uint32_t series = 0; series < count; ++series) {
    // No two have one key, so the next free slot is right.
    std::size_t slot = static_cast<std::size_t>(engine::hash_of(key_of(series))) & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = series + 1;
  }
}

std::uint32_t LabelIndex::find_or_add(std::string_view key) {
  const auto series = static_cast<std::uint32_t>(key_at_.size());
  // While keys come in order, as when it is built, each is new and the slots are not needed yet.
  const bool is_last = in_order_ == series && (series == 0 || key_of(series - 1) < key);
  if (!is_last) {
    if (slots_.empty()) make_slots();
    if (const std::uint32_t found = slots_[slot_of(key)]; found != 0) return found - 1;
  }
  if (is_last) ++in_order_;
  store_key(key);
  list_at_.push_back(static_cast<std::uint32_t>(lists_.size()));
  lists_.push_back(0);
  if (slots_.empty()) return series;
  if (key_at_.size() * 4 > slots_.size() * 3) {
    make_slots();
  } else {
    slots_[slot_of(key)] = series + 1;
  }
  return series;
}

void LabelIndex::store_key(std::string_view key) {
  constexpr std::uint64_t piece_size = std::uint64_t{1} << piece_bits;
  const auto size = static_cast<std::uint32_t>(key.size());
  const std::uint64_t needed = sizeof size + key.size();
  std::uint64_t at = (heap_end_ + heap_unit - 1) / heap_unit * heap_unit;
  if (at / piece_size != (at + needed - 1) / piece_size) at = (at / piece_size + 1) * piece_size;
  if (at / piece_size >= pieces_.size()) pieces_.push_back(std::make_unique<char[]>(piece_size));
  char* const place = pieces_.back().get() + at % piece_size;
  std::memcpy(place, &size, sizeof size);
  std::memcpy(place + sizeof size, key.data(), key.size());
  heap_end_ = at + needed;
  VARVE_ASSERT(at / heap_unit <= UINT32_MAX);
  key_at_.push_back(static_cast<std::uint32_t>(at / heap_unit));
}

// Labels.

LabelIndex::ValueNumber LabelIndex::add_value(std::string_view name, std::string_view text) {
  auto of_name = names_.find(name);
  if (of_name == names_.end()) of_name = names_.try_emplace(std::string(name)).first;
  auto& values = of_name->second.values;
  const auto at = values.lower_bound(text);
  if (at != values.end() && at->first == text) return at->second;

  auto number = static_cast<ValueNumber>(values_.size());
  if (free_values_.empty()) {
    values_.push_back({std::string(text), of_name, {}});
  } else {
    number = free_values_.back();
    free_values_.pop_back();
    values_[number] = {std::string(text), of_name, {}};
  }
  values.emplace_hint(at, values_[number].text, number);
  return number;
}

void LabelIndex::drop(std::uint32_t series, ValueNumber number) {
  VARVE_ASSERT(number < values_.size());
  StoredValue& value = values_[number];
  const auto name = value.name;
  name->second.present.remove(series);
  value.posting.remove(series);
  if (value.posting.count != 0) return;
  name->second.values.erase(value.text);
  free_values_.push_back(number);
  if (name->second.values.empty()) names_.erase(name);
}

void LabelIndex::store_values(std::uint32_t series, std::span<const ValueNumber> values) {
  std::uint32_t& at = list_at_[series];
  const std::uint32_t before = lists_[at];
  if (values.size() > before) {
    lists_left_over_ += before + 1;
    at = static_cast<std::uint32_t>(lists_.size());
    lists_.resize(lists_.size() + values.size() + 1);
  } else {
    lists_left_over_ += before - values.size();
  }
  lists_[at] = static_cast<std::uint32_t>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) lists_[at + 1 + i] = values[i];
}

void LabelIndex::set(std::string_view user_key, const Labels& labels) {
  const std::uint32_t series = find_or_add(engine::internal_key(user_key));
  std::vector<ValueNumber> after;
  after.reserve(labels.size());
  for (const Label& label : labels) after.push_back(add_value(label.name(), label.value()));
  std::vector<ValueNumber> before(lists_[list_at_[series]]);
  for (std::size_t i = 0; i < before.size(); ++i) before[i] = lists_[list_at_[series] + 1 + i];

  // Drops come first: where a name's value is replaced by another, its `present` is set again.
  for (const ValueNumber number : before) {
    if (std::ranges::find(after, number) == after.end()) drop(series, number);
  }
  for (const ValueNumber number : after) {
    if (std::ranges::find(before, number) != before.end()) continue;
    values_[number].posting.add(series);
    values_[number].name->second.present.add(series);
  }
  store_values(series, after);
  if (labels.empty()) {
    described_.remove(series);
  } else {
    described_.add(series);
  }
}

void LabelIndex::shrink() {
  key_at_.shrink_to_fit();
  list_at_.shrink_to_fit();
  described_.shrink();
  for (auto& [text, name] : names_) name.present.shrink();
  for (StoredValue& value : values_) value.posting.more.shrink();
}

bool LabelIndex::is_worn() const {
  const std::uint64_t series = key_at_.size();
  const std::uint64_t late = series - in_order_;
  return (late > late_min && late > in_order_ / 2) ||
         (lists_left_over_ > late_min && lists_left_over_ > lists_.size() / 2) ||
         (series > late_min && size() < series / 2);
}

std::size_t LabelIndex::bytes() const {
  constexpr std::size_t node = 64;  // Of a map, with what malloc adds.
  std::size_t bytes = (pieces_.size() << piece_bits) +
                      (key_at_.capacity() + list_at_.capacity() + slots_.capacity() +
                       lists_.size() + free_values_.capacity()) *
                          sizeof(std::uint32_t) +
                      described_.bytes();
  for (const auto& [text, name] : names_) {
    bytes += node + sizeof(Names::value_type) + text.size() + name.present.bytes();
    bytes += name.values.size() * node;
  }
  for (const StoredValue& value : values_) {
    bytes += sizeof value + value.text.size() + value.posting.more.bytes();
  }
  return bytes;
}

// Questions.

LabelIndex::Answer LabelIndex::answer(const LabelMatcher& matcher) const {
  // Series without the label match or do not all alike, so only those with it are looked at: where
  // the others match, those that do not.
  const bool missing = matcher.accepts_missing();
  Answer answer{{}, missing};
  const auto found = names_.find(matcher.name());
  if (found == names_.end()) return answer;
  const Name& name = found->second;
  const auto mark = [&](std::string_view value, SeriesBitmap& target) {
    const auto at = name.values.find(value);
    if (at != name.values.end()) values_[at->second].posting.unite_into(target);
  };
  const auto& operands = matcher.operands();
  switch (matcher.kind()) {
    case Kind::equals:
    case Kind::not_equals:
      if (operands.front().empty()) {
        answer.marked = name.present.copy();
      } else {
        mark(operands.front(), answer.marked);
      }
      return answer;
    case Kind::starts_with:
      if (missing) return answer;
      for (auto at = name.values.lower_bound(operands.front());
           at != name.values.end() && at->first.starts_with(operands.front()); ++at) {
        values_[at->second].posting.unite_into(answer.marked);
      }
      return answer;
    case Kind::one_of: {
      SeriesBitmap listed;
      for (const std::string& value : operands) mark(value, listed);
      if (!missing) {
        answer.marked = std::move(listed);
      } else {
        answer.marked = name.present.copy();
        answer.marked.subtract(listed);
      }
      return answer;
    }
    case Kind::matches:
    case Kind::not_matches: break;
  }
  for (const auto& [text, number] : name.values) {
    if (matcher.accepts(text) != missing) values_[number].posting.unite_into(answer.marked);
  }
  return answer;
}

LabelIndex::Answer LabelIndex::answer(std::span<const LabelMatcher> matchers) const {
  std::optional<SeriesBitmap> included;
  SeriesBitmap excluded;
  for (const LabelMatcher& matcher : matchers) {
    Answer one = answer(matcher);
    if (one.excludes) {
      excluded.unite(one.marked);
    } else if (included) {
      included->intersect(one.marked);
    } else {
      included = std::move(one.marked);
    }
  }
  if (!included) return {std::move(excluded), true};
  included->subtract(excluded);
  return {std::move(*included), false};
}

void LabelIndex::restrict(SeriesBitmap& series, const engine::KeyRange& keys) const {
  if (is_everything(keys)) return;
  const auto lower_bound = [this](const std::string& key) {
    std::uint32_t begin = 0;
    for (std::uint32_t end = in_order_; begin < end;) {
      const std::uint32_t middle = begin + (end - begin) / 2;
      if (key_of(middle) < key) {
        begin = middle + 1;
      } else {
        end = middle;
      }
    }
    return begin;
  };
  SeriesBitmap inside;
  inside.add_range(lower_bound(keys.first), lower_bound(keys.end));
  for (auto late = in_order_; late < key_at_.size(); ++late) {
    if (keys.contains(key_of(late))) inside.add(late);
  }
  series.intersect(inside);
}

SeriesBitmap LabelIndex::labelled(std::span<const LabelMatcher> matchers,
                                  const engine::KeyRange& keys) const {
  Answer all = answer(matchers);
  if (all.excludes) {
    SeriesBitmap others = described_.copy();
    others.subtract(all.marked);
    all.marked = std::move(others);
  }
  restrict(all.marked, keys);
  return std::move(all.marked);
}

KeySelection LabelIndex::select(std::span<const LabelMatcher> matchers,
                                const engine::KeyRange& keys, Which which) const {
  const bool is_labelled = which == Which::labelled;
  Answer all = is_labelled ? Answer{labelled(matchers, keys), false} : answer(matchers);
  if (!is_labelled) restrict(all.marked, keys);
  const std::vector<std::uint32_t> numbers = all.marked.numbers();
  const auto late = std::ranges::lower_bound(numbers, in_order_);
  std::vector<std::string_view> late_keys;
  for (auto at = late; at != numbers.end(); ++at) late_keys.push_back(key_of(*at));
  std::ranges::sort(late_keys);

  KeySelection selection(all.excludes ? KeySelection::Mode::all_but : KeySelection::Mode::only);
  selection.reserve(numbers.size());
  auto next_late = late_keys.begin();
  for (auto at = numbers.begin(); at != late; ++at) {
    const std::string_view key = key_of(*at);
    while (next_late != late_keys.end() && *next_late < key) selection.add(*next_late++);
    selection.add(key);
  }
  while (next_late != late_keys.end()) selection.add(*next_late++);
  return selection;
}

std::vector<std::string> LabelIndex::names(std::span<const LabelMatcher> matchers,
                                           const engine::KeyRange& keys, std::size_t limit) const {
  const SeriesBitmap series = labelled(matchers, keys);
  std::vector<std::string> found;
  for (const auto& [text, name] : names_) {
    if (found.size() == limit) break;
    if (name.present.intersects(series)) found.push_back(text);
  }
  return found;
}

std::vector<std::string> LabelIndex::values(std::string_view name,
                                            std::span<const LabelMatcher> matchers,
                                            const engine::KeyRange& keys, std::size_t limit) const {
  std::vector<std::string> found;
  const auto of_name = names_.find(name);
  if (of_name == names_.end()) return found;
  const SeriesBitmap series = labelled(matchers, keys);
  for (const auto& [text, number] : of_name->second.values) {
    if (found.size() == limit) break;
    if (values_[number].posting.intersects(series)) found.emplace_back(text);
  }
  return found;
}

}  // namespace varve::query
