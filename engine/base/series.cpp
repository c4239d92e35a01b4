#include "varve/series.hpp"

#include "engine/base/series_state.hpp"

namespace varve {

const std::string& Series::key() const { return state_->user_key(); }

}  // namespace varve
