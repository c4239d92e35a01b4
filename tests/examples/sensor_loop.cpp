// A sensor that is read by a timer, on one thread, with the engine's work beside it.

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <cmath>
#include <exception>
#include <iostream>
#include <utility>
#include <varve/varve.hpp>

namespace {

using namespace std::chrono_literals;

auto now() { return std::chrono::floor<varve::Duration>(std::chrono::system_clock::now()); }

double read_sensor(int round) { return 20 + std::sin(round * 0.1); }  // Yours goes here.

asio::awaitable<void> measure(varve::Engine& engine, int rounds) {
  const varve::Series temp = engine.series("plant/press1/temp").value();
  asio::steady_timer timer(co_await asio::this_coro::executor,
                           asio::steady_timer::clock_type::now());
  for (int round = 0; round < rounds; ++round) {
    // From the last expiry and not from now, so that the pace does not drift.
    timer.expires_at(timer.expiry() + 10ms);
    co_await timer.async_wait(asio::use_awaitable);
    varve::WriteBatch batch;
    batch.put(temp, now(), read_sensor(round), 24h);
    // Throws where the write fails. Durable within a second: Options::durability.
    co_await engine.async_write(std::move(batch), asio::use_awaitable);
  }
}

}  // namespace

// What throws here ends the program. NOLINTNEXTLINE(bugprone-exception-escape)
int main() {
  asio::io_context context;
  varve::Options options;
  options.executor = context.get_executor();  // Handlers that name no executor run here.
  varve::Engine engine = varve::Engine::open_in_memory(options).value();

  bool failed = false;
  asio::co_spawn(context, measure(engine, 20),
                 [&](const std::exception_ptr& error) { failed = error != nullptr; });
  context.run();

  const auto count = engine.count(varve::Query::key("plant/press1/temp")).value();
  std::cout << count << " readings, the last "
            << engine.latest("plant/press1/temp").value()->value().as_double() << '\n';
  engine.close().value();
  return failed || count != 20 ? 1 : 0;
}
