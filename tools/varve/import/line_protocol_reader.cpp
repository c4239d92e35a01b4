#include <algorithm>
#include <string_view>
#include <utility>

#include "tools/formats/line_protocol.hpp"
#include "tools/formats/line_protocol_text.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/import/line_formats.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view printed = "> ";  // Before each line that telegraf --test prints.

/// What is no record: comments, and the statements with which influx_inspect export begins.
bool is_passed_over(std::string_view text) {
  return text.empty() || text.starts_with('#') || text.starts_with("CREATE DATABASE ") ||
         text.starts_with("CREATE RETENTION POLICY ");
}

class LineProtocolReader final : public RecordReader {
 public:
  LineProtocolReader(Input& input, LineProtocolOptions options)
      : input_(input), parser_(std::move(options)) {}

  Outcome<std::optional<ReadLine>> next(RecordList& records) override {
    VARVE_CHECK(skip_byte_order_mark());
    while (true) {
      VARVE_TRY(const std::size_t end, find_end());
      if (input_.window().empty()) return std::nullopt;
      const std::string_view line = input_.window().substr(0, end);
      ReadLine read;
      read.number = line_;
      line_ += static_cast<std::uint64_t>(std::ranges::count(line, '\n')) + 1;
      const bool has_return = line.ends_with('\r');
      const std::string_view text = trimmed(line.substr(0, line.size() - (has_return ? 1 : 0)));
      const bool silent = is_passed_over(text);
      if (text == line_times_comment) parser_.take_unit(TimeUnit::nanoseconds);
      if (!silent) {
        if (const auto parsed = parse(text, records, read); !parsed) {
          const auto begin = static_cast<std::size_t>(text.data() - line.data());
          refuse(line, begin + parsed.error().offset.value_or(0), parsed.error(), read);
        }
      }
      input_.consume(std::min(end + 1, input_.window().size()));
      if (parser_.is_time_unfit()) {
        return failed(input_.name() + ':' + std::to_string(read.number) + ": " +
                      read.problem.value_or(""));
      }
      if (!silent) return read;
    }
  }

 private:
  Parsed<void> parse(std::string_view text, RecordList& records, ReadLine& read) {
    auto parsed = parser_.parse(text, records, read.bad_cells);
    // No line that is printed so is one as it stands, whatever its measurement.
    if (parsed || !text.starts_with(printed)) return parsed;
    read.bad_cells.clear();
    return part_at(printed.size(),
                   parser_.parse(text.substr(printed.size()), records, read.bad_cells));
  }

  /// The column is that of the first line, where the problem is in it.
  static void refuse(std::string_view line, std::size_t offset, const Problem& fault,
                     ReadLine& read) {
    read.bad_cells.clear();
    read.problem = fault.text;
    if (!line.substr(0, offset).contains('\n')) read.column = offset + 1;
  }

  Outcome<void> skip_byte_order_mark() {
    if (has_begun_) return {};
    while (input_.window().size() < byte_order_mark.size() && !input_.at_end()) {
      // A first line may be shorter, and must not wait for the next one.
      if (!byte_order_mark.starts_with(input_.window())) break;
      VARVE_CHECK(input_.more());
    }
    if (input_.window().starts_with(byte_order_mark)) input_.consume(byte_order_mark.size());
    has_begun_ = true;
    return {};
  }

  Outcome<std::size_t> find_end() {
    while (true) {
      const bool known = !input_.window().empty() || input_.at_end();
      const std::size_t end =
          known ? find_line_protocol_end(input_.window(), input_.at_end()) : std::string_view::npos;
      if (end != std::string_view::npos) return end;
      if (input_.window().size() >= line_bytes_max) {
        return failed(input_.name() + ':' + std::to_string(line_) + ": a line of over 100 MiB");
      }
      VARVE_CHECK(input_.more_to_line_break(line_bytes_max));
    }
  }

  Input& input_;
  LineProtocolParser parser_;
  std::uint64_t line_ = 1;
  bool has_begun_ = false;
};

}  // namespace

std::unique_ptr<RecordReader> make_line_protocol_reader(Input& input, LineProtocolOptions options) {
  return std::make_unique<LineProtocolReader>(input, std::move(options));
}

}  // namespace varve::tools
