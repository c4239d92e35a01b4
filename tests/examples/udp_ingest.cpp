// Readings that come as datagrams, "key value" each, go to the database in batches. Under load a
// batch takes what has come meanwhile; while all is quiet each datagram is a batch of its own.

#include <algorithm>
#include <array>
#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>
#include <asio/use_awaitable.hpp>
#include <charconv>
#include <chrono>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <varve/varve.hpp>

namespace {

using asio::ip::udp;

constexpr std::size_t batch_max = 100;

auto now() { return std::chrono::floor<varve::Duration>(std::chrono::system_clock::now()); }

/// Puts a datagram's reading into the batch. A datagram may be anything: false where it is no
/// reading.
bool add(varve::WriteBatch& batch, std::string_view datagram) {
  const std::size_t space = datagram.find(' ');
  if (space == 0 || space == std::string_view::npos) return false;
  const std::string_view number = datagram.substr(space + 1);
  double value = 0;
  const auto [end, error] = std::from_chars(number.begin(), number.end(), value);
  if (error != std::errc() || end != number.end()) return false;
  batch.put(datagram.substr(0, space), now(), value);
  return true;
}

/// Until the datagram "stop". The next batch is begun when the last one is in the database, so
/// what comes too fast waits in the socket's buffer, and is dropped there when that is full.
asio::awaitable<std::size_t> ingest(varve::Engine& engine, udp::socket socket) {
  std::array<char, 1500> buffer;
  std::size_t refused = 0;
  for (bool more = true; more;) {
    varve::WriteBatch batch;
    do {
      const std::size_t size =
          co_await socket.async_receive(asio::buffer(buffer), asio::use_awaitable);
      const std::string_view datagram(buffer.data(), size);
      if (datagram == "stop") {
        more = false;
      } else if (!add(batch, datagram)) {
        ++refused;
      }
    } while (more && batch.size() < batch_max && socket.available() != 0);
    co_await engine.async_write(std::move(batch), asio::use_awaitable);
  }
  co_return refused;
}

}  // namespace

// What throws here ends the program. NOLINTNEXTLINE(bugprone-exception-escape)
int main() {
  asio::io_context context;
  varve::Options options;
  options.executor = context.get_executor();
  varve::Engine engine = varve::Engine::open_in_memory(options).value();

  udp::socket socket(context, udp::endpoint(asio::ip::address_v4::loopback(), 0));
  const udp::endpoint endpoint = socket.local_endpoint();
  std::optional<std::size_t> refused;
  asio::co_spawn(context, ingest(engine, std::move(socket)),
                 [&](const std::exception_ptr& error, std::size_t count) {
                   if (!error) refused = count;
                 });

  udp::socket sensor(context, udp::v4());  // The other side.
  for (int i = 0; i < 50; ++i) {
    const std::string text = "plant/press" + std::to_string(i) + "/temp " + std::to_string(20 + i);
    sensor.send_to(asio::buffer(text), endpoint);
  }
  sensor.send_to(asio::buffer(std::string("no number")), endpoint);
  sensor.send_to(asio::buffer(std::string("stop")), endpoint);
  context.run();

  const auto count = engine.count(varve::Query::prefix("plant/")).value();
  std::cout << count << " readings, " << refused.value_or(0) << " refused\n";
  engine.close().value();
  return count == 50 && refused == 1 ? 0 : 1;
}
