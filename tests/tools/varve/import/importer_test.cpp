#include "tools/varve/import/importer.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/tools/varve/running.hpp"
#include "tools/varve/import/dry_run.hpp"
#include "tools/varve/import/line_formats.hpp"

namespace varve::tools {
namespace {

constexpr Timestamp begin = 1'714'521'600'000'000;  // 2024-05-01

/// Lines of "KEY TIME": a record; "KEY!": labels that leave with their series' last record; "?": a
/// bad line; "KEY TIME ?": a record, and a bad cell.
class PlainReader final : public RecordReader {
 public:
  explicit PlainReader(Input& input) : input_(input) {}

  Outcome<std::optional<ReadLine>> next(RecordList& records) override {
    while (!input_.window().contains('\n') && !input_.at_end()) {
      if (const auto more = input_.more(); !more) return std::unexpected(more.error());
    }
    if (!input_.window().contains('\n')) return std::nullopt;
    const std::string line(input_.window().substr(0, input_.window().find('\n')));
    input_.consume(line.size() + 1);
    ReadLine read{++number_};
    const std::size_t blank = line.find(' ');
    if (line == "?") {
      read.problem = "no line";
      read.column = 7;
    } else if (line.ends_with('!')) {
      records.describe(line.substr(0, line.size() - 1), labels());
    } else {
      records.add(line.substr(0, blank), begin + std::stoll(line.substr(blank + 1)), 1.0);
      if (line.ends_with('?')) read.bad_cells.emplace_back("column 'x': '?' is no number");
    }
    return read;
  }
  std::vector<std::string> decisions() const override { return {"lines of a key and a time"}; }

  static Labels labels() { return Labels{{"job", "x"}}.leave_with_records(); }

 private:
  Input& input_;
  std::uint64_t number_ = 0;
};

Outcome<void> read_all(Importer& importer, std::string text) {
  Input input = Input::of(std::move(text));
  PlainReader reader(input);
  return importer.read(input, reader);
}

std::string lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "a " + std::to_string(i) + '\n';
  return text;
}

std::uint64_t count(Engine& engine) { return engine.count(Query::all()).value(); }

TEST(Importer, ends_a_batch_when_its_time_is_over) {
  for (const bool at_once : {false, true}) {
    Engine engine = Engine::open_in_memory().value();
    ImporterOptions options;
    options.batch_records = 1'000'000;
    options.batch_time = at_once ? std::chrono::nanoseconds(0) : std::chrono::hours(100);
    Importer importer(engine, options);
    ASSERT_TRUE(read_all(importer, lines(1'000)));
    EXPECT_EQ(count(engine), 1'000U);
    if (at_once) {
      EXPECT_GE(engine.stats().batches_written, 10U);
    } else {
      EXPECT_EQ(engine.stats().batches_written, 1U);
    }
  }
}

TEST(Importer, sums_up_what_it_read) {
  Engine engine = Engine::open_in_memory().value();
  ImporterOptions options;
  options.skip_bad_lines = true;
  Importer importer(engine, options);
  ASSERT_TRUE(read_all(importer, "a 0\nb 1000000 ?\n?\na 0\n"));
  EXPECT_EQ(importer.left_out(), 2U);
  EXPECT_TRUE(importer.summary().starts_with(
      "3 records in 2 series, 1 of them in place of others of this import, "
      "2024-05-01 00:00:00 to 2024-05-01 00:00:01, 1 bad line, 1 bad cell, "))
      << importer.summary();
}

TEST(Importer, counts_nothing_of_a_batch_that_the_database_refused) {
  Engine engine = Engine::open_in_memory().value();
  ImporterOptions options;
  options.batch_records = 1;
  int batches = 0;
  options.complete = [&](WriteBatch&) {
    if (++batches == 2) {
      EXPECT_TRUE(engine.close());
    }
    return false;
  };
  Importer importer(engine, options);
  EXPECT_FALSE(read_all(importer, "a 0\nb 1000000\n"));
  EXPECT_TRUE(importer.was_refused());
  EXPECT_TRUE(importer.summary().starts_with("1 record in 1 series, 2024-05-01 00:00:00, "))
      << importer.summary();
}

TEST(Importer, tells_a_bad_input_from_a_database_that_refuses) {
  Engine engine = Engine::open_in_memory().value();
  Importer importer(engine, {});
  EXPECT_FALSE(read_all(importer, "?\n"));
  EXPECT_FALSE(importer.was_refused());
}

TEST(Importer, says_how_many_records_had_expired_when_they_came) {
  Engine engine = Engine::open_in_memory().value();
  ImporterOptions options;
  options.ttl = std::chrono::hours(1);
  Importer importer(engine, options);
  ASSERT_TRUE(read_all(importer, lines(3)));
  EXPECT_NE(importer.summary().find(", 3 of them expired already, "), std::string::npos)
      << importer.summary();
}

TEST(Importer, stops_at_a_bad_line_or_cell_and_names_its_place) {
  for (const auto& [fault, message] :
       {std::pair<std::string, std::string>{"?\n", "text:2:7: no line"},
        {"b 1 ?\n", "text:2: column 'x': '?' is no number"}}) {
    Engine engine = Engine::open_in_memory().value();
    Importer importer(engine, {});
    const auto outcome = read_all(importer, "a 0\n" + fault + "a 2\n");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message, message + " (--on-error skip leaves it out)");
    EXPECT_FALSE(engine.get("a", begin + 2).value()) << "what is behind is not in";
    EXPECT_TRUE(engine.get("a", begin).value()) << "what was before is";
  }
}

TEST(Importer, lets_the_format_complete_each_batch) {
  Engine engine = Engine::open_in_memory().value();
  ImporterOptions options;
  options.batch_records = 10;
  int calls = 0;
  options.complete = [&calls](WriteBatch& batch) {
    batch.put("batches", begin + calls++, std::int64_t{1});
    return false;
  };
  Importer importer(engine, options);
  ASSERT_TRUE(read_all(importer, lines(25)));
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(engine.count(Query::key("batches")).value(), 3U);
}

TEST(Importer, writes_batches_for_as_long_as_the_format_has_more_for_them) {
  Engine engine = Engine::open_in_memory().value();
  ImporterOptions options;
  int calls = 0;
  options.complete = [&calls](WriteBatch& batch) {
    batch.put("batches", begin + calls++, std::int64_t{1});
    return calls < 3;
  };
  Importer importer(engine, options);
  ASSERT_TRUE(read_all(importer, lines(1)));
  EXPECT_EQ(engine.stats().batches_written, 3U);
  EXPECT_EQ(engine.count(Query::key("batches")).value(), 3U);
  EXPECT_TRUE(engine.get("a", begin).value()) << "the last of them has the record, too";
}

/// Records of over 32 MiB, which is what an engine takes in one batch.
TEST(Importer, ends_a_batch_of_few_records_that_are_large) {
  std::string text;
  for (int i = 0; i < 1'000; ++i) {
    text += R"({"key":"a","time":)" + std::to_string(begin + i) + R"(,"value":")" +
            std::string(40'000, 'x') + "\"}\n";
  }
  Engine engine = Engine::open_in_memory().value();
  Importer importer(engine, {});
  Input input = Input::of(std::move(text));
  const auto reader = make_ndjson_reader(input, NdjsonOptions());
  const auto outcome = importer.read(input, *reader);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(importer.records(), 1'000U);
  EXPECT_EQ(count(engine), 1'000U);
  EXPECT_GE(engine.stats().batches_written, 8U);
}

TEST(Importer, writes_one_line_that_is_more_than_a_batch_holds_in_several) {
  const std::string tag(300, 't');
  std::string text = "m,a=" + tag + " f0=1";
  for (int i = 1; i < 80'000; ++i) text += ",f" + std::to_string(i) + "=1";
  Engine engine = Engine::open_in_memory().value();
  Importer importer(engine, {});
  Input input = Input::of(text + " 1714521600000000000\n");
  const auto reader = make_line_protocol_reader(input, LineProtocolOptions());
  const auto outcome = importer.read(input, *reader);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(count(engine), 80'000U);
  EXPECT_GE(engine.stats().batches_written, 4U);
  for (const std::string field : {"f0", "f79999"}) {
    EXPECT_EQ(engine.labels("m_" + field + ",a=" + tag).value(),
              (Labels{{"__name__", "m_" + field}, {"a", tag}}));
  }
}

TEST(Importer, writes_labels_alone_that_are_more_than_a_batch_holds) {
  std::string text;
  for (int i = 0; i < 150; ++i) {
    text += R"({"key":"k)" + std::to_string(i) + R"(","labels":{)";
    for (int label = 0; label < 60; ++label) {
      text += (label == 0 ? "\"l" : ",\"l") + std::to_string(label) + R"(":")" +
              std::string(4'000, 'x') + '"';
    }
    text += "}}\n";
  }
  Engine engine = Engine::open_in_memory().value();
  Importer importer(engine, {});
  Input input = Input::of(std::move(text));
  const auto reader = make_ndjson_reader(input, NdjsonOptions());
  const auto outcome = importer.read(input, *reader);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(engine.labels("k149").value().size(), 60U);
}

/// An importer that reads from a pipe on a thread of its own.
class PipedImport : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0);
    reading_ = std::thread([this] {
      Input input = Input::open("/proc/self/fd/" + std::to_string(ends_[0])).value();
      PlainReader reader(input);
      outcome_ = importer_.read(input, reader);
    });
  }
  void TearDown() override {
    end();
    ::close(ends_[0]);
  }
  void give(const std::string& text) const {
    ASSERT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void end() {
    if (!reading_.joinable()) return;
    ::close(ends_[1]);
    reading_.join();
  }
  bool comes_to(std::uint64_t records) {
    return comes_true([&] { return count(engine_) == records; });
  }

  Engine engine_ = Engine::open_in_memory().value();
  Importer importer_{engine_, {}};
  std::array<int, 2> ends_{};
  std::thread reading_;
  Outcome<void> outcome_;
};

TEST_F(PipedImport, writes_what_came_before_it_waits_for_more) {
  give("a 1\na 2\n");
  EXPECT_TRUE(comes_to(2));
  give("a 3\na");
  EXPECT_TRUE(comes_to(3)) << "though the next line has begun";
  give(" 4\n");
  EXPECT_TRUE(comes_to(4));
  end();
  EXPECT_TRUE(outcome_);
}

TEST_F(PipedImport, keeps_labels_that_leave_with_the_last_record_until_the_first_comes) {
  give("pod!\na 1\n");
  EXPECT_TRUE(comes_to(1));
  EXPECT_TRUE(engine_.labels("pod").value().empty());
  give("pod 2\n");
  EXPECT_TRUE(comes_to(2));
  EXPECT_EQ(engine_.labels("pod").value(), PlainReader::labels());
}

TEST_F(PipedImport, writes_labels_that_had_to_wait_at_the_end) {
  give("a 1\npod!\n");
  EXPECT_TRUE(comes_to(1));
  end();
  EXPECT_EQ(engine_.labels("pod").value(), PlainReader::labels());
}

TEST(DryRun, shows_decisions_and_first_records_and_counts_the_rest) {
  const TestDirectory directory;
  {
    auto output = Output::create(directory.path("out"), directory.path("db")).value();
    DryRun dry_run(true, output);
    Input input = Input::of(lines(2'500) + "?\n");
    PlainReader reader(input);
    ASSERT_TRUE(dry_run.read(input, reader, {"format plain"}));
    EXPECT_EQ(dry_run.summary(),
              "2,500 records in 1 series, 2024-05-01 00:00:00 to 2024-05-01 00:00:00.002499, "
              "1 bad line; nothing was written");
    EXPECT_EQ(dry_run.left_out(), 1U);
    ASSERT_TRUE(output.finish());
  }
  EXPECT_EQ(read_file(directory.path("out")),
            "text\n"
            "  format plain\n"
            "  lines of a key and a time\n"
            "  key  time (UTC)                  value  type\n"
            "  a    2024-05-01 00:00:00             1  double\n"
            "  a    2024-05-01 00:00:00.000001      1  double\n"
            "  a    2024-05-01 00:00:00.000002      1  double\n"
            "  a    2024-05-01 00:00:00.000003      1  double\n"
            "  a    2024-05-01 00:00:00.000004      1  double\n");
}

TEST(DryRun, says_how_many_records_take_the_place_of_others_at_least) {
  const TestDirectory directory;
  auto output = Output::create(directory.path("out"), directory.path("db")).value();
  DryRun dry_run(true, output);
  Input input = Input::of("a 0\na 0\na 1000000\n");
  PlainReader reader(input);
  ASSERT_TRUE(dry_run.read(input, reader, {}));
  EXPECT_EQ(dry_run.summary(),
            "3 records in 1 series, at least 1 of them in place of others, "
            "2024-05-01 00:00:00 to 2024-05-01 00:00:01, 0 bad lines; nothing was written");
}

TEST(DryRun, shows_what_it_took_the_input_for_where_it_fails) {
  const TestDirectory directory;
  {
    auto output = Output::create(directory.path("out"), directory.path("db")).value();
    DryRun dry_run(false, output);
    Input input = Input::of("a 1\n?\n");
    PlainReader reader(input);
    EXPECT_FALSE(dry_run.read(input, reader, {}));
    EXPECT_TRUE(dry_run.summary().starts_with("1 record in 1 series, ")) << dry_run.summary();
    ASSERT_TRUE(output.finish());
  }
  EXPECT_TRUE(read_file(directory.path("out")).starts_with("text\n  lines of a key and a time\n"));
}

}  // namespace
}  // namespace varve::tools
