// What `varve import` does with a file of each format: reads it, and writes it in batches. The file
// is in the page cache, the engine's files are in memory. Items are records.

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "tools/formats/time_text.hpp"
#include "tools/varve/import/csv_reader.hpp"
#include "tools/varve/import/importer.hpp"
#include "tools/varve/import/line_formats.hpp"

namespace varve::bench {

namespace {

constexpr std::size_t records =
    1'000'000;  // Many times what is looked at before the first row is taken.
constexpr Timestamp begin = 1'714'521'600'000'000;  // 2024-05-01
constexpr Timestamp second = 1'000'000;

using MakeReader = std::unique_ptr<tools::RecordReader> (*)(tools::Input&);

/// A text in a file, gone with this.
class TextFile {
 public:
  explicit TextFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              ("varve_import_bench-" + std::to_string(::getpid()))) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  ~TextFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  std::string path() const { return path_.string(); }

 private:
  const std::filesystem::path path_;
};

void measure(benchmark::State& state, const std::string& text, MakeReader make) {
  const TextFile file(text);
  for (auto _ : state) {
    Engine engine = Engine::open_in_memory().value();
    tools::Importer importer(engine, {});
    auto input = tools::Input::open(file.path()).value();
    const auto reader = make(input);
    const auto outcome = importer.read(input, *reader);
    if (!outcome) state.SkipWithError(outcome.error().message.c_str());
    if (outcome && importer.records() != records) state.SkipWithError("not all records came");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

/// A number with two decimals, as sensors give them.
std::string value_of(std::size_t number) {
  return std::to_string(20 + number % 7) + '.' + std::to_string(10 + number * 7 % 90);
}

std::string device_of(std::size_t number) { return "press" + std::to_string(10 + number % 50); }

Timestamp time_of(std::size_t number) {
  return begin + static_cast<Timestamp>(number / 50) * second;
}

void import_csv_long(benchmark::State& state) {
  std::string text = "key,time,value\n";
  for (std::size_t i = 0; i < records; ++i) {
    text += "plant/" + device_of(i) + "/temp,";
    tools::append_time(text, time_of(i));
    text += ',' + value_of(i) + '\n';
  }
  measure(state, text,
          [](tools::Input& input) { return tools::make_csv_reader(input, tools::CsvOptions()); });
}

void import_csv_wide(benchmark::State& state) {
  constexpr std::size_t columns = 100;
  std::string text = "time";
  for (std::size_t i = 0; i < columns; ++i) text += ",plant/sensor" + std::to_string(i);
  text += '\n';
  for (std::size_t i = 0; i < records; ++i) {
    if (i % columns == 0) tools::append_time(text, begin + static_cast<Timestamp>(i) * second);
    text += ',' + value_of(i) + (i % columns + 1 == columns ? "\n" : "");
  }
  measure(state, text, [](tools::Input& input) {
    tools::CsvOptions options;
    options.wide = true;
    return tools::make_csv_reader(input, options);
  });
}

void import_lines(benchmark::State& state, std::size_t fields) {
  std::string text;
  for (std::size_t i = 0; i < records; i += fields) {
    text += "machine,plant=north,device=" + device_of(i / fields) + ' ';
    for (std::size_t field = 0; field < fields; ++field) {
      text += (field == 0 ? "value" : ",value") + std::to_string(field) + '=' + value_of(i + field);
    }
    text += ' ' + std::to_string(time_of(i / fields)) + "000\n";
  }
  measure(state, text, [](tools::Input& input) {
    return tools::make_line_protocol_reader(input, tools::LineProtocolOptions());
  });
}

void import_lp_one_field(benchmark::State& state) { import_lines(state, 1); }
void import_lp_ten_fields(benchmark::State& state) { import_lines(state, 10); }

void import_ndjson(benchmark::State& state) {
  std::string text;
  for (std::size_t i = 0; i < records; ++i) {
    text += R"({"key":"plant/)" + device_of(i) + R"(/temp","time":")";
    tools::append_time(text, time_of(i));
    text += R"(","value":)" + value_of(i) + "}\n";
  }
  measure(state, text, [](tools::Input& input) {
    return tools::make_ndjson_reader(input, tools::NdjsonOptions());
  });
}

BENCHMARK(import_csv_long)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(import_csv_wide)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(import_lp_one_field)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(import_lp_ten_fields)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(import_ndjson)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace

}  // namespace varve::bench
