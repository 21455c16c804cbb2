#include "calibrate/scores.h"

#include <gmock/gmock.h>

#include <cmath>

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Tensor f32(Shape shape, std::vector<float> values) { return {std::move(shape), values}; }

Tensor i64(std::vector<int64_t> values) {
  Tensor out = Tensor::i64({static_cast<int64_t>(values.size())});
  std::copy(values.begin(), values.end(), out.data<int64_t>().begin());
  return out;
}

NamedTensors two_exits() {
  return {{"val_probs", f32({2, 1, 2}, {0.75F, 0.25F, 0.1F, 0.9F})},
          {"val_logits", f32({2, 1, 2}, {0, 0, 0, 0})},
          {"val_targets", i64({1})},
          {"flops", i64({10, 20})}};
}

TEST(Scores, PreferProbabilitiesAndTakeTheirMaximumAsConfidence) {
  const Scores scores = scores_from_tensors(two_exits(), "val", "f").value();
  EXPECT_EQ(scores.form, ScoreForm::kProbabilities);
  const ExitTable table = exit_table(scores);
  EXPECT_THAT(table.confidence, ElementsAre(0.75F, 0.9F));
  EXPECT_THAT(table.answer, ElementsAre(0, 1));
}

TEST(Scores, OfLogitsUseEachExitsMetric) {
  Scores scores{.values = f32({2, 1, 2}, {1, 0, 1, 0}),
                .labels = {0},
                .costs = {1, 2},
                .scoring = {{Metric::kMaxSoftmax, 2}, {Metric::kMargin}}};
  const ExitTable table = exit_table(scores);
  const float p = 1.0F / (1.0F + std::exp(-1.0F));
  EXPECT_FLOAT_EQ(table.confidence_at(0, 0), 1.0F / (1.0F + std::exp(-0.5F)));
  EXPECT_FLOAT_EQ(table.confidence_at(1, 0), 2 * p - 1);
}

TEST(Scores, NameTheMissingKey) {
  for (const std::string key : {"val_targets", "flops"}) {
    NamedTensors tensors = two_exits();
    tensors.erase(key);
    const auto scores = scores_from_tensors(tensors, "val", "a.safetensors");
    ASSERT_FALSE(scores.ok());
    EXPECT_THAT(scores.error().message(),
                HasSubstr("the scores lack '" + key + "' (a.safetensors"));
  }
  EXPECT_THAT(scores_from_tensors({}, "test", "f").error().message(), HasSubstr("'test_probs'"));
}

TEST(Scores, RefuseWhatDoesNotFit) {
  const auto message = [](const std::string& key, Tensor tensor) {
    NamedTensors tensors = two_exits();
    tensors[key] = std::move(tensor);
    return scores_from_tensors(tensors, "val", "f").error().message();
  };
  EXPECT_THAT(message("val_targets", i64({0, 1})), HasSubstr("labels and scores differ in number"));
  EXPECT_THAT(message("val_targets", i64({2})), HasSubstr("expected 0 to 1; found 2"));
  EXPECT_THAT(message("flops", i64({1})), HasSubstr("costs and exits differ in number"));
  EXPECT_THAT(message("flops", f32({2}, {1, 2})), HasSubstr("found F32 [2]"));
  EXPECT_THAT(message("val_probs", f32({2, 2}, {1, 2, 3, 4})), HasSubstr("found F32 [2,2]"));
}

TEST(ExitScoring, IsReadFromTheGraph) {
  const Graph graph = parse_graph(
                          "fovea-graph 1\ngraph g\nops exit@1\ninput x [4]\n"
                          "exit.0 = exit(x) metric=margin temperature=1.5\nexit.1 = exit(x)\n",
                          "test")
                          .value();
  EXPECT_THAT(exit_scoring(graph), ElementsAre(Scoring{Metric::kMargin, 1.5F}, Scoring{}));
}

}  // namespace
}  // namespace fovea
