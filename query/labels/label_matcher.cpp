#include "query/labels/label_matcher.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "varve/try.hpp"

namespace varve::query {

namespace {

using Kind = Matcher::Kind;

RE2::Options options() {
  RE2::Options options(RE2::Quiet);
  // A value is any bytes: by characters, one that is no UTF-8 would match not even ".*".
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_dot_nl(true);
  options.set_never_capture(true);
  return options;
}

}  // namespace

struct LabelMatcher::Expression {
  explicit Expression(const std::string& text) : compiled(text, options()) {}
  RE2 compiled;
};

LabelMatcher::LabelMatcher(const Matcher& matcher) : matcher_(matcher) {}
LabelMatcher::LabelMatcher(LabelMatcher&&) noexcept = default;
LabelMatcher::~LabelMatcher() = default;

Result<LabelMatcher> LabelMatcher::make(const Matcher& matcher) {
  LabelMatcher made(matcher);
  if (matcher.kind() == Kind::matches || matcher.kind() == Kind::not_matches) {
    const std::string& text = matcher.operands().front();
    auto expression = std::make_unique<Expression>(text);
    if (const RE2& compiled = expression->compiled; !compiled.ok()) {
      return fail(Errc::invalid_argument, "label '" + matcher.name() + "': '" + text +
                                              "': " + compiled.error() + " (at '" +
                                              compiled.error_arg() + "')");
    }
    made.expression_ = std::move(expression);
  }
  made.accepts_missing_ = made.accepts("");
  return made;
}

bool LabelMatcher::accepts(std::string_view value) const {
  const auto& operands = matcher_.operands();
  switch (matcher_.kind()) {
    case Kind::equals: return value == operands.front();
    case Kind::not_equals: return value != operands.front();
    case Kind::starts_with: return value.starts_with(operands.front());
    case Kind::one_of: return std::ranges::find(operands, value) != operands.end();
    case Kind::matches:
    case Kind::not_matches: break;
  }
  const bool matches =
      RE2::FullMatch(re2::StringPiece(value.data(), value.size()), expression_->compiled);
  return matches == (matcher_.kind() == Kind::matches);
}

Result<std::vector<LabelMatcher>> make_matchers(const std::vector<Matcher>& matchers) {
  std::vector<LabelMatcher> made;
  made.reserve(matchers.size());
  for (const Matcher& matcher : matchers) {
    VARVE_TRY(LabelMatcher one, LabelMatcher::make(matcher));
    made.push_back(std::move(one));
  }
  return made;
}

}  // namespace varve::query

namespace varve {

Status check(const Matcher& matcher) {
  VARVE_CHECK(query::LabelMatcher::make(matcher));
  return {};
}

}  // namespace varve
