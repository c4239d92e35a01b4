#include "engine/version/version_set.hpp"

#include "varve/try.hpp"

namespace varve::engine {

Result<std::unique_ptr<VersionSet>> VersionSet::create(Start start) {
  std::unique_ptr<VersionSet> set(
      new VersionSet(std::move(start.version), std::move(start.active), start.sequence));
  VARVE_TRY(set->log_, ManifestLog::create({.context = start.context,
                                            .database = start.database,
                                            .next_file = start.next_file,
                                            .manifest_number = start.manifest_number,
                                            .manifest_valid_bytes = start.manifest_valid_bytes,
                                            .manifest_bytes = start.manifest_bytes},
                                           set->published_));
  return set;
}

std::unique_ptr<VersionSet> VersionSet::to_read(Version version, std::shared_ptr<Memtable> active,
                                                std::uint64_t sequence) {
  return std::unique_ptr<VersionSet>(
      new VersionSet(std::move(version), std::move(active), sequence));
}

}  // namespace varve::engine
