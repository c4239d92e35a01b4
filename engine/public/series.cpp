#include "varve/series.hpp"

#include "engine/record/series_state.hpp"

namespace varve {

const std::string& Series::key() const { return state_->user_key(); }

}  // namespace varve
