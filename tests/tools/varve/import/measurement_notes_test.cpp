#include "tools/varve/import/measurement_notes.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "varve/engine.hpp"

namespace varve::tools {
namespace {

TEST(MeasurementNotes, come_with_the_first_batch_of_a_name_and_are_known_from_then_on) {
  Engine engine = Engine::open_in_memory().value();
  MeasurementNames names;
  ASSERT_TRUE(load_measurement_names(engine, names));
  const Labels labels = names.labels_of("cpu", "usage", {{"host", "a"}}).value_or(Labels());
  WriteBatch batch;
  batch.put("cpu_usage,host=a", 1, 1.5);
  add_measurement_notes(batch, names);
  ASSERT_TRUE(engine.write(std::move(batch)));
  EXPECT_TRUE(names.owed().empty());
  EXPECT_EQ(engine.notes().value(), (std::vector<Note>{{"influx/cpu_usage", "cpu usage"}}));

  MeasurementNames later;
  ASSERT_TRUE(load_measurement_names(engine, later));
  EXPECT_EQ(later.point_of(labels).pair, (MeasurementNames::Pair{"cpu", "usage"}));
  const Labels second = later.labels_of("cpu_usage", "value", {}).value_or(Labels());
  EXPECT_EQ(second.value_of("_measurement"), "cpu_usage") << "another pair has the name";
}

TEST(MeasurementNotes, come_in_as_many_batches_as_they_need) {
  Engine engine = Engine::open_in_memory().value();
  MeasurementNames names;
  const std::string measurement(4'000, 'm');
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(names.labels_of(measurement, std::to_string(i), {}));
  }
  int batches = 0;
  bool has_more = true;
  while (has_more) {
    WriteBatch batch;
    has_more = add_measurement_notes(batch, names);
    ASSERT_TRUE(engine.write(std::move(batch)));
    ++batches;
  }
  EXPECT_EQ(batches, 2);
  EXPECT_EQ(engine.notes().value().size(), 1'000U);
}

TEST(MeasurementNotes, leave_notes_of_other_programs_alone) {
  Engine engine = Engine::open_in_memory().value();
  WriteBatch batch;
  batch.note("other/x", "y");
  ASSERT_TRUE(engine.write(std::move(batch)));
  MeasurementNames names;
  EXPECT_TRUE(load_measurement_names(engine, names));
}

TEST(MeasurementNotes, say_which_note_is_not_of_their_form) {
  Engine engine = Engine::open_in_memory().value();
  WriteBatch batch;
  batch.note("influx/a_b", "nonsense");
  ASSERT_TRUE(engine.write(std::move(batch)));
  MeasurementNames names;
  const auto loaded = load_measurement_names(engine, names);
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find("'influx/a_b' is 'nonsense'"), std::string::npos)
      << loaded.error().message;
}

}  // namespace
}  // namespace varve::tools
