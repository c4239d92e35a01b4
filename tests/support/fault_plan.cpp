#include "tests/support/fault_plan.hpp"

namespace varve::test {

FaultPlan::Ruling FaultPlan::next(Call call, std::string_view path) {
  if (off_) return {Verdict::off, EIO};
  ++calls_[static_cast<std::size_t>(call)];
  if (call >= Call::create && ++changes_ == cut_at_) {
    off_ = true;
    return {Verdict::cut_short, EIO};
  }
  // Each fault counts for itself, whether or not another one strikes first.
  int error_number = 0;
  for (auto& [fault, seen] : faults_) {
    if (fault.call != call || !path.ends_with(fault.suffix)) continue;
    ++seen;
    if (seen == fault.at || (fault.lasting && seen > fault.at)) error_number = fault.error_number;
  }
  if (error_number == 0) return {Verdict::done, 0};
  ++failures_;
  return {Verdict::failed, error_number};
}

}  // namespace varve::test
