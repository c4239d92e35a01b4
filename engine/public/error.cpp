#include "varve/error.hpp"

namespace varve {

namespace {

class VarveCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "varve"; }

  std::string message(int value) const override {
    switch (static_cast<Errc>(value)) {
      case Errc::invalid_argument: return "invalid argument";
      case Errc::not_found: return "not found";
      case Errc::corruption: return "corruption";
      case Errc::unsupported_format: return "unsupported format";
      case Errc::locked: return "the database is open already";
      case Errc::busy: return "busy";
      case Errc::no_space: return "no space left on the device";
      case Errc::read_only: return "read-only after a failed sync; reopen to recover";
      case Errc::unknown: return "written, but not known to be durable";
      case Errc::closed: return "closed";
      case Errc::no_memory: return "not enough memory";
    }
    return "unknown error";
  }

  std::error_condition default_error_condition(int value) const noexcept override {
    switch (static_cast<Errc>(value)) {
      case Errc::no_space: return std::make_error_condition(std::errc::no_space_on_device);
      case Errc::no_memory: return std::make_error_condition(std::errc::not_enough_memory);
      default: return {value, *this};
    }
  }
};

}  // namespace

const std::error_category& varve_category() noexcept {
  static const VarveCategory category;
  return category;
}

std::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), varve_category()};
}

std::string Error::message() const {
  return where.empty() ? code.message() : where + ": " + code.message();
}

}  // namespace varve
