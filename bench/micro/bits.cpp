// How many bits a value takes, in files of real data: by Varve's encodings, by Gorilla, and by zstd
// over the raw doubles. Prints tables as Markdown. A file is `timestamp,value` with a head, or one
// value a line.
//   --data=PATH   where they are, one folder for each collection; else what VARVE_DATA says

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bench/micro/gorilla.hpp"
#include "engine/codec/columns.hpp"
#include "engine/codec/encoding.hpp"
#include "engine/codec/row_columns.hpp"
#include "engine/codec/zstd.hpp"
#include "varve/options.hpp"

namespace varve::bench {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t block_rows = 1'024;

struct Column {
  std::vector<double> values;
  std::vector<std::int64_t> seconds;  // Of each value, or none.
};

/// The number that a text begins with.
template <class T>
T number(std::string_view text, std::size_t at = 0) {
  T value = 0;
  text.remove_prefix(std::min(at, text.size()));
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc()) {
    throw std::runtime_error("no number: " + std::string(text));
  }
  return value;
}

/// Of 2013-12-02 21:15:00.
std::int64_t seconds_of(std::string_view text) {
  using namespace std::chrono;
  const year_month_day day(year(number<int>(text)), month(number<unsigned>(text, 5)),
                           std::chrono::day(number<unsigned>(text, 8)));
  const auto time = hours(number<int>(text, 11)) + minutes(number<int>(text, 14)) +
                    std::chrono::seconds(number<int>(text, 17));
  return (sys_days(day).time_since_epoch() + time) / std::chrono::seconds(1);
}

Column read(const fs::path& path) {
  Column column;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto comma = line.find(',');
    if (column.values.empty() && line.starts_with("timestamp")) continue;
    if (comma != std::string::npos) column.seconds.push_back(seconds_of(line));
    column.values.push_back(number<double>(line, comma == std::string::npos ? 0 : comma + 1));
  }
  return column;
}

template <class Value, class Work>
void for_each_block(const std::vector<Value>& values, Work work) {
  for (std::size_t at = 0; at < values.size(); at += block_rows) {
    work(std::span(values).subspan(at, std::min(block_rows, values.size() - at)));
  }
}

/// The encoding of a column, and of what it holds in turn: "decimal, scaled, delta".
std::string encoding_of(engine::ByteSpan column) {
  engine::ByteReader reader(column);
  std::string names;
  for (;;) {
    const auto encoding = static_cast<engine::Encoding>(reader.take<std::uint8_t>());
    names += (names.empty() ? "" : ", ") + std::string(engine::name_of(encoding));
    switch (encoding) {
      case engine::Encoding::decimal:
      case engine::Encoding::decimal32:
        reader.take<std::uint8_t>();  // Exponent.
        if (const auto exceptions = reader.take_varint(); exceptions > 0) names += " patched";
        break;
      case engine::Encoding::scaled:
        reader.take_zigzag();  // Base.
        reader.take_varint();  // Divisor.
        break;
      default: return names;
    }
  }
}

/// What a way of storing takes for each value, by collection and on average over all files.
class Means {
 public:
  void add(const std::string& what, double bits) {
    sums_[what] += bits;
    ++counts_[what];
  }
  double of(const std::string& what) const { return sums_.at(what) / counts_.at(what); }

 private:
  std::map<std::string, double> sums_;
  std::map<std::string, int> counts_;
};

/// The encoding that most blocks have.
class Chosen {
 public:
  void add(const std::string& text) { ++counts_[text]; }
  std::string most() const {
    const auto fewer = [](const auto& a, const auto& b) { return a.second < b.second; };
    return std::ranges::max_element(counts_, fewer)->first;
  }

 private:
  std::map<std::string, int> counts_;
};

struct Row {
  std::string encoding;
  double varve = 0;
  double gorilla = 0;
  double zstd = 0;
};

template <class Value>
double zstd_bits(const std::vector<Value>& values) {
  return static_cast<double>(engine::compress(std::as_bytes(std::span(values))).size()) * 8;
}

Row row_of(std::size_t count, const Chosen& chosen, std::size_t varve_bytes,
           std::size_t gorilla_bits, double zstd_bits) {
  const auto values = static_cast<double>(count);
  return {chosen.most(), static_cast<double>(varve_bytes) * 8 / values,
          static_cast<double>(gorilla_bits) / values, zstd_bits / values};
}

Row measure_values(const std::vector<double>& values) {
  Chosen chosen;
  std::size_t varve = 0;
  std::size_t gorilla = 0;
  for_each_block(values, [&](std::span<const double> block) {
    engine::Bytes encoded;
    engine::encode_doubles(block, Options().compression, encoded);
    engine::ByteReader reader{engine::ByteSpan(encoded)};
    std::vector<double> back(block.size());
    engine::decode_doubles(reader, back);
    if (!reader.ok() || std::memcmp(back.data(), block.data(), block.size_bytes()) != 0) {
      throw std::runtime_error("varve: values came back as others");
    }
    varve += encoded.size();
    gorilla += gorilla_bits(block);
    chosen.add(encoding_of(encoded));
  });
  return row_of(values.size(), chosen, varve, gorilla, zstd_bits(values));
}

Row measure_times(const std::vector<std::int64_t>& seconds) {
  std::vector<Timestamp> times;
  for (const std::int64_t second : seconds) times.push_back(second * 1'000'000);
  Chosen chosen;
  std::size_t varve = 0;
  for_each_block(times, [&](std::span<const Timestamp> block) {
    engine::Bytes encoded;
    engine::encode_steps(block, encoded);
    engine::ByteReader reader{engine::ByteSpan(encoded)};
    std::vector<Timestamp> back(block.begin(), block.end());
    engine::decode_steps(reader, back);
    if (!reader.ok() || !std::ranges::equal(back, block)) {
      throw std::runtime_error("varve: times came back as others");
    }
    varve += sizeof(Timestamp) + encoded.size();
    chosen.add(encoding_of(encoded));
  });
  std::size_t gorilla = 0;
  for_each_block(seconds,
                 [&](std::span<const std::int64_t> block) { gorilla += gorilla_time_bits(block); });
  return row_of(times.size(), chosen, varve, gorilla, zstd_bits(times));
}

void print_head(const char* what) {
  std::printf("| %s | count | Varve's encoding | Varve | Gorilla | zstd -3 |\n", what);
  std::printf("|---|---:|---|---:|---:|---:|\n");
}

void print(const std::string& name, std::size_t count, const Row& row, const std::string& folder,
           Means& means) {
  std::printf("| %s | %zu | %s | %.2f | %.2f | %.2f |\n", name.c_str(), count, row.encoding.c_str(),
              row.varve, row.gorilla, row.zstd);
  for (const std::string& of : {folder, std::string("all")}) {
    means.add(of + " varve", row.varve);
    means.add(of + " gorilla", row.gorilla);
    means.add(of + " zstd", row.zstd);
  }
}

void print_mean(const std::string& of, const Means& means) {
  std::printf("| **mean of %s** | | | **%.2f** | %.2f | %.2f |\n", of.c_str(),
              means.of(of + " varve"), means.of(of + " gorilla"), means.of(of + " zstd"));
}

using Collections = std::map<std::string, std::map<std::string, Column>>;

Collections collections_in(const fs::path& data) {
  Collections collections;
  std::error_code absent;
  for (const auto& entry : fs::recursive_directory_iterator(data, absent)) {
    const fs::path& path = entry.path();
    if (path.extension() != ".csv") continue;
    collections[path.parent_path().filename().string()][path.stem().string()] = read(path);
  }
  return collections;
}

template <class Select, class Measure>
void print_table(const char* what, const Collections& collections, Select select, Measure measure) {
  Means means;
  std::vector<std::string> measured;
  print_head(what);
  for (const auto& [folder, columns] : collections) {
    for (const auto& [name, column] : columns) {
      const auto& values = column.*select;
      if (values.empty()) continue;
      if (measured.empty() || measured.back() != folder) measured.push_back(folder);
      print(name, values.size(), measure(values), folder, means);
    }
  }
  for (const std::string& folder : measured) print_mean(folder, means);
  if (measured.size() > 1) print_mean("all", means);
  std::printf("\n");
}

int run(int argc, char** argv) {
  constexpr std::string_view option = "--data=";
  const char* given = std::getenv("VARVE_DATA");
  for (int i = 1; i < argc; ++i) {
    if (!std::string_view(argv[i]).starts_with(option)) {
      std::fprintf(stderr, "usage: varve_bits [--data=PATH]\n");
      return 2;
    }
    given = argv[i] + option.size();
  }
  const Collections collections = collections_in(given == nullptr ? "" : given);
  if (collections.empty()) {
    std::printf("Bits of real data: skipped, no csv files in \"%s\".\n", given ? given : "");
    return 0;
  }
  std::printf(
      "Bits for each value. Varve and Gorilla start anew every %zu values, zstd has whole "
      "files.\n\n",
      block_rows);
  print_table("values", collections, &Column::values, measure_values);
  print_table("timestamps", collections, &Column::seconds, measure_times);
  return 0;
}

}  // namespace

}  // namespace varve::bench

int main(int argc, char** argv) {
  try {
    return varve::bench::run(argc, argv);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "varve_bits: %s\n", problem.what());
    return 1;
  }
}
