#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "varve/error.hpp"
#include "varve/labels.hpp"

namespace varve::query {

/// A Matcher, ready to be asked. For one thread at a time.
class LabelMatcher {
 public:
  /// Fails with invalid_argument where an expression is none. The matcher is copied.
  static Result<LabelMatcher> make(const Matcher& matcher);
  LabelMatcher(LabelMatcher&&) noexcept;
  ~LabelMatcher();

  const std::string& name() const { return matcher_.name(); }
  Matcher::Kind kind() const { return matcher_.kind(); }
  const std::vector<std::string>& operands() const { return matcher_.operands(); }

  /// Whether the matcher is met by this value; "" stands for a label that a series does not have.
  bool accepts(std::string_view value) const;
  /// accepts("").
  bool accepts_missing() const { return accepts_missing_; }

 private:
  struct Expression;
  explicit LabelMatcher(const Matcher& matcher);

  Matcher matcher_;
  std::unique_ptr<const Expression> expression_;
  bool accepts_missing_ = false;
};

Result<std::vector<LabelMatcher>> make_matchers(const std::vector<Matcher>& matchers);

}  // namespace varve::query
