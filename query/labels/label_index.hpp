#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/record/key.hpp"
#include "query/labels/label_matcher.hpp"
#include "query/labels/series_bitmap.hpp"
#include "query/scan/key_selection.hpp"
#include "varve/labels.hpp"

namespace varve::query {

/// The labels of all series in memory, the other way round: for each value of each name the set of
/// series that carry it (the postings). Series are numbered as they come. Built in the order of
/// keys, numbers are in that order, but for series that came later. For one thread at a time.
///
/// Stays where it is made: to move its parts would take memory, and so may fail.
class LabelIndex {
 public:
  LabelIndex();
  LabelIndex(const LabelIndex&) = delete;
  LabelIndex& operator=(const LabelIndex&) = delete;
  ~LabelIndex();

  /// What the series has from now on. No labels: it is forgotten. Where it throws std::bad_alloc
  /// the index is of no use any more.
  void set(std::string_view user_key, const Labels& labels);
  /// Gives back what growing took too much. After building.
  void shrink();

  enum class Which : std::uint8_t { all, labelled };

  /// The series of the range that match: labelled or not, or only those that have labels.
  KeySelection select(std::span<const LabelMatcher> matchers, const engine::KeyRange& keys,
                      Which which = Which::all) const;
  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

  /// The names of their labels, and the values of one name, each once, ascending: the first `limit`
  /// of them.
  std::vector<std::string> names(std::span<const LabelMatcher> matchers,
                                 const engine::KeyRange& keys, std::size_t limit = unlimited) const;
  std::vector<std::string> values(std::string_view name, std::span<const LabelMatcher> matchers,
                                  const engine::KeyRange& keys,
                                  std::size_t limit = unlimited) const;

  /// Series that have labels.
  std::uint64_t size() const { return described_.count(); }
  /// True if so much of it belongs to labels that were replaced that building it anew pays.
  bool is_worn() const;
  /// About what it takes.
  std::size_t bytes() const;

 private:
  using ValueNumber = std::uint32_t;

  /// Which series carry a value. Values of one series alone are many where they are many at all,
  /// so the first number needs no bitmap.
  struct Posting {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    SeriesBitmap more;  // All of them, from the second on.

    void add(std::uint32_t series);
    void remove(std::uint32_t series);
    void unite_into(SeriesBitmap& target) const;
    bool intersects(const SeriesBitmap& other) const;
  };
  struct Name {
    std::map<std::string_view, ValueNumber> values;  // Views into values_.
    SeriesBitmap present;                            // Series that have a label of this name.
  };
  using Names = std::map<std::string, Name, std::less<>>;
  struct StoredValue {
    std::string text;
    Names::iterator name;
    Posting posting;
  };
  /// What a matcher says of labelled series: the set it names, and whether they match or the
  /// others.
  struct Answer {
    SeriesBitmap marked;
    bool excludes = false;
  };

  std::string_view key_of(std::uint32_t series) const;
  std::uint32_t find_or_add(std::string_view key);
  std::size_t slot_of(std::string_view key) const;
  void make_slots();
  void store_key(std::string_view key);
  void store_values(std::uint32_t series, std::span<const ValueNumber> values);
  ValueNumber add_value(std::string_view name, std::string_view text);
  void drop(std::uint32_t series, ValueNumber number);

  Answer answer(const LabelMatcher& matcher) const;
  Answer answer(std::span<const LabelMatcher> matchers) const;
  /// The labelled series among those that match.
  SeriesBitmap labelled(std::span<const LabelMatcher> matchers, const engine::KeyRange& keys) const;
  void restrict(SeriesBitmap& series, const engine::KeyRange& keys) const;

  // Internal keys, in pieces that never move, each behind its size.
  static constexpr std::uint32_t piece_bits = 18;
  std::vector<std::unique_ptr<char[]>> pieces_;
  std::uint64_t heap_end_ = 0;
  std::vector<std::uint32_t> key_at_;   // By series: place in the heap, in units of 4 bytes.
  std::uint32_t in_order_ = 0;          // So many of the first numbers are in the order of keys.
  std::vector<std::uint32_t> slots_;    // Hash of keys: series + 1, or 0. Empty until it is needed.
  std::vector<std::uint32_t> list_at_;  // By series: where in lists_.
  std::deque<std::uint32_t> lists_;     // A count, then numbers of values.
  std::uint64_t lists_left_over_ = 0;

  Names names_;
  std::deque<StoredValue> values_;
  std::vector<ValueNumber> free_values_;
  SeriesBitmap described_;
};

}  // namespace varve::query
