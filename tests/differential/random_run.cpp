#include "tests/differential/random_run.hpp"

#include <exception>
#include <utility>

namespace varve::test {

namespace {

constexpr std::size_t held_max = 4;
constexpr std::size_t told_max = 25;

}  // namespace

RandomRun::RandomRun(std::uint64_t seed, Compared& compared, std::vector<std::string>& story)
    : habits_(seed), compared_(compared), story_(story), random_(seed) {
  story_.push_back(habits_.describe() + "; ");
  options_ = habits_.options(random_);
  if (habits_.can_lose_power()) disk_ = std::make_shared<SimulatedDisk>();
  if (!habits_.is_in_memory()) {
    options_.file_system = disk_ ? std::shared_ptr<FileSystem>(disk_) : memory_file_system();
  }
  options_.clock = clock_;
  open("nothing");
}

void RandomRun::take(const Turn& turn) {
  story_.push_back(std::string(name_of(turn.deed)) + ": ");
  Random random(turn.seed);
  switch (turn.deed) {
    case Deed::write_round: return write_round(random);
    case Deed::write_backlog: return write_backlog(random);
    case Deed::write_again: return write_again(random);
    case Deed::write_mixed: return write_mixed(random);
    case Deed::write_many: return write_many(random);
    case Deed::write_ahead: return write_ahead(random);
    case Deed::write_wrongly: return write_wrongly(random);
    case Deed::erase_some: return erase_some(random);
    case Deed::erase_span: return erase_span(random);
    case Deed::patch: return patch(random);
    case Deed::describe: return describe(random);
    case Deed::downsample: return downsample(random);
    case Deed::ask: return ask(random, 4);
    case Deed::ask_everything: return asker().everything();
    case Deed::hold_snapshot: return hold_snapshot();
    case Deed::ask_snapshot: return ask_snapshot(random);
    case Deed::drop_snapshot: return drop_snapshot(random);
    case Deed::begin_scan: return begin_scan(random);
    case Deed::follow_scan: return follow_scan(random);
    case Deed::flush:
    case Deed::compact:
    case Deed::collect:
    case Deed::checkpoint:
    case Deed::step:
    case Deed::toggle_maintenance: return keep(turn.deed, random);
    case Deed::wait: return wait(random);
    case Deed::set_clock_back: return set_clock_back(random);
    case Deed::move_engine: return move_engine();
    case Deed::reopen: return reopen(random);
    case Deed::look_only: return look_only(random);
    case Deed::lose_power: return lose_power(random);
  }
}

void RandomRun::finish() {
  story_.emplace_back("the end: ");
  Random random = random_;
  asker().everything();
  for (const Deed deed : {Deed::flush, Deed::compact, Deed::collect}) {
    tell(std::string(name_of(deed)) + ", ");
    keep(deed, random);
    asker().everything();
    ask(random, 6);
  }
  for (const HeldSnapshot& held : snapshots_) asker(held).everything();
  for (HeldScan& held : scans_) {
    while (!held.ended) follow(held, 1'000);
  }
  const auto error = engine_->stats().last_error;
  agree(!error, "expected no failure in the background, found " + (error ? error->message() : ""));
  if (!habits_.is_in_memory()) {
    reopen(random);
    asker().everything();
    ask(random, 6);
  }
  close();
}

// Asking.

Asker RandomRun::asker(ReadOptions options) {
  return {*engine_, std::move(options), oracle_, compared_};
}

Asker RandomRun::asker(const HeldSnapshot& held) {
  return {*engine_, ReadOptions().snapshot(held.snapshot), held.oracle, compared_};
}

void RandomRun::ask(Random& random, int questions) {
  Asker asking = asker();
  for (; questions > 0; --questions) asking.anything(habits_, random);
}

// Holding.

void RandomRun::hold_snapshot() {
  if (snapshots_.size() == held_max) return;
  const Snapshot snapshot = sure(engine_->snapshot(), "snapshot");
  agree(snapshot.now() == oracle_.now(), "a snapshot's now(): expected " + say_time(oracle_.now()) +
                                             ", found " + say_time(snapshot.now()));
  agree(snapshot.sequence() >= last_sequence_,
        "a snapshot's sequence: expected " + std::to_string(last_sequence_) + " at least, found " +
            std::to_string(snapshot.sequence()));
  snapshots_.push_back({snapshot, oracle_});
  const std::uint64_t alive = engine_->stats().snapshots;
  agree(alive == snapshots_.size(), "Stats::snapshots: expected " +
                                        std::to_string(snapshots_.size()) + ", found " +
                                        std::to_string(alive));
}

void RandomRun::ask_snapshot(Random& random) {
  if (snapshots_.empty()) return;
  const std::size_t chosen = random.below(snapshots_.size());
  tell("number " + std::to_string(chosen + 1) + " of " + std::to_string(snapshots_.size()));
  Asker asking = asker(snapshots_[chosen]);
  if (random.chance(0.3)) asking.everything();
  for (int questions = 0; questions < 4; ++questions) asking.anything(habits_, random);
}

void RandomRun::drop_snapshot(Random& random) {
  if (snapshots_.empty()) return;
  snapshots_.erase(snapshots_.begin() +
                   static_cast<std::ptrdiff_t>(random.below(snapshots_.size())));
}

void RandomRun::begin_scan(Random& random) {
  const Question question = habits_.question(oracle_, random);
  if (!question.legal || scans_.size() == held_max) return;
  ReadOptions options;
  options.threads(random.chance(0.7) ? 1 : 3);
  HeldScan held;
  held.scan = std::make_unique<Scan>(sure(engine_->scan(question.query, options), "scan"));
  held.expected = oracle_.records(question);
  held.by_blocks = random.chance(0.5);
  tell(question.words + ": " + std::to_string(held.expected.size()) + " records");
  scans_.push_back(std::move(held));
  if (random.chance(0.5)) follow(scans_.back(), 1 + random.below(20));
}

void RandomRun::follow_scan(Random& random) {
  if (scans_.empty()) return;
  const std::size_t chosen = random.below(scans_.size());
  HeldScan& held = scans_[chosen];
  tell("from record " + std::to_string(held.given) + " of " + std::to_string(held.expected.size()));
  follow(held, random.chance(0.4) ? 100'000 : random.below(300));
  if (held.ended) scans_.erase(scans_.begin() + static_cast<std::ptrdiff_t>(chosen));
}

/// Goes on by about so many records.
void RandomRun::follow(HeldScan& held, std::size_t records) {
  const std::size_t until = held.given + records;
  while (!held.ended && held.given < until) {
    const Status went_on = held.by_blocks ? follow_block(held) : follow_record(held);
    sure(went_on, "a step of a scan");
  }
}

Status RandomRun::follow_block(HeldScan& held) {
  const auto block = held.scan->next_block();
  if (!block) return std::unexpected(block.error());
  held.ended = !*block;
  if (held.ended) {
    agree(held.given == held.expected.size(),
          "a scan's end: expected after " + std::to_string(held.expected.size()) +
              " records, found after " + std::to_string(held.given));
    return {};
  }
  for (std::size_t i = 0; i < (*block)->size(); ++i) give(held, Record((*block)->record(i)));
  return {};
}

Status RandomRun::follow_record(HeldScan& held) {
  if (held.next) {
    ++*held.next;
  } else {
    held.next = held.scan->begin();
  }
  if (*held.next != held.scan->end()) {
    give(held, Record(**held.next));
    return {};
  }
  if (!held.scan->status()) return held.scan->status();
  held.ended = true;
  agree(held.given == held.expected.size(),
        "the end of a scan's loop: expected after " + std::to_string(held.expected.size()) +
            " records, found after " + std::to_string(held.given));
  return {};
}

void RandomRun::give(HeldScan& held, const Record& record) {
  ++compared_.records;
  const std::size_t at = held.given++;
  const bool expected = at < held.expected.size();
  if (expected && held.expected[at] == record) return;
  throw Disagreement("record " + std::to_string(at) + " of a scan that began earlier: expected " +
                     (expected ? say(held.expected[at]) : "its end") + ", found " + say(record));
}

/// A scan whose engine has closed gives at most what it has at hand, and then says so.
void RandomRun::expect_closed(HeldScan& held) {
  while (!held.ended) {
    const Status went_on = held.by_blocks ? follow_block(held) : follow_record(held);
    if (went_on) continue;
    return refused(went_on, Errc::closed, "a scan of a closed engine");
  }
}

// The whole.

std::optional<Trouble> carry_out(const Plan& plan, Compared& compared) {
  Trouble trouble;
  try {
    RandomRun run(plan.seed, compared, trouble.story);
    for (const Turn& turn : plan.turns) {
      ++trouble.step;
      run.take(turn);
    }
    ++trouble.step;
    run.finish();
    return std::nullopt;
  } catch (const std::exception& disagreement) {
    trouble.what = disagreement.what();
    return trouble;
  }
}

std::string report(const Plan& plan, const Trouble& trouble) {
  std::string text = describe_seed(plan.seed) + ", step " + std::to_string(trouble.step) + " of " +
                     std::to_string(plan.turns.size()) + ": " + trouble.what +
                     "\nto have it again: " + describe_seed(plan.seed) +
                     " differential_tests --gtest_filter='Differential.*'\n";
  const std::size_t first = trouble.story.size() > told_max ? trouble.story.size() - told_max : 1;
  if (!trouble.story.empty()) text += "  " + trouble.story.front() + "\n";
  for (std::size_t i = first; i < trouble.story.size(); ++i) {
    text += "  " + std::to_string(i) + ". " + trouble.story[i] + "\n";
  }
  return text;
}

}  // namespace varve::test
