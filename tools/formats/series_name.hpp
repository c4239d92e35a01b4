#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tools/formats/parsed.hpp"
#include "varve/labels.hpp"
#include "varve/note.hpp"

namespace varve::tools {

// What names a series: docs/series.md. Everything here is pure, and none of it knows a database.

/// The label that has the name of a series.
inline constexpr std::string_view name_label = "__name__";
/// The label by which the series of a second measurement and field of one name are told apart.
inline constexpr std::string_view measurement_label = "_measurement";

/// The key of a label set: "cpu_usage,host=a,region=eu", the name first and then the other labels
/// by name. A backslash stands before commas, blanks and (not in the name) equal signs; a backslash
/// that ends a part, or that stands before a semicolon, is written as "\;". Other bytes are as they
/// are. Two label sets never have one key.
///
/// Fails without labels, with two of one name or an empty one, and over Record::key_size_max bytes.
/// The limits of Labels are not checked.
Parsed<std::string> series_key(const Labels& labels);

/// The labels that series_key() made the key of. Fails for a key that it makes of no labels. Every
/// text without commas, blanks and backslashes is a name: a key of that form need not come from
/// labels.
Parsed<Labels> labels_of_key(std::string_view key);

/// How a series is seen whose key nobody described: by its key, and by a name made of it, in which
/// all but letters of ASCII, digits, colons and underscores became underscores:
/// {__name__="plant_press1_temp", key="plant/press1/temp"}. Not to be stored.
Labels derived_labels(std::string_view key);

/// Whether the series got its key from labels: `labels`, which are what is stored of it, hold all
/// that the key says; or there are none, since those of the key are beyond the limits of labels.
bool is_named_by_labels(std::string_view key, const Labels& labels);

/// What a series that has labels becomes when labels come that made its key: hand-made ones stay
/// beside those.
Labels with_key_labels(Labels labels, const Labels& of_key);

/// The names of what Influx calls measurement and field, and back.
///
/// A pair's name is "measurement_field", or the measurement alone where the field is "value". So
/// two pairs may meet in one name, as a_b with c, and a with b_c. The first that came has it; the
/// series of others have the measurement in a label, `_measurement`, which makes their keys others.
/// Who the first was is state beyond the records: of each name one note of the database,
/// "influx/NAME".
///
/// A name belongs to one pair for ever. For one thread.
class MeasurementNames {
 public:
  /// What the names of notes begin with.
  static constexpr std::string_view note_prefix = "influx/";
  /// A name that makes a longer note than this is kept by none: its series have the label.
  static constexpr std::size_t note_name_size_max = Note::name_size_max;

  struct Pair {
    std::string measurement;
    std::string field;

    friend bool operator==(const Pair&, const Pair&) = default;
  };
  /// A series as Influx sees it.
  struct Point {
    Pair pair;
    Labels tags;
    bool is_second = false;  ///< Its name belongs to another pair.

    friend bool operator==(const Point&, const Point&) = default;
  };
  /// What is to be written with the first record of a name.
  struct OwedNote {
    std::string name;
    std::string bytes;

    friend bool operator==(const OwedNote&, const OwedNote&) = default;
  };

  /// Takes over a note of the database, before the first labels_of(). Fails for bytes that are no
  /// pair, or not one of this name.
  Parsed<void> learn(std::string_view note_name, std::string_view bytes);

  /// All labels of the series of this field. A pair that comes for the first time gets its name.
  /// Fails for an empty part, a tag `__name__`, a tag `_measurement` that would be taken for that
  /// of a second pair, and labels of which series_key() makes no key. No name was given then.
  Parsed<Labels> labels_of(std::string_view measurement, std::string_view field, Labels tags);
  /// The same labels, and no name is given: for what may be refused for another reason. The key is
  /// not looked at.
  Parsed<Labels> labels_without_naming(std::string_view measurement, std::string_view field,
                                       Labels tags) const;
  /// Gives the name to the pair if nobody has it. REQUIRES that labels_without_naming() gave labels
  /// for it.
  void give_name(std::string_view measurement, std::string_view field);
  /// The same back. A name that no note knows is the measurement, and its field "value".
  Point point_of(const Labels& labels) const;

  /// Whether a note says whose the name is; or the name is too long for one.
  bool knows(std::string_view name) const;

  /// Notes of names that were given and that no batch has yet.
  const std::vector<OwedNote>& owed() const { return owed_; }
  /// The first `count` of them are in the database. REQUIRES count <= owed().size().
  void paid(std::size_t count) {
    owed_.erase(owed_.begin(), owed_.begin() + static_cast<std::ptrdiff_t>(count));
  }

  /// What to tell of pairs that came to a name that another one had, each once, and of the first
  /// ten only.
  std::vector<std::string> take_messages();

 private:
  bool would_be_second(const std::string& name, std::string_view measurement) const;

  std::map<std::string, std::string, std::less<>> measurement_of_;  // By name.
  std::set<std::string> seconds_;  // Name and measurement, a zero byte between them.
  std::vector<OwedNote> owed_;
  std::vector<std::string> messages_;
};

}  // namespace varve::tools
