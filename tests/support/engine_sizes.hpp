#pragma once

#include <cstdint>
#include <string>

#include "engine/database/engine_sizes.hpp"
#include "varve/engine.hpp"

namespace varve::test {

/// By which sizes an engine cuts its work. The lesser two have many tables, regions, blocks and
/// parts of little data, and jobs that leave something for the next.
enum class Sizes : std::uint8_t {
  shipped,
  small,  ///< For some megabytes of data: tables of 20 KB.
  tiny,   ///< For some hundred records: tables of 2 KB.
};

EngineSizes engine_sizes(Sizes sizes);

/// Engine::open(), with these sizes.
Result<Engine> open_engine(const Options& options, Sizes sizes);

std::string name_of(Sizes sizes);

}  // namespace varve::test
