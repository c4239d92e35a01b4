#pragma once

#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace varve::test {

/// Compares what the pieces of code of a page print with what the page shows. It takes std::cout
/// over while it lives. For one thread.
class Page {
 public:
  explicit Page(std::string_view name) : name_(name), before_(std::cout.rdbuf(printed_.rdbuf())) {}
  ~Page() { std::cout.rdbuf(before_); }
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  /// Takes what was printed since the last call, and compares it with what the page shows at
  /// `line`.
  void expect(int line, std::string_view shown) {
    const std::string printed = std::exchange(printed_, std::ostringstream()).str();
    std::cout.rdbuf(printed_.rdbuf());
    if (printed == shown) return;
    complain(line, "the page shows\n" + std::string(shown) + "and the program prints\n" + printed);
  }
  /// Counts a mistake.
  void complain(int line, std::string_view what) {
    std::cerr << name_ << ':' << line << ": " << what << '\n';
    failed_ = true;
  }

  bool failed() const { return failed_; }

 private:
  const std::string_view name_;
  std::ostringstream printed_;
  std::streambuf* const before_;
  bool failed_ = false;
};

}  // namespace varve::test
