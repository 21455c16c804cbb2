#include "eval/ledger.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "eval/executed.h"
#include "eval/report_json.h"
#include "eval/scores_graph.h"
#include "reference/reference.h"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(Ledger, ThreadsSideBySideCountOnce) {
  Ledger ledger{.wall_ms = 20};
  ledger.add_load({.decode_ms = 6, .transform_ms = 2}, 2);
  const RunLedger run{
      .threads = 2, .wall_ms = 10, .input_ms = 2, .decision_ms = 1, .waiting_ms = 4};
  const WorkReport first{.segments = {{.exit = 2, .samples = 5, .ms = 8}}};
  const WorkReport second{
      .segments = {{.exit = 0, .samples = 5, .ms = 1}, {.exit = 2, .samples = 3, .ms = 2}}};
  ledger.add_run(run, first, 10);
  ledger.add_run(run, second, 10);
  EXPECT_THAT(ledger.parts(), ElementsAre(Pair("decode", 3), Pair("transform", 1), Pair("input", 2),
                                          Pair("segment 0", 0.5), Pair("segment 2", 5),
                                          Pair("decision", 1), Pair("waiting", 4)));
  EXPECT_EQ(ledger.segments[1].samples, 8);
  EXPECT_DOUBLE_EQ(ledger.other_ms(), 20 - 16.5);
}

TEST(Ledger, AnExecutorThatMeasuresNothingIsOnePart) {
  Ledger ledger{.wall_ms = 9};
  ledger.add_run({}, {}, 7);
  EXPECT_DOUBLE_EQ(ledger.network_ms, 7);
  EXPECT_DOUBLE_EQ(ledger.other_ms(), 2);
}

TEST(Ledger, AnExecutedPassKeepsBooksWhereAsked) {
  ReferenceExecutor executor(scores_graph(2, 3), {});
  const TensorSource source({{"input", Tensor::f32({5, 2, 3})}});
  const auto without = evaluate_executed(executor, source, {.exit = 0}).value();
  EXPECT_FALSE(without.ledger);
  const auto with =
      evaluate_executed(executor, source, {.exit = 0}, {.batch = 2, .ledger = true}).value();
  ASSERT_TRUE(with.ledger);
  EXPECT_GT(with.ledger->network_ms, 0);
  EXPECT_GE(with.ledger->other_ms(), 0);
  EXPECT_GE(with.ledger->wall_ms, with.ledger->network_ms);
}

TEST(Ledger, JsonHoldsEveryPartAndTheRest) {
  Ledger ledger{.wall_ms = 10, .decode_ms = 1, .transform_ms = 2, .decision_ms = 3};
  ledger.segments.push_back({.exit = 1, .samples = 4, .ms = 2.5});
  const auto json = nlohmann::json::parse(ledger_json(ledger));
  EXPECT_EQ(json["segments"][0]["exit"], 1);
  EXPECT_EQ(json["segments"][0]["samples"], 4);
  double sum = json["segments"][0]["ms"].get<double>();
  for (const char* part : {"decode_ms", "transform_ms", "input_ms", "network_ms", "decision_ms",
                           "waiting_ms", "output_ms", "other_ms"}) {
    sum += json[part].get<double>();
  }
  EXPECT_DOUBLE_EQ(sum, json["wall_ms"].get<double>());
}

}  // namespace
}  // namespace fovea
