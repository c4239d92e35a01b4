#include "tools/formats/times/local_times.hpp"

#include <algorithm>

namespace varve::tools {

namespace {

constexpr std::int64_t hour = 3'600'000'000;
constexpr std::int64_t day = 24 * hour;
/// No clock was ever set by more: some places changed to the other side of the date line.
constexpr std::int64_t largest_step = day + 2 * hour;

std::expected<Timestamp, LocalFault> less_offset(Timestamp local, std::int64_t offset) {
  Timestamp ts = 0;
  if (__builtin_sub_overflow(local, offset, &ts)) return std::unexpected(LocalFault::range);
  return ts;
}

}  // namespace

std::expected<Timestamp, LocalFault> LocalTimes::moment_of(Timestamp local) {
  if (local < sure_from_ || local >= sure_to_) return look_up(local);
  note_outside(local);
  return local - offset_;
}

std::expected<Timestamp, LocalFault> LocalTimes::look_up(Timestamp local) {
  if (!zone_->knows(local)) return std::unexpected(LocalFault::not_known);
  const LocalMeaning meaning = zone_->meaning_of(local);
  switch (meaning.kind) {
    case LocalMeaning::Kind::once: break;
    case LocalMeaning::Kind::missing: return std::unexpected(LocalFault::missing);
    case LocalMeaning::Kind::repeated:
      return less_offset(
          local, is_second_pass(local, meaning) ? meaning.second.offset : meaning.first.offset);
  }
  note_outside(local);
  remember(meaning.first);
  return less_offset(local, meaning.first.offset);
}

std::optional<std::expected<Timestamp, LocalFault>> LocalTimes::moment_of(
    Timestamp local, std::string_view abbreviation) {
  if (!zone_->knows(local)) return std::unexpected(LocalFault::not_known);
  const LocalMeaning meaning = zone_->meaning_of(local);
  if (meaning.kind == LocalMeaning::Kind::missing) return std::unexpected(LocalFault::missing);
  if (meaning.first.abbreviation == abbreviation) return less_offset(local, meaning.first.offset);
  const bool repeated = meaning.kind == LocalMeaning::Kind::repeated;
  if (repeated && meaning.second.abbreviation == abbreviation) {
    return less_offset(local, meaning.second.offset);
  }
  return std::nullopt;
}

bool LocalTimes::is_second_pass(Timestamp local, const LocalMeaning& meaning) {
  const Timestamp set_back_at = meaning.second.from;
  const Timestamp end = saturating_add(set_back_at, meaning.first.offset);
  const std::int64_t length = meaning.first.offset - meaning.second.offset;
  if (back_ != set_back_at) {
    back_ = set_back_at;
    run_ = 1;
    falling_ = last_ && *last_ >= end && *last_ <= saturating_add(end, day - length);
    second_pass_ = falling_;
  } else {
    // Both lie in the hour.
    const std::int64_t against = falling_ ? local - *last_ : *last_ - local;
    run_ = against == 0 ? run_ + 1 : 1;
    const bool is_over = run_ > run_max_ && steps_ >= 2;
    if (against >= length / 3 || is_over) {
      second_pass_ = !second_pass_;
      run_ = 1;
    }
  }
  last_ = local;
  return second_pass_;
}

void LocalTimes::note_outside(Timestamp local) {
  if (last_ == local) {
    run_max_ = std::max(run_max_, ++run_);
  } else {
    run_ = 1;
    ++steps_;
  }
  last_ = local;
  back_.reset();
}

void LocalTimes::remember(const ZoneSpan& span) {
  offset_ = span.offset;
  sure_from_ = saturating_add(saturating_add(span.from, span.offset), largest_step);
  sure_to_ = saturating_add(saturating_add(span.to, span.offset), -largest_step);
  if (sure_to_ > zone_->known_until()) sure_to_ = zone_->known_until();
}

}  // namespace varve::tools
