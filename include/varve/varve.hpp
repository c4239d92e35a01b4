#pragma once

/// \file Everything of Varve's public surface.

#include "varve/aggregation.hpp"
#include "varve/clock.hpp"
#include "varve/durability.hpp"
#include "varve/engine.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"
#include "varve/labels.hpp"
#include "varve/maintenance_handle.hpp"
#include "varve/options.hpp"
#include "varve/query.hpp"
#include "varve/record.hpp"
#include "varve/recovery_report.hpp"
#include "varve/scan.hpp"
#include "varve/series.hpp"
#include "varve/snapshot.hpp"
#include "varve/stats.hpp"
#include "varve/time.hpp"
#include "varve/try.hpp"
#include "varve/value.hpp"
#include "varve/write_batch.hpp"
