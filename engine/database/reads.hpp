#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/gate.hpp"
#include "engine/database/store.hpp"
#include "query/scan/answer_source.hpp"
#include "query/scan/block_source.hpp"
#include "query/scan/key_selection.hpp"
#include "varve/aggregation.hpp"
#include "varve/error.hpp"
#include "varve/labels.hpp"
#include "varve/note.hpp"
#include "varve/query.hpp"
#include "varve/record.hpp"
#include "varve/scan.hpp"
#include "varve/snapshot.hpp"
#include "varve/write_batch.hpp"

namespace varve {

namespace query {
struct AggregationPlan;
}

namespace engine {

/// What a Snapshot holds: the view, and the store that all of it lies in, which it keeps alive. The
/// store also says which engine it is of.
struct PinnedView {
  PinnedView(std::shared_ptr<Store> of, std::shared_ptr<const View> what)
      : store(std::move(of)), view(std::move(what)) {}

  const std::shared_ptr<Store> store;  // First: the others need it to the end.
  const std::shared_ptr<const View> view;
  std::optional<Pins::Hold> hold;  // None: the engine's own, within one call.
};

/// Every read of the engine. Depends on the store alone, so that an opening for reading builds a
/// Store and Reads and nothing else.
///
/// It stands below the gate: one read calls another without passing it a second time, so close()
/// makes no call fail that is under way. Only a step of a scan, which comes when its user likes,
/// passes the gate by itself. Any thread.
class Reads {
 public:
  /// `gate` is the engine's.
  Reads(std::shared_ptr<Store> store, std::shared_ptr<Gate> gate);

  Result<std::optional<Record>> get(std::string_view key, Timestamp ts, const ReadOptions& options);
  Result<std::optional<Record>> latest(std::string_view key, const ReadOptions& options);
  Result<std::vector<Record>> latest_n(std::string_view key, std::size_t count,
                                       const ReadOptions& options);
  Result<std::vector<Record>> query(const Query& query, const ReadOptions& options);
  Result<Scan> scan(const Query& query, const ReadOptions& options);
  Result<std::vector<Aggregate>> aggregate(const Query& query, const Aggregation& aggregation,
                                           const ReadOptions& options);
  /// Gives each batch of the answers to `write`, which empties it.
  Result<std::uint64_t> downsample(const Query& query, Duration every,
                                   std::vector<Aggregation> functions,
                                   std::string_view target_prefix,
                                   const std::function<Status(WriteBatch&)>& write);
  Result<std::vector<std::string>> series_list(const Query& query, const ReadOptions& options);
  Result<std::vector<DescribedSeries>> described_series(const Query& query,
                                                        const ReadOptions& options);
  /// Series by key, and the view that they are of.
  struct Listed {
    std::shared_ptr<const View> view;
    std::vector<std::string> keys;
  };
  /// Those that have labels, and no live record in the query.
  Result<Listed> series_without_records(const Query& query, const ReadOptions& options);
  Result<std::uint64_t> count(const Query& query, const ReadOptions& options);
  Result<Snapshot> snapshot();

  Result<Labels> labels(std::string_view key, const ReadOptions& options);
  Result<std::vector<std::string>> label_names(const Query& query, const ReadOptions& options);
  Result<std::vector<std::string>> label_values(std::string_view name, const Query& query,
                                                const ReadOptions& options);
  Result<std::vector<Note>> notes(std::string_view prefix, const ReadOptions& options);

 private:
  /// What `find` finds of the internal key in the view.
  template <class Find>
  Result<std::optional<Record>> read_one(std::string_view key, const ReadOptions& options,
                                         Find find);
  using ViewPointer = std::shared_ptr<const View>;
  /// The view of the options' snapshot, null where there is none. Fails with invalid_argument where
  /// it is of another engine.
  Result<ViewPointer> snapshot_of(const ReadOptions& options) const;
  /// The same, or the present.
  Result<ViewPointer> view_of(const ReadOptions& options) const;
  static Snapshot snapshot_on(std::unique_ptr<PinnedView> pinned);
  /// Has the plan look labels up, where it groups by one, and pins a view for that and the read.
  /// Both stay where they are for as long as the plan is used.
  Status group_by_label(query::AggregationPlan& plan, ReadOptions& options);
  /// The series that a query's matchers choose, and the view that the rest of the read must use.
  struct Selected {
    std::shared_ptr<const View> view;
    std::optional<query::KeySelection> keys;
  };
  Result<Selected> select(const Query& query, const ReadOptions& options);
  /// The series that have a live record in the query or, where it asks for those, that have none.
  Result<Listed> list_series(const Query& query, const ReadOptions& options);
  /// The series that have labels, of those that a query's keys and matchers choose.
  Result<Selected> select_labelled(const Query& query, const ReadOptions& options);
  /// What a query gives, its matchers included: every read of a query goes through one of these.
  Result<std::unique_ptr<query::BlockSource>> source_of(const Query& query,
                                                        const ReadOptions& options);
  /// The same, read by as many threads as the options ask for.
  Result<std::unique_ptr<query::AnswerSource>> blocks_of(const Query& query,
                                                         const ReadOptions& options,
                                                         const query::Covers& covers);

  const std::shared_ptr<Store> store_;
  const Store::Use use_;
  const std::shared_ptr<Gate> gate_;
};

}  // namespace engine

}  // namespace varve
