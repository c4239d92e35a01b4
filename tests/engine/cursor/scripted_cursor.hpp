#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/cursor/cursor.hpp"
#include "tests/support/flat_row.hpp"
#include "varve/try.hpp"

namespace varve::engine {

/// A cursor over given rows, in stretches of at most `stretch_rows`. What it handed out it spoils
/// at the next call, so that whoever holds it for too long sees nonsense.
class ScriptedCursor final : public Cursor {
 public:
  struct Script {
    std::vector<test::FlatRow> rows = {};  // In any order, each (key, ts) once.
    bool newest_first = false;
    std::size_t stretch_rows = 1024;
    std::optional<std::size_t> fails_at_call = std::nullopt;
  };

  explicit ScriptedCursor(Script script) : script_(std::move(script)) {
    for (test::FlatRow& row : script_.rows) keys_[row.key][row.ts] = row;
  }

  Result<bool> next_key() override {
    VARVE_CHECK(count_call());
    return enter(started_ ? keys_.upper_bound(key_) : keys_.begin());
  }

  Result<bool> seek_key(std::string_view key) override {
    VARVE_CHECK(count_call());
    EXPECT_TRUE(!started_ || key >= key_) << "sought backwards";
    if (started_ && key <= key_) return at_ != keys_.end();
    return enter(keys_.lower_bound(std::string(key)));
  }

  std::string_view key() const override { return key_; }

  Result<RowsView> next_rows() override {
    VARVE_CHECK(count_call());
    spoil();
    if (at_ == keys_.end() || left_.empty()) return RowsView{};
    const bool back = script_.newest_first;
    std::vector<test::FlatRow> taken;
    const RowType type = back ? left_.back().type : left_.front().type;
    while (!left_.empty() && taken.size() < script_.stretch_rows) {
      const test::FlatRow& row = back ? left_.back() : left_.front();
      if (row.type != type) break;
      taken.insert(back ? taken.begin() : taken.end(), row);
      if (back) {
        left_.pop_back();
      } else {
        left_.pop_front();
      }
    }
    return hand_out(taken, type);
  }

 private:
  struct Given {
    std::string key;
    std::vector<Timestamp> timestamps;
    std::vector<Timestamp> expiries;
    std::vector<std::string> bytes;
    Column values;
  };

  Status count_call() {
    if (script_.fails_at_call && calls_++ >= *script_.fails_at_call) {
      return fail(Errc::corruption, "scripted");
    }
    return {};
  }

  Result<bool> enter(std::map<std::string, std::map<Timestamp, test::FlatRow>>::iterator at) {
    spoil();
    at_ = at;
    started_ = true;
    left_.clear();
    if (at_ == keys_.end()) return false;
    key_ = at_->first;
    for (const auto& [ts, row] : at_->second) left_.push_back(row);
    return true;
  }

  RowsView hand_out(const std::vector<test::FlatRow>& rows, RowType type) {
    Given& given = given_.emplace_back();
    given.key = key_;
    given.values.reset(type);
    bool expires = false;
    for (const test::FlatRow& row : rows) {
      given.timestamps.push_back(row.ts);
      given.expiries.push_back(row.expires_at);
      expires |= row.expires_at != never;
      if (type == RowType::bytes) given.bytes.push_back(row.value.as_bytes());
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (type == RowType::tombstone) break;
      given.values.append(type == RowType::bytes ? ValueView(given.bytes[i])
                                                 : rows[i].value.view());
    }
    RowsView view{given.key, type, given.timestamps, given.values.data(), {}};
    if (expires) view.expiries = given.expiries;
    return view;
  }

  /// The memory stays, so that reading it is no crash but a wrong answer.
  void spoil() {
    if (given_.empty()) return;
    Given& given = given_.back();
    for (char& byte : given.key) byte = '#';
    for (Timestamp& ts : given.timestamps) ts = -12345;
    for (Timestamp& ts : given.expiries) ts = -12345;
    for (std::string& bytes : given.bytes) bytes.assign(bytes.size(), '#');
  }

  Script script_;
  std::map<std::string, std::map<Timestamp, test::FlatRow>> keys_;
  std::map<std::string, std::map<Timestamp, test::FlatRow>>::iterator at_ = keys_.end();
  bool started_ = false;
  std::string key_;
  std::deque<test::FlatRow> left_;
  std::deque<Given> given_;
  std::size_t calls_ = 0;
};

inline std::unique_ptr<Cursor> scripted(ScriptedCursor::Script script) {
  return std::make_unique<ScriptedCursor>(std::move(script));
}

/// The rest of the current key, in the order of the walk. Checks that stretches keep to it.
inline Result<std::vector<test::FlatRow>> walk_key(Cursor& cursor, bool newest_first) {
  std::vector<test::FlatRow> walked;
  while (true) {
    VARVE_TRY(const RowsView rows, cursor.next_rows());
    if (rows.empty()) break;
    EXPECT_EQ(rows.key, cursor.key());
    test::append_walked(walked, rows, newest_first);
  }
  for (std::size_t i = 1; i < walked.size(); ++i) {
    EXPECT_TRUE(newest_first ? walked[i].ts < walked[i - 1].ts : walked[i].ts > walked[i - 1].ts)
        << walked[i - 1] << " then " << walked[i];
  }
  return walked;
}

/// All that is left.
inline Result<std::vector<test::FlatRow>> walk(Cursor& cursor, bool newest_first = false) {
  std::vector<test::FlatRow> walked;
  std::string last;
  while (true) {
    VARVE_TRY(const bool more, cursor.next_key());
    if (!more) return walked;
    EXPECT_LT(last, cursor.key());
    last = cursor.key();
    VARVE_TRY(const auto rows, walk_key(cursor, newest_first));
    walked.insert(walked.end(), rows.begin(), rows.end());
  }
}

/// The same, by runs of stretches, of keys below `end`. Checks that a run keeps to the order.
inline Result<std::vector<test::FlatRow>> walk_stretches(Cursor& cursor, bool newest_first,
                                                         std::string_view end = "\xFF\xFF\xFF") {
  std::vector<test::FlatRow> walked;
  while (true) {
    VARVE_TRY(const bool more, cursor.next_key());
    if (!more || cursor.key() >= end) return walked;
    while (true) {
      VARVE_TRY(const auto stretches, cursor.next_stretches(end));
      if (stretches.empty()) break;
      for (const RowsView& rows : stretches) {
        EXPECT_FALSE(rows.empty());
        EXPECT_LT(rows.key, end);
        EXPECT_TRUE(walked.empty() || walked.back().key <= rows.key);
        test::append_walked(walked, rows, newest_first);
      }
      EXPECT_EQ(stretches.back().key, cursor.key());
    }
  }
}

}  // namespace varve::engine
