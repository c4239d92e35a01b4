#include "tools/varve/terminal/answer_printer.hpp"

#include <utility>

#include "tools/formats/choices.hpp"
#include "tools/formats/csv_row.hpp"
#include "tools/formats/ndjson.hpp"
#include "tools/formats/record_printer.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/times/time_zone.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/terminal/table_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

class TablePrinter final : public AnswerPrinter {
 public:
  TablePrinter(AnswerKind kind, Output& output, const TimeZone* zone)
      : output_(output),
        zone_(zone),
        with_time_(kind != AnswerKind::aggregates),
        table_(with_time_ ? std::vector<TableText::Heading>{{"key"},
                                                            {"time (" + zone_name() + ")"},
                                                            {"value", Align::right}}
                          : std::vector<TableText::Heading>{{"key"}, {"value", Align::right}}) {}

  Outcome<void> add(const RecordView& record) override {
    return add_row({printable(record.key()), time_text(record.ts()), value_line(record.value())});
  }
  Outcome<void> add(const Aggregate& aggregate) override {
    std::string value = aggregate.value ? value_line(aggregate.value->view()) : "-";
    if (!with_time_) return add_row({printable(aggregate.key), std::move(value)});
    return add_row({printable(aggregate.key), time_text(aggregate.ts), std::move(value)});
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

  std::string zone_name() const { return zone_ == nullptr ? "UTC" : zone_->name(); }
  std::string time_text(Timestamp ts) const {
    return format_time_short(zone_ == nullptr ? ts : local_time(*zone_, ts));
  }

  Outcome<void> add_row(std::vector<std::string> cells) {
    empty_ = false;
    table_.add(std::move(cells));
    if (table_.waiting() < rows_at_once) return {};
    table_.print(output_.text());
    return output_.drain();
  }

  Output& output_;
  const TimeZone* const zone_;
  const bool with_time_;
  TableText table_;
  bool empty_ = true;
};

class CsvPrinter final : public AnswerPrinter {
 public:
  CsvPrinter(AnswerKind kind, Output& output)
      : output_(output), with_time_(kind != AnswerKind::aggregates) {
    if (with_time_) {
      append_header(output_.text(), {});
    } else {
      output_.text() += "key,value\n";
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
    if (with_time_) {
      append_time(out, aggregate.ts);
      out += ',';
    }
    if (aggregate.value && aggregate.value->type() == ValueType::bytes) {
      append_csv_field(out, aggregate.value->as_bytes());
    } else if (aggregate.value) {
      append_value(out, aggregate.value->view());
    }
    out += '\n';
    return output_.drain();
  }
  Outcome<void> finish() override { return output_.finish(); }

 private:
  Output& output_;
  const bool with_time_;
};

/// An array with one object a line, of the same form as ndjson.
class JsonPrinter final : public AnswerPrinter {
 public:
  JsonPrinter(AnswerKind kind, Output& output)
      : output_(output), with_time_(kind != AnswerKind::aggregates) {}

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
    if (with_time_) {
      out += R"(,"time":")";
      append_time(out, aggregate.ts);
      out += '"';
    }
    out += R"(,"value":)";
    if (aggregate.value) {
      append_json_value(out, aggregate.value->view());
    } else {
      out += "null";
    }
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
  const bool with_time_;
  bool empty_ = true;
};

}  // namespace

Parsed<AnswerFormat> parse_answer_format(std::string_view text) {
  if (text == "table") return AnswerFormat::table;
  if (text == "csv") return AnswerFormat::csv;
  if (text == "json") return AnswerFormat::json;
  return problem(quote(text) + " is no format: " + one_of(answer_format_words));
}

std::unique_ptr<AnswerPrinter> make_answer_printer(AnswerFormat format, AnswerKind kind,
                                                   Output& output, const TimeZone* zone) {
  switch (format) {
    case AnswerFormat::table: return std::make_unique<TablePrinter>(kind, output, zone);
    case AnswerFormat::csv: return std::make_unique<CsvPrinter>(kind, output);
    case AnswerFormat::json: break;
  }
  return std::make_unique<JsonPrinter>(kind, output);
}

}  // namespace varve::tools
