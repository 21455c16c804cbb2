#include "eval/scores_graph.h"

#include <gmock/gmock.h>

#include <cmath>

#include "calibrate/hindsight.h"
#include "calibrate/official.h"
#include "eval/executed.h"
#include "graph/cost.h"
#include "model/safetensors.h"
#include "reference/reference.h"

namespace fovea {
namespace {

TEST(ScoresGraph, HasOneFreeExitForEachRow) {
  const Graph graph = scores_graph(3, 10);
  EXPECT_EQ(graph.n_exits(), 3);
  EXPECT_EQ(graph.n_classes(), 10);
  for (const ExitCost& cost : exit_costs(graph)) EXPECT_EQ(cost.macs, 0);
}

class ExecutedScores : public testing::TestWithParam<std::string> {
 protected:
  ExecutedScores()
      : file(read_safetensors(FOVEA_SOURCE_DIR "/tests/golden/ranet/" + GetParam() + ".safetensors")
                 .value()
                 .tensors),
        probabilities(scores_from_tensors(file, "test", GetParam()).value()),
        logits(probabilities) {
    logits.values = file.find("test_logits")->second;
    logits.form = ScoreForm::kLogits;
  }

  NamedTensors file;
  Scores probabilities;
  Scores logits;
};

TEST_P(ExecutedScores, LeaveWhereHindsightSays) {
  const Graph graph = scores_graph(5, 10);
  ReferenceExecutor executor(graph, {});
  const TensorSource source({{"input", scores_as_input(logits)}}, logits.labels);
  const ExitTable recorded = exit_table(probabilities);
  const auto points =
      solve_official(exit_table(scores_from_tensors(file, "val", "golden").value()));
  for (const OfficialPoint& point : points) {
    const auto executed =
        evaluate_executed(executor, source, point.policy, {.batch = 64, .warmups = 0}).value();
    // On the same logits: equal without tolerance.
    const auto judged = evaluate_hindsight(logits, graph, point.policy).value();
    EXPECT_EQ(executed.exits, judged.exits) << point.name;
    EXPECT_EQ(executed.answers, judged.answers) << point.name;
    EXPECT_EQ(executed.top1, judged.top1) << point.name;
    // On the other program's probabilities: elsewhere only where a score nearly is the threshold.
    const auto by_probability = exits_in_hindsight(recorded, point.policy, graph).value();
    for (size_t i = 0; i < by_probability.size(); ++i) {
      if (executed.exits[i] == by_probability[i]) continue;
      const int earlier = std::min(executed.exits[i], by_probability[i]);
      const float threshold = point.thresholds[static_cast<size_t>(earlier)];
      const float score = recorded.confidence_at(earlier, static_cast<int64_t>(i));
      EXPECT_LE(std::abs(score - threshold), 5e-5F) << point.name << " sample " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Files, ExecutedScores,
                         testing::Values("dynamic_eval", "dynamic_eval_ties"),
                         [](const auto& param) { return param.param; });

}  // namespace
}  // namespace fovea
