#include "tools/varve/import/line_reader.hpp"

#include <algorithm>
#include <utility>

#include "tools/formats/line_break.hpp"
#include "tools/formats/value_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

/// Most formats have none in a line, which find() sees faster than count() counts.
std::uint64_t line_breaks_in(std::string_view line) {
  const std::size_t first = line.find('\n');
  if (first == std::string_view::npos) return 0;
  return static_cast<std::uint64_t>(std::ranges::count(line.substr(first), '\n'));
}

class LineReader final : public RecordReader {
 public:
  LineReader(Input& input, LineFormat format) : input_(input), format_(std::move(format)) {}

  Outcome<std::optional<ReadLine>> next(RecordList& records) override {
    VARVE_CHECK(skip_byte_order_mark());
    while (true) {
      VARVE_TRY(const std::size_t end, find_end());
      if (input_.window().empty()) return std::nullopt;
      std::string_view line = input_.window().substr(0, end);
      ReadLine read{line_, {}};
      line_ += line_breaks_in(line) + 1;
      if (line.ends_with('\r')) line.remove_suffix(1);
      const std::string_view text = trimmed(line);
      const bool silent = text.empty() || (format_.passes_over && format_.passes_over(text));
      const std::size_t before = records.size();
      if (!silent) {
        const std::string_view given = format_.keeps_blanks ? line : text;
        auto added = format_.parse(given, records);
        if (format_.take_bad_cells) read.bad_cells = format_.take_bad_cells();
        if (!added) {
          records.shrink(before);
          read.bad_cells.clear();
          if (const auto offset = added.error().offset) {
            const auto at = static_cast<std::size_t>(given.data() - line.data()) + *offset;
            // Of the line that is named, which is the first.
            if (!line.substr(0, at).contains('\n')) read.column = at + 1;
          }
          read.problem = std::move(added).error().text;
        }
      }
      input_.consume(std::min(end + 1, input_.window().size()));
      if (read.problem && format_.is_hopeless && format_.is_hopeless()) {
        return failed(input_.name() + ':' + std::to_string(read.number) + ": " + *read.problem);
      }
      if (!silent) return read;
    }
  }

  std::vector<std::string> decisions() const override {
    return format_.decisions ? format_.decisions() : std::vector<std::string>();
  }

 private:
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
          known ? format_.find_end(input_.window(), input_.at_end()) : std::string_view::npos;
      if (end != std::string_view::npos) return end;
      if (input_.window().size() >= line_bytes_max) {
        return failed(input_.name() + ':' + std::to_string(line_) + ": a line of over 100 MiB");
      }
      VARVE_CHECK(input_.more_to_line_break(line_bytes_max));
    }
  }

  Input& input_;
  const LineFormat format_;
  std::uint64_t line_ = 1;
  bool has_begun_ = false;
};

}  // namespace

std::unique_ptr<RecordReader> make_line_reader(Input& input, LineFormat format) {
  return std::make_unique<LineReader>(input, std::move(format));
}

}  // namespace varve::tools
