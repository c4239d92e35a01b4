#include "engine/database/pinned_scan.hpp"

#include <cstddef>
#include <span>
#include <utility>

#include "engine/base/fork.hpp"
#include "engine/database/pins.hpp"
#include "varve/clock.hpp"
#include "varve/error.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

class PinnedScan final : public Scan::Source {
 public:
  PinnedScan(const std::shared_ptr<Store>& store, std::shared_ptr<Gate> gate,
             std::unique_ptr<Scan::Source> source)
      : parts_(new Parts(store, std::move(gate), std::move(source))) {}

  Result<std::span<const Block>> next_blocks() override {
    const Gate::Pass pass(*parts_->gate);
    if (!pass) {
      return fail(Errc::closed, parts_->gate->is_here()
                                    ? "scan: the engine is closed"
                                    : "scan: begun by the process that forked this one");
    }
    VARVE_TRY(const auto blocks, parts_->source->next_blocks());
    std::size_t records = 0;
    for (const Block& block : blocks) records += block.size();
    parts_->store->counters.records_read.add(records);
    return blocks;
  }

 private:
  struct Parts {
    Parts(const std::shared_ptr<Store>& whose, std::shared_ptr<Gate> entered,
          std::unique_ptr<Scan::Source> of)
        : store(whose),
          gate(std::move(entered)),
          source(std::move(of)),
          hold(whose->pins, Pins::Kind::scan, whose->options.clock->monotonic(), source.get()) {}

    const std::shared_ptr<Store> store;  // First: the others need it to the end.
    const std::shared_ptr<Gate> gate;
    const std::unique_ptr<Scan::Source> source;
    const Pins::Hold hold;  // Last: what it names is there for as long as it is held.
  };

  const std::unique_ptr<Parts, DeleteAtHome> parts_;
};

}  // namespace

std::unique_ptr<Scan::Source> pinned_scan(const std::shared_ptr<Store>& store,
                                          std::shared_ptr<Gate> gate,
                                          std::unique_ptr<Scan::Source> source) {
  return std::make_unique<PinnedScan>(store, std::move(gate), std::move(source));
}

}  // namespace varve::engine
