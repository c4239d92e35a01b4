#include "tools/varve/answer_printer.hpp"

#include <utility>

#include "engine/base/try.hpp"
#include "tools/varve/csv_row.hpp"
#include "tools/varve/engine_text.hpp"
#include "tools/varve/ndjson.hpp"
#include "tools/varve/record_printer.hpp"
#include "tools/varve/table_text.hpp"
#include "tools/varve/time_text.hpp"
#include "tools/varve/value_text.hpp"

namespace varve::tools {

namespace {

class TablePrinter final : public AnswerPrinter {
 public:
  TablePrinter(bool aggregates, Output& output)
      : output_(output),
        table_(aggregates ? std::vector<TableText::Heading>{{"key"}, {"value", Align::right}}
                          : std::vector<TableText::Heading>{
                                {"key"}, {"time (UTC)"}, {"value", Align::right}}) {}

  Outcome<void> add(const RecordView& record) override {
    return add_row(
        {printable(record.key()), format_time_short(record.ts()), value_line(record.value())});
  }
  Outcome<void> add(const Aggregate& aggregate) override {
    return add_row({printable(aggregate.key), value_line(aggregate.value.view())});
  }
  Outcome<void> finish() override {
    if (empty_) {
      say("no records");
      return {};
    }
    table_.print(output_.text());
    return output_.finish();
  }

 private:
  static constexpr std::size_t rows_at_once = 1'000;

  Outcome<void> add_row(std::vector<std::string> cells) {
    empty_ = false;
    table_.add(std::move(cells));
    if (table_.waiting() < rows_at_once) return {};
    table_.print(output_.text());
    return output_.drain();
  }

  Output& output_;
  TableText table_;
  bool empty_ = true;
};

class CsvPrinter final : public AnswerPrinter {
 public:
  CsvPrinter(bool aggregates, Output& output) : output_(output) {
    if (aggregates) {
      output_.text() += "key,value\n";
    } else {
      append_header(output_.text(), {});
    }
  }

  Outcome<void> add(const RecordView& record) override {
    append_record(output_.text(), record, {});
    return output_.drain();
  }
  Outcome<void> add(const Aggregate& aggregate) override {
    std::string& out = output_.text();
    append_csv_field(out, aggregate.key);
    out += ',';
    const ValueView value = aggregate.value.view();
    if (value.type() == ValueType::bytes) {
      append_csv_field(out, value.as_bytes());
    } else {
      append_value(out, value);
    }
    out += '\n';
    return output_.drain();
  }
  Outcome<void> finish() override { return output_.finish(); }

 private:
  Output& output_;
};

/// An array with one object a line, of the same form as ndjson.
class JsonPrinter final : public AnswerPrinter {
 public:
  explicit JsonPrinter(Output& output) : output_(output) {}

  Outcome<void> add(const RecordView& record) override {
    begin_item();
    append_ndjson(output_.text(), record, false);
    return output_.drain();
  }
  Outcome<void> add(const Aggregate& aggregate) override {
    begin_item();
    std::string& out = output_.text();
    out += R"({"key":)";
    append_json_value(out, aggregate.key);
    out += R"(,"value":)";
    append_json_value(out, aggregate.value.view());
    out += '}';
    return output_.drain();
  }
  Outcome<void> finish() override {
    output_.text() += empty_ ? "[]\n" : "\n]\n";
    return output_.finish();
  }

 private:
  void begin_item() {
    output_.text() += empty_ ? "[\n" : ",\n";
    empty_ = false;
  }

  Output& output_;
  bool empty_ = true;
};

}  // namespace

Parsed<AnswerFormat> parse_answer_format(std::string_view text) {
  if (text == "table") return AnswerFormat::table;
  if (text == "csv") return AnswerFormat::csv;
  if (text == "json") return AnswerFormat::json;
  return problem(quote(text) + " is no format: table, csv or json");
}

std::unique_ptr<AnswerPrinter> make_answer_printer(AnswerFormat format, bool aggregates,
                                                   Output& output) {
  switch (format) {
    case AnswerFormat::table: return std::make_unique<TablePrinter>(aggregates, output);
    case AnswerFormat::csv: return std::make_unique<CsvPrinter>(aggregates, output);
    case AnswerFormat::json: break;
  }
  return std::make_unique<JsonPrinter>(output);
}

}  // namespace varve::tools
