// A program without exceptions and without RTTI. Asio leaves it to such a program to say what
// happens where it would throw.
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>
#include <varve/varve.hpp>

namespace asio::detail {

template <class Exception>
void throw_exception(const Exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  std::abort();
}

}  // namespace asio::detail

int main() {
  auto opened = varve::Engine::open_in_memory();
  if (!opened) return 1;
  varve::Engine engine = *std::move(opened);
  varve::WriteBatch first;
  first.put("plant/press1/temp", 1'000'000, 71.5);
  engine.async_write(std::move(first), [](std::error_code, varve::Receipt) {});
  varve::WriteBatch second;
  second.put("plant/press1/state", 1'000'000, "pressing");
  if (!engine.write(std::move(second))) return 2;
  auto scan = engine.scan(varve::Query::prefix("plant/"));
  if (!scan) return 3;
  int found = 0;
  for (const varve::RecordView& record : *scan) found += record.key().starts_with("plant/") ? 1 : 0;
  if (!scan->status()) return 4;
  return engine.close() && found == 2 ? 0 : 5;
}
