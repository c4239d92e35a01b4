#include "tools/varve/demo/demo_plant.hpp"

#include <algorithm>
#include <array>

namespace varve::tools {

namespace {

constexpr std::size_t sensors_per_machine = 5;
constexpr std::size_t machines_per_line = 20;
constexpr std::array<const char*, 4> states = {"running", "idle", "setup", "fault"};

std::string two_digits(std::size_t number) {
  return {static_cast<char>('0' + number / 10 % 10), static_cast<char>('0' + number % 10)};
}

}  // namespace

DemoPlant::DemoPlant(std::size_t sensors) {
  for (std::size_t i = 0; i < sensors; ++i) {
    const std::size_t machine = i / sensors_per_machine;
    const std::string where = "plant/line" + two_digits(machine / machines_per_line + 1) +
                              "/machine" + two_digits(machine % machines_per_line + 1) + '/';
    switch (i % sensors_per_machine) {
      case 0: sensors_.push_back({where + "temperature", Kind::temperature, 600}); break;
      case 1: sensors_.push_back({where + "pressure", Kind::pressure, 550}); break;
      case 2: sensors_.push_back({where + "power", Kind::power, 1'200}); break;
      case 3: sensors_.push_back({where + "parts", Kind::parts, 0}); break;
      default:
        sensors_.push_back(machine % 2 == 0 ? Sensor{where + "running", Kind::running, 1}
                                            : Sensor{where + "state", Kind::state, 0});
    }
  }
}

Value DemoPlant::read(std::size_t number) {
  Sensor& sensor = sensors_[number];
  const auto walk = [&](std::int64_t step, std::int64_t low, std::int64_t high) {
    const auto width = static_cast<std::uint64_t>(2 * step + 1);
    sensor.level += static_cast<std::int64_t>(random_.below(width)) - step;
    sensor.level = std::clamp(sensor.level, low, high);
    return static_cast<double>(sensor.level);
  };
  switch (sensor.kind) {
    case Kind::temperature: return walk(4, 200, 950) / 10;
    case Kind::pressure: return walk(3, 400, 800) / 100;
    case Kind::power: return walk(15, 200, 4'000) / 10;
    case Kind::parts:
      sensor.level += static_cast<std::int64_t>(random_.below(4));
      return sensor.level;
    case Kind::running:
      if (random_.one_in(90)) sensor.level = 1 - sensor.level;
      return sensor.level == 1;
    case Kind::state:
      if (random_.one_in(60)) sensor.level = static_cast<std::int64_t>(random_.below(4));
      return states[static_cast<std::size_t>(sensor.level)];
  }
  return 0.0;
}

Duration DemoPlant::ttl(std::size_t sensor) const {
  return sensors_[sensor].kind == Kind::power ? Duration(std::chrono::days(7)) : Duration(0);
}

}  // namespace varve::tools
