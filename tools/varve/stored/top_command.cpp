#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/record/key.hpp"
#include "engine/table/block_format.hpp"
#include "tools/formats/choices.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/commands/command.hpp"
#include "tools/varve/commands/selection.hpp"
#include "tools/varve/stored/stored_version.hpp"
#include "tools/varve/terminal/output.hpp"
#include "tools/varve/terminal/table_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr const char* footer =
    R"(Who floods the gateway. It adds up the blocks of all tables by their index, and opens nothing for
writing, so it also works while a program has the database open. A block that holds several series
is shared among them by their rows. Rows are what lies in the tables: what was replaced, deleted or
has expired counts until it is compacted away, and what is only in memory and in the log does not.

Examples:
  varve top --db plant
  varve top --db plant --by records -n 20 --prefix press1/)";

struct Arguments {
  std::string db;
  std::string by = "bytes";
  std::uint64_t count = 10;
  std::string prefix;
};

struct Usage {
  double bytes = 0;
  std::uint64_t rows = 0;
};

class Usages {
 public:
  explicit Usages(const std::string& prefix) : prefix_(engine::internal_key(prefix)) {}

  Outcome<void> add(const engine::Table& table) {
    VARVE_TRY(const auto index, table.index({.fill_cache = false}));
    for (std::size_t number = 0; number < index->entries.size(); ++number) {
      const auto& entry = index->entries[number];
      if (entry.first_key == entry.last_key) {
        add(entry.first_key, entry.rows, entry.size);
        continue;
      }
      if (entry.last_key < prefix_) continue;
      VARVE_TRY(const engine::Bytes bytes, table.raw_block(*index, number));
      engine::ByteReader reader(bytes);
      const auto directory = engine::BlockDirectory::decode(reader);
      if (!reader.ok()) return damaged(table.path().string() + ": block directory: corruption");
      for (std::size_t i = 0; i < directory.counts.size(); ++i) {
        add(directory.keys.keys[i], directory.counts[i],
            static_cast<double>(entry.size) * static_cast<double>(directory.counts[i]) /
                static_cast<double>(directory.rows));
      }
    }
    return {};
  }

  /// The greatest first.
  std::vector<std::pair<std::string, Usage>> sorted(bool by_rows) const {
    std::vector<std::pair<std::string, Usage>> all(usages_.begin(), usages_.end());
    std::ranges::sort(all, [by_rows](const auto& a, const auto& b) {
      const auto weight = [by_rows](const Usage& usage) {
        return by_rows ? static_cast<double>(usage.rows) : usage.bytes;
      };
      if (weight(a.second) != weight(b.second)) return weight(a.second) > weight(b.second);
      return a.first < b.first;
    });
    return all;
  }
  const Usage& total() const { return total_; }

 private:
  void add(std::string_view key, std::uint64_t rows, double bytes) {
    if (!key.starts_with(prefix_)) return;
    Usage& usage = usages_[std::string(engine::user_key(key))];
    for (Usage* const each : {&usage, &total_}) {
      each->rows += rows;
      each->bytes += bytes;
    }
  }

  const std::string prefix_;  // Internal, so that it is users' keys alone.
  std::unordered_map<std::string, Usage> usages_;
  Usage total_;
};

std::string fixed(double value, int digits) {
  std::string text(32, '\0');
  text.resize(
      static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%.*f", digits, value)));
  return text;
}

std::string table_of(const Usages& usages, const Arguments& arguments) {
  TableText table({{"key"},
                   {"rows", Align::right},
                   {"bytes", Align::right},
                   {"share", Align::right},
                   {"bytes/row", Align::right}});
  const bool by_rows = arguments.by == "records";
  const Usage& total = usages.total();
  for (const auto& [key, usage] : usages.sorted(by_rows)) {
    if (table.waiting() == arguments.count) break;
    const double share = by_rows ? static_cast<double>(usage.rows) / static_cast<double>(total.rows)
                                 : usage.bytes / total.bytes;
    table.add({printable(key), grouped(usage.rows),
               grouped(static_cast<std::uint64_t>(std::llround(usage.bytes))),
               fixed(share * 100, 1) + " %",
               fixed(usage.bytes / static_cast<double>(usage.rows), 2)});
  }
  std::string out;
  if (table.waiting() != 0) table.print(out);
  return out;
}

/// A program that has the database open may remove a table meanwhile: then all is read anew.
Outcome<Usages> add_up(Directory& directory, const engine::TableContext& context,
                       const std::string& prefix) {
  constexpr int attempts = 5;
  for (int attempt = 1;; ++attempt) {
    VARVE_TRY(const StoredVersion found, read_version(directory, context));
    Usages usages(prefix);
    Outcome<void> added;
    for (const auto& level : found.loaded.version.levels) {
      for (const auto& table : level) {
        if (added) added = usages.add(*table);
      }
    }
    if (added) return usages;
    if (attempt == attempts) return std::unexpected(added.error());
  }
}

Outcome<int> run(const Arguments& arguments) {
  if (arguments.by != "bytes" && arguments.by != "records") {
    return usage("--by: " + quote(arguments.by) + " is " + neither_of(top_words));
  }
  const std::filesystem::path dir = arguments.db;
  VARVE_CHECK(check_database(dir));
  VARVE_TRY(const auto directory, posix_file_system()->open_directory(dir));
  engine::BlockCache cache(0);
  engine::FilePool files(directory, 8);
  const engine::TableContext context{directory, &cache, &files, {}};
  VARVE_TRY(const Usages usages, add_up(*directory, context, arguments.prefix));
  Output output = Output::standard();
  output.text() = table_of(usages, arguments);
  VARVE_CHECK(output.finish());
  say(counted(usages.total().rows, "row") + ", " +
      format_bytes(static_cast<std::uint64_t>(usages.total().bytes)));
  return exit_ok;
}

}  // namespace

void add_top(CLI::App& app, Action& action) {
  auto* const command = app.add_subcommand("top", "Show the series that take most");
  const auto arguments = std::make_shared<Arguments>();
  command->footer(footer);
  add_database_option(*command, arguments->db);
  command->add_option("--by", arguments->by, "bytes or records")
      ->capture_default_str()
      ->type_name("WHAT");
  take_count(command->add_option("-n,--count", arguments->count, "So many series"))
      ->capture_default_str();
  command->add_option("--prefix", arguments->prefix, "Of those whose key begins so")
      ->type_name("TEXT");
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace varve::tools
