#include "tools/varve/terminal/wide_printer.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/formats/value_text.hpp"
#include "tools/varve/terminal/wide_table.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

class WidePrinter final : public AnswerPrinter {
 public:
  WidePrinter(Output& output, std::size_t values_max) : output_(output), values_max_(values_max) {}

  Outcome<void> add(const RecordView& record) override {
    VARVE_CHECK(begin(record.key()));
    table_.add(column(), record.ts(), record.value());
    return {};
  }
  Outcome<void> add(const Aggregate& aggregate) override {
    VARVE_CHECK(begin(aggregate.key));
    if (aggregate.value) {
      table_.add(column(), aggregate.ts, aggregate.value->view());
    } else {
      table_.add_empty(column(), aggregate.ts);
    }
    return {};
  }
  Outcome<void> finish() override {
    append_wide_header(output_.text(), keys_);
    VARVE_CHECK(table_.print(static_cast<std::uint32_t>(keys_.size()), false, output_));
    return output_.finish();
  }

 private:
  /// What an answer says of a series comes together.
  Outcome<void> begin(std::string_view key) {
    if (keys_.empty() || keys_.back() != key) keys_.emplace_back(key);
    if (table_.size() < values_max_) return {};
    return failed("--wide: over " + grouped(values_max_) +
                  " values; take a shorter time or fewer series, or varve export --wide");
  }
  std::uint32_t column() const { return static_cast<std::uint32_t>(keys_.size() - 1); }

  Output& output_;
  const std::size_t values_max_;
  std::vector<std::string> keys_;
  WideTable table_;
};

}  // namespace

std::unique_ptr<AnswerPrinter> make_wide_printer(Output& output, std::size_t values_max) {
  return std::make_unique<WidePrinter>(output, values_max);
}

}  // namespace varve::tools
