#pragma once

/// \file Everything of Varve's public surface: for programs that would rather include one header.
///
/// To read it, begin with engine.hpp, the database and all its calls. Then
///
///   what is stored        record.hpp, value.hpp, time.hpp, labels.hpp, note.hpp
///   how to write          write_batch.hpp, series.hpp, durability.hpp
///   how to read           query.hpp, scan.hpp, snapshot.hpp, aggregation.hpp, read_result.hpp
///   what can go wrong     error.hpp, try.hpp, recovery_report.hpp
///   how to run it         options.hpp, compression.hpp, log.hpp, stats.hpp, collect_options.hpp,
///                         maintenance_handle.hpp
///   seams for tests       clock.hpp, file_system.hpp

#include "varve/detail/requirements.hpp"

#include "varve/aggregation.hpp"
#include "varve/clock.hpp"
#include "varve/collect_options.hpp"
#include "varve/compression.hpp"
#include "varve/durability.hpp"
#include "varve/engine.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"
#include "varve/labels.hpp"
#include "varve/log.hpp"
#include "varve/maintenance_handle.hpp"
#include "varve/note.hpp"
#include "varve/options.hpp"
#include "varve/query.hpp"
#include "varve/read_result.hpp"
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
