#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/mutex.hpp"
#include "engine/commit/label_feed.hpp"
#include "engine/version/published.hpp"
#include "query/labels/label_index.hpp"
#include "query/scan/key_selection.hpp"
#include "varve/error.hpp"
#include "varve/labels.hpp"
#include "varve/query.hpp"

namespace varve::query {

/// Answers what is asked of labels, each time as of one view. The index in memory is built at the
/// first question, out of the label records, so a database opens no slower for having labels.
///
/// Threads: any. mutex_ guards the index and is held while it is built, brought up to date and
/// asked; the writer never takes it, and describing series never waits for a question. What orders
/// them is the feed: the writer tells it of a change before it publishes the sequence, and a
/// question first takes from it everything up to its view's sequence. So an acknowledged describe
/// is seen by every question that starts later, and the labels of a batch exactly where its records
/// are. Flush, compaction and collection move label records and change none; the engine itself
/// removes some by writing a batch, as anybody does.
///
/// The index only goes forward, and where a change of it is not finished, for want of memory say,
/// it is built anew at the next question. A question about the present takes its view under the
/// mutex, so its view is never older than the index. A snapshot can use the shared index as long as
/// no label changed after it. Otherwise a temporary index is built for that one call.
class LabelReader {
 public:
  /// Both outlive it.
  LabelReader(const engine::Published& versions, engine::LabelFeed& feed)
      : versions_(versions), feed_(feed) {}

  using ViewPointer = std::shared_ptr<const engine::View>;
  struct Selected {
    ViewPointer view;  // The rest of the read must use it.
    KeySelection keys;
  };

  // Each answers from `snapshot`, or from the present, as of `now`, if that is null.

  Result<Selected> select(const Query& query, const ReadOptions& options, ViewPointer snapshot,
                          Timestamp now, LabelIndex::Which which = LabelIndex::Which::all);
  Result<std::vector<std::string>> names(const Query& query, const ReadOptions& options,
                                         ViewPointer snapshot, Timestamp now);
  Result<std::vector<std::string>> values(std::string_view name, const Query& query,
                                          const ReadOptions& options, ViewPointer snapshot,
                                          Timestamp now);

  /// Of the index, as it is: zeros before the first question.
  struct Size {
    std::uint64_t series = 0;
    std::uint64_t bytes = 0;  // With the changes that it has not been told of.
  };
  Size size() const;

 private:
  using Question = std::function<void(const LabelIndex&)>;

  /// Asks an index that holds the labels as of `view`; a null one is filled in.
  Status ask(ViewPointer& view, const ReadOptions& options, Timestamp now,
             const Question& question);
  Status build_anew(Timestamp now) VARVE_REQUIRES(mutex_);
  Result<bool> catch_up(std::uint64_t sequence) VARVE_REQUIRES(mutex_);

  const engine::Published& versions_;
  engine::LabelFeed& feed_;

  mutable engine::Mutex mutex_;
  std::unique_ptr<LabelIndex> index_ VARVE_GUARDED_BY(mutex_);  // Null: there is none.
  /// The newest describe that is in the index.
  std::uint64_t changed_at_ VARVE_GUARDED_BY(mutex_) = 0;
};

}  // namespace varve::query
