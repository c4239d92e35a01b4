#include "tests/crash/scripted_run.hpp"

#include <algorithm>
#include <chrono>

namespace varve::test {

namespace {

/// Windows apart, so that compactions with small sizes write a table for some.
constexpr Timestamp at(int number) { return number * Duration(std::chrono::hours(1)).count(); }

}  // namespace

Result<Content> content_of(Engine& engine) {
  auto records = engine.query(Query::all());
  if (!records) return std::unexpected(records.error());
  Content content;
  for (const Record& record : *records) {
    content.insert_or_assign({record.key(), record.ts()}, record.value());
  }
  return content;
}

ScriptedRun::ScriptedRun(std::shared_ptr<FileSystem> file_system, Sizes sizes, bool is_short)
    : file_system_(std::move(file_system)), sizes_(sizes), is_short_(is_short) {}

Options ScriptedRun::options_on(std::shared_ptr<FileSystem> file_system) const {
  Options options;
  options.dir = "/db";
  options.file_system = std::move(file_system);
  options.clock = clock_;
  options.threadless = true;
  options.durability = Durability::appended();
  options.memtable_bytes = std::size_t{64} << 10;
  options.wal_bytes = std::size_t{256} << 10;
  options.queue_bytes = std::size_t{64} << 10;
  return options;
}

bool ScriptedRun::open() {
  auto opened = open_engine(options_on(file_system_), sizes_);
  if (!opened) return false;
  engine_.emplace(std::move(*opened));
  return true;
}

bool ScriptedRun::note_durable() {
  durable_ = std::max(durable_, engine_->stats().durable_sequence);
  return true;
}

bool ScriptedRun::write(const WriteOptions& options,
                        const std::function<void(WriteBatch&, Content&)>& fill) {
  WriteBatch batch;
  Content content = states_.back();
  fill(batch, content);
  // Its sequence is taken whether it succeeds or not; a failed one may be found after all.
  states_.push_back(std::move(content));
  const auto receipt = engine_->write(std::move(batch), options);
  if (!receipt) return false;
  if (receipt->reached == Reached::durable) durable_ = std::max(durable_, receipt->sequence);
  return note_durable();
}

/// Several records in one batch, one of them of a record that other batches write too.
bool ScriptedRun::put(int number, Durability durability) {
  return write(WriteOptions().durability(durability), [&](WriteBatch& batch, Content& content) {
    const auto add = [&](const std::string& key, Timestamp ts, const Value& value) {
      batch.put(key, ts, value.view());
      content.insert_or_assign({key, ts}, value);
    };
    for (int i = 0; i < 3; ++i) add("b" + std::to_string(number), at(i), number * 10 + i);
    add("shared", at(number % 3), "from batch " + std::to_string(number));
    add("series", at(number), number * 0.5);
  });
}

/// Two of these do not fit into one WAL segment.
bool ScriptedRun::put_large(int number, Durability durability) {
  return write(WriteOptions().durability(durability), [&](WriteBatch& batch, Content& content) {
    const Value value(std::string(9'000, static_cast<char>('a' + number)));
    batch.put("large", at(number), value.view());
    content.insert_or_assign({"large", at(number)}, value);
  });
}

bool ScriptedRun::run() {
  const auto erase = [&](std::string key, Timestamp ts) {
    return write({}, [&](WriteBatch& batch, Content& content) {
      batch.erase(key, ts);
      content.erase({key, ts});
    });
  };
  const auto erase_range = [&](std::string first, std::string end) {
    return write({}, [&](WriteBatch& batch, Content& content) {
      batch.erase_range(first, end);
      std::erase_if(content, [&](const auto& entry) {
        return entry.first.first >= first && entry.first.first < end;
      });
    });
  };
  const auto patch = [&](std::string key, Timestamp ts, Value value) {
    Content content = states_.back();
    content.insert_or_assign({key, ts}, value);
    states_.push_back(std::move(content));
    return engine_->patch(key, ts, value).has_value() && note_durable();
  };
  const auto close = [&] {
    const bool closed = engine_->close().has_value();
    if (closed) durable_ = states_.size() - 1;
    engine_.reset();
    return closed;
  };
  const auto flush = [&] { return engine_->flush().has_value() && note_durable(); };

  const Durability appended = Durability::appended();
  const Durability always = Durability::always();
  if (!open() || !put(1, appended) || !put(2, always) || !put(3, appended)) return false;
  if (!erase("b1", at(1)) || !flush() || !put(4, always)) return false;
  if (is_short_) return close();
  if (!erase_range("b2", "b3") || !put(5, Durability::every(2)) || !put(6, appended)) return false;
  if (!patch("series", at(4), "patched") || !flush() || !put(7, appended)) return false;
  if (!engine_->compact() || !erase_range("b4", "b5") || !flush()) return false;
  if (!put(8, appended) || !engine_->sync() || !note_durable() || !put(9, appended)) return false;
  // A sync of two segments.
  if (!put_large(1, appended) || !put_large(2, always)) return false;
  if (!engine_->collect_garbage() || !close() || !open()) return false;
  if (!put(10, appended) || !put(11, always) || !erase("series", at(11)) || !flush()) return false;
  if (!engine_->compact() || !put(12, appended)) return false;
  return close();
}

std::optional<std::string> ScriptedRun::judge(std::shared_ptr<FileSystem> after) const {
  auto engine = open_engine(options_on(std::move(after)), sizes_);
  if (!engine) return "does not open: " + engine.error().message();
  const RecoveryReport& report = engine->recovery_report();
  if (!report.damages.empty()) return "damage reported: " + report.to_string();
  const auto content = content_of(*engine);
  if (!content) return "does not read: " + content.error().message();
  const std::uint64_t last = report.last_sequence;
  if (last < durable_) {
    return "ends at sequence " + std::to_string(last) + ", and " + std::to_string(durable_) +
           " was durable";
  }
  if (last >= states_.size()) return "a sequence never given: " + std::to_string(last);
  // What a cut took has sequences that are not given again, so the content may be an earlier one.
  const auto durable = states_.begin() + static_cast<std::ptrdiff_t>(durable_);
  const auto end = states_.begin() + static_cast<std::ptrdiff_t>(last) + 1;
  if (std::find(durable, end, *content) == end) {
    return "not the content after a sequence up to " + std::to_string(last) +
           ", or a batch in part";
  }
  // It goes on: what is written now is there after the next opening.
  WriteBatch batch;
  batch.put("after", 1, 1.0);
  const auto receipt =
      engine->write(std::move(batch), WriteOptions().durability(Durability::always()));
  if (!receipt) return "takes no writes: " + receipt.error().message();
  if (receipt->reached != Reached::durable) return "a write that did not get durable";
  return std::nullopt;
}

}  // namespace varve::test
