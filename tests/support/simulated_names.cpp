#include "tests/support/simulated_names.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace varve::test {

namespace {

/// A directory that did not survive takes with it what is in it.
NameMap reachable(NameMap names) {
  for (auto entry = names.begin(); entry != names.end();) {
    const bool kept = entry->first == "/" || names.contains(parent_of(entry->first));
    entry = kept ? std::next(entry) : names.erase(entry);
  }
  return names;
}

}  // namespace

std::string parent_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

SimulatedNames::SimulatedNames(NameMap synced)
    : current_(synced), synced_(std::move(synced)), next_id_(synced_.size()) {}

void SimulatedNames::create(const std::string& path, std::shared_ptr<Inode> inode) {
  change({"", path, {std::move(inode), next_id_++}});
}

void SimulatedNames::remove(const std::string& path) { change({path, "", current_.at(path)}); }

void SimulatedNames::rename(const std::string& from, const std::string& to) {
  change({from, to, current_.at(from)});
}

void SimulatedNames::sync_directory(const std::string& directory) {
  for (std::size_t i = 0; i < unsynced_.size();) {
    const Change change = unsynced_[i];
    if (parent_of(change.to.empty() ? change.from : change.to) != directory) {
      ++i;
      continue;
    }
    apply(synced_, change);
    // What happened to this name before is settled with it, wherever it was.
    const auto end = unsynced_.begin() + static_cast<std::ptrdiff_t>(i);
    const auto earlier = std::remove_if(
        unsynced_.begin(), end, [&](const Change& other) { return other.entry == change.entry; });
    i = static_cast<std::size_t>(earlier - unsynced_.begin());
    unsynced_.erase(earlier, end + 1);
  }
}

NameMap SimulatedNames::synced() const { return reachable(synced_); }

NameMap SimulatedNames::surviving(Random& random, double kept) const {
  NameMap names = synced_;
  const bool journal = random.chance(0.5);
  const std::uint64_t kept_count = random.below(unsynced_.size() + 1);
  for (std::size_t i = 0; i < unsynced_.size(); ++i) {
    if (journal ? i < kept_count : random.chance(kept)) apply(names, unsynced_[i]);
  }
  return reachable(std::move(names));
}

void SimulatedNames::change(Change change) {
  if (const auto replaced = current_.find(change.to); replaced != current_.end()) {
    --replaced->second.inode->names;
  }
  if (change.from.empty()) ++change.entry.inode->names;
  if (change.to.empty()) --change.entry.inode->names;
  apply(current_, change);
  unsynced_.push_back(std::move(change));
}

/// Also to names that lack what happened before the change, so it checks what it finds.
void SimulatedNames::apply(NameMap& names, const Change& change) {
  if (change.to.empty()) {
    const auto removed = names.find(change.from);
    if (removed != names.end() && removed->second == change.entry) names.erase(removed);
    return;
  }
  if (!change.entry.inode->is_directory) {
    std::erase_if(names, [&](const auto& name) { return name.second == change.entry; });
  }
  names.insert_or_assign(change.to, change.entry);
}

}  // namespace varve::test
