#include "eval/budgeted.h"

#include <gmock/gmock.h>

#include "eval/report_json.h"
#include "model/safetensors.h"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Scores scores_of(const NamedTensors& file, std::string_view split) {
  return scores_from_tensors(file, split, "golden").value();
}

class Budgeted : public testing::TestWithParam<std::string> {};

TEST_P(Budgeted, GivesTheRowsOfThePublishedProgram) {
  const NamedTensors file =
      read_safetensors(FOVEA_SOURCE_DIR "/tests/golden/ranet/" + GetParam() + ".safetensors")
          .value()
          .tensors;
  const auto report = budgeted_batch(scores_of(file, "val"), scores_of(file, "test")).value();
  ASSERT_EQ(report.rows.size(), 39U);
  for (size_t r = 0; r < 39; ++r) {
    const BudgetedRow& row = report.rows[r];
    for (const auto& [split, result] :
         {std::pair<std::string, const HindsightResult*>{"val", &row.val}, {"test", &row.test}}) {
      for (size_t k = 0; k < 5; ++k) {
        EXPECT_EQ(result->counts[k],
                  file.find("result." + split + "_count")->second.data<int64_t>()[r * 5 + k]);
      }
      EXPECT_EQ(result->correct,
                file.find("result." + split + "_correct")->second.data<int64_t>()[r]);
      const float cost = file.find("result." + split + "_flops")->second.data<float>()[r];
      EXPECT_NEAR(result->cost, cost, 1e-6 * cost);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Files, Budgeted, testing::Values("dynamic_eval", "dynamic_eval_ties"),
                         [](const auto& param) { return param.param; });

TEST(BudgetedJson, HoldsRowsWithNumbersThatRoundTrip) {
  const Scores scores{.values = Tensor({2, 2, 1}, std::vector<float>{0.1F, 0.3F, 1, 1}),
                      .form = ScoreForm::kProbabilities,
                      .labels = {0, 0},
                      .costs = {1, 3}};
  const std::string json = budgeted_json(budgeted_batch(scores, scores).value());
  EXPECT_THAT(json,
              StartsWith(R"({"anytime":{"val_correct":[2,2],"test_correct":[2,2]},"rows":[)"));
  EXPECT_THAT(json, HasSubstr(R"("name":"official-1.95")"));
  // 0.3 as float32, as the threshold of the ratio 1.
  EXPECT_THAT(json, HasSubstr(R"("thresholds":[0.3,-100000000.0])"));
  EXPECT_THAT(json, HasSubstr(R"("val":{"counts":[1,1],"correct":2,"cost":2.0})"));
}

TEST(Budgeted, RefusesSplitsOfDifferentNetworks) {
  const Scores val{.values = Tensor::f32({2, 1, 2}), .labels = {0}, .costs = {1, 2}};
  const Scores test{.values = Tensor::f32({1, 1, 2}), .labels = {0}, .costs = {1}};
  const auto report = budgeted_batch(val, test);
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.error().message(), HasSubstr("expected [2,1,2]; found [1,1,2]"));
}

}  // namespace
}  // namespace fovea
