#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/record/key.hpp"
#include "engine/version/view.hpp"
#include "query/scan/answer_source.hpp"
#include "varve/error.hpp"
#include "varve/scan.hpp"

namespace varve::query {

/// The most threads of one read; more never pay.
inline constexpr std::size_t scan_threads_max = 64;

struct PartSizes {
  std::size_t rows_min = std::size_t{32} * 1024;  ///< Less is not worth a thread.
  /// What a part may hold that nobody has taken yet.
  std::size_t waiting_bytes_max = std::size_t{1} << 20;
};

/// Opens the part of a query that lies in a range of keys. Called on any thread.
using OpenPart = std::function<Result<std::unique_ptr<AnswerSource>>(const engine::KeyRange& keys)>;

/// Ranges of keys, one after the other, that make up the one given and hold about equally many
/// rows of the span of time: at most `count`, fewer where there are few keys, or fewer rows than
/// `rows_min` for each.
Result<std::vector<engine::KeyRange>> split_keys(const engine::View& view,
                                                 const engine::CursorBounds& bounds,
                                                 const engine::CursorOptions& options,
                                                 std::size_t count, std::size_t rows_min);

/// The blocks of all parts, in the order of the parts, read by several threads ahead of who takes
/// them. At most `limit` records; where there is a limit, no part may pass over blocks unread.
/// Starts the threads at once; its end waits for them.
Result<std::unique_ptr<AnswerSource>> parallel_source(std::vector<engine::KeyRange> parts,
                                                      OpenPart open, std::size_t threads,
                                                      std::size_t limit,
                                                      std::size_t waiting_bytes_max);

}  // namespace varve::query
