#include "query/aggregate/aggregation_plan.hpp"

#include <limits>
#include <string>

#include "engine/record/time_span.hpp"
#include "varve/try.hpp"

namespace varve::query {

namespace {

std::unexpected<Error> refused(const std::string& what) {
  return fail(Errc::invalid_argument, "aggregate: " + what);
}

Status check(const Aggregation& aggregation) {
  const double q = aggregation.quantile();
  if (aggregation.function() == Aggregation::Function::quantile && !(q >= 0 && q <= 1)) {
    return refused("quantile(" + std::to_string(q) + ") is not from 0 to 1");
  }
  if (aggregation.every() && aggregation.every()->count() < 1) {
    return refused("every(" + std::to_string(aggregation.every()->count()) + " us) is below 1 us");
  }
  if (!aggregation.every() && aggregation.offset()) return refused("offset() without every()");
  if (!aggregation.every() && aggregation.fill() != Fill::none) {
    return refused("fill() without every()");
  }
  if (aggregation.group_parts() == std::size_t{0}) return refused("group_by_prefix(0)");
  if (aggregation.group_parts() && aggregation.group_label()) {
    return refused("both group_by_prefix() and group_by_label()");
  }
  return {};
}

}  // namespace

std::string_view first_parts(std::string_view key, std::size_t parts, char delimiter) {
  std::size_t end = 0;
  for (; parts > 0; --parts) {
    const std::size_t at = key.find(delimiter, end);
    if (at == std::string_view::npos) return key;
    end = at + 1;
  }
  return key.substr(0, end);
}

Result<AggregationPlan> plan_of(const Query& query, std::span<const Aggregation> functions) {
  AggregationPlan plan;
  if (functions.empty()) return refused("no function");
  const Aggregation& first = functions.front();
  for (const Aggregation& function : functions) {
    VARVE_CHECK(check(function));
    const bool agree = function.every() == first.every() && function.offset() == first.offset() &&
                       function.fill() == first.fill() &&
                       function.group_parts() == first.group_parts() &&
                       function.group_delimiter() == first.group_delimiter() &&
                       function.group_label() == first.group_label();
    if (!agree) return refused("functions of one call agree in buckets, fill and groups");
    plan.functions.push_back(function);
  }
  plan.needs = Needs::of(functions);
  if (first.every()) {
    plan.buckets = Buckets(*first.every(), first.offset().value_or(Duration(0)));
  }
  plan.fill = first.fill();
  const engine::TimeSpan span = engine::time_span(query.range());
  if (query.range().from()) plan.first_bucket = plan.buckets.number_of(span.first);
  if (query.range().to()) plan.last_bucket = plan.buckets.number_of(span.last);
  plan.newest_first = query.is_newest_first();
  plan.group_label = first.group_label();
  plan.groups_in_order = !plan.group_label;
  if (first.group_parts()) {
    plan.group_of = [parts = *first.group_parts(), delimiter = first.group_delimiter()](
                        std::string_view key) -> Result<std::string> {
      return std::string(first_parts(key, parts, delimiter));
    };
  }
  return plan;
}

}  // namespace varve::query
