#pragma once

#include "varve/durability.hpp"
#include "varve/error.hpp"
#include "varve/options.hpp"
#include "varve/write_batch.hpp"

namespace varve::engine {

/// Fails with invalid_argument, naming the option. Looks at nothing outside.
[[nodiscard]] Status check(const Options& options);

/// The same for what an engine in memory would not do as it says: it has no files, and no log.
[[nodiscard]] Status check_in_memory(const Options& options);

/// The same for the options of one write. `has_log` is false under Durability::none().
[[nodiscard]] Status check(const WriteOptions& options, bool has_log);

}  // namespace varve::engine
