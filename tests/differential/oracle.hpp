#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "varve/varve.hpp"

namespace varve::test {

/// Says of each key whether it is meant.
using KeyTest = std::function<bool(std::string_view key)>;
/// Says of the value of a label, "" where a series has none, whether it is meant.
using ValueTest = std::function<bool(std::string_view value)>;

/// A question twice: as the engine takes it, and as tests that one can read. Times and limits are
/// those of the query; which keys and labels are meant is said again, so that no arithmetic of
/// bounds is shared.
struct Question {
  Query query = Query::all();
  KeyTest means_key = [](std::string_view) { return true; };
  struct LabelTest {
    std::string name;
    ValueTest means;
  };
  std::vector<LabelTest> labels = {};  ///< All of them have to hold.
  bool legal = true;                   ///< False: a range ends before it begins.
  std::string words = "all";
};

/// What the public headers promise of a database, without any of its work: records in a map, and
/// every answer by looking at all of them. A copy is a snapshot.
///
/// It never forgets what has expired: that hides what it replaced, as a delete does, and whether it
/// is shown depends on now() alone.
class Oracle {
 public:
  explicit Oracle(Timestamp now) : now_(now) {}

  // Time.

  Timestamp now() const { return now_; }
  /// The clock says `wall`, and the engine has looked: `now` follows, and stands still where the
  /// wall has gone back a little. REQUIRES that it has not gone back by over a minute.
  void look_at(Timestamp wall);

  // Changes.

  void put(const Record& record);
  void erase(std::string_view key, Timestamp ts);
  void erase(const KeyTest& means_key, const TimeRange& range);
  /// No labels remove those that there are.
  void describe(const std::string& key, const Labels& labels);
  /// None takes the note away.
  void note(const std::string& name, const std::optional<std::string>& bytes);
  /// Takes in what another one holds, of other keys.
  void join(const Oracle& other);

  // Answers, all of what is live.

  std::optional<Record> get(std::string_view key, Timestamp ts) const;
  /// At most `count`, none of them after `as_of`, newest first.
  std::vector<Record> latest(std::string_view key, std::size_t count,
                             Timestamp as_of = never) const;
  std::vector<Record> records(const Question& question) const;
  std::vector<std::string> series(const Question& question) const;
  /// With the labels of each.
  std::vector<DescribedSeries> described(const Question& question) const;
  Labels labels(std::string_view key) const;
  /// No more than the question's limit, here and below.
  std::vector<std::string> label_names(const Question& question) const;
  std::vector<std::string> label_values(std::string_view name, const Question& question) const;

  std::vector<Note> notes(std::string_view prefix) const;

  // What a run looks for.

  /// Every key that ever had a record, or has labels.
  std::vector<std::string> keys() const;
  std::size_t size() const;
  /// The n-th of all records that are kept, live or not. REQUIRES that there are so many.
  Record nth(std::size_t n) const;
  /// Whether the series has a record that is not deleted, expired or not.
  bool keeps_any(std::string_view key) const;
  /// The least moment after now() at which something expires.
  std::optional<Timestamp> next_expiry() const;

 private:
  struct Kept {
    Value value;
    Timestamp expires_at;
  };
  using Series = std::map<Timestamp, Kept>;

  bool is_live(const Kept& kept) const { return kept.expires_at > now_; }
  bool means(const Question& question, const std::string& key) const;
  std::vector<Record> live(const std::string& key, const Series& series,
                           const TimeRange& range) const;

  Timestamp now_;
  std::map<std::string, Series, std::less<>> series_;
  std::map<std::string, Labels, std::less<>> labels_;
  std::map<std::string, std::string> notes_;
};

/// Whether a range takes the moment in.
bool takes(const TimeRange& range, Timestamp ts);

/// When a record expires that is written at `ts` with this TTL: never, where that lies beyond all
/// time, or where it has none.
Timestamp expiry(Timestamp ts, std::optional<Duration> ttl);

}  // namespace varve::test
