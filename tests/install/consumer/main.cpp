#include <chrono>
#include <iostream>
#include <utility>
#include <varve/varve.hpp>

int main() {
  varve::Options options;
  options.dir = "gateway.varve";
  // Every call gives a std::expected; value() throws where a program would look at error().
  varve::Engine engine = varve::Engine::open(options).value();

  const auto now = std::chrono::floor<varve::Duration>(std::chrono::system_clock::now());
  varve::WriteBatch batch;
  batch.put("plant/press1/state", now, "pressing");
  batch.put("plant/press1/temp", now, 71.5, std::chrono::hours(24));
  const auto durable = varve::WriteOptions().durability(varve::Durability::always());
  engine.write(std::move(batch), durable).value();

  const auto temp = engine.latest("plant/press1/temp").value();
  if (temp) std::cout << temp->value().as_double() << " degrees\n";

  varve::Scan scan = engine.scan(varve::Query::prefix("plant/").between(now, {})).value();
  for (const varve::RecordView& record : scan) std::cout << record.key() << '\n';
  scan.status().value();
  engine.close().value();
}
