#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/database/store.hpp"
#include "query/scan/answer_source.hpp"
#include "query/scan/block_source.hpp"
#include "query/scan/key_selection.hpp"
#include "varve/aggregation.hpp"
#include "varve/error.hpp"
#include "varve/labels.hpp"
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

/// Every read of the engine. Depends on the store alone, so that an opening for reading builds a
/// Store and Reads and nothing else.
///
/// It stands below the gate: one read calls another without passing it a second time, so close()
/// makes no call fail that is under way. Any thread.
class Reads {
 public:
  explicit Reads(Store& store);

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
  Result<std::uint64_t> count(const Query& query, const ReadOptions& options);
  Result<Snapshot> snapshot();

  Result<Labels> labels(std::string_view key, const ReadOptions& options);
  Result<std::vector<std::string>> label_names(const Query& query, const ReadOptions& options);
  Result<std::vector<std::string>> label_values(std::string_view name, const Query& query,
                                                const ReadOptions& options);

 private:
  /// What `find` finds of the internal key in the view.
  template <class Find>
  Result<std::optional<Record>> read_one(std::string_view key, const ReadOptions& options,
                                         Find find);
  static std::shared_ptr<const View> snapshot_of(const ReadOptions& options);
  std::shared_ptr<const View> view_of(const ReadOptions& options) const;
  /// Has the plan look labels up, where it groups by one, and pins a view for that and the read.
  /// Both stay where they are for as long as the plan is used.
  void group_by_label(query::AggregationPlan& plan, ReadOptions& options);
  /// The series that a query's matchers choose, and the view that the rest of the read must use.
  struct Selected {
    std::shared_ptr<const View> view;
    std::optional<query::KeySelection> keys;
  };
  Result<Selected> select(const Query& query, const ReadOptions& options);
  /// What a query gives, its matchers included: every read of a query goes through one of these.
  Result<std::unique_ptr<query::BlockSource>> source_of(const Query& query,
                                                        const ReadOptions& options);
  /// The same, read by as many threads as the options ask for.
  Result<std::unique_ptr<query::AnswerSource>> blocks_of(const Query& query,
                                                         const ReadOptions& options,
                                                         const query::Covers& covers);

  const Store::Use store_;
};

}  // namespace engine

}  // namespace varve
