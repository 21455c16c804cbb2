// A report's numbers on recorded scores, which a network of two exits gives back.
#include "report/measure.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "recorded_model.h"
#include "report/sections.h"
#include "report/style.h"

namespace fovea::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Measure, JudgesEveryKindOfPolicy) {
  const DataFacts data = *recorded_model().data;
  ASSERT_EQ(data.fixed.size(), 2U);
  EXPECT_EQ(data.fixed[0].correct, 4);
  EXPECT_EQ(data.fixed[1].correct, 8);
  EXPECT_DOUBLE_EQ(data.fixed[1].top1(), 100);
  EXPECT_THAT(data.thresholds.front().counts, ElementsAre(8, 0));  // threshold 0
  EXPECT_THAT(data.chosen.counts, ElementsAre(4, 4));              // threshold 0.9
  EXPECT_EQ(data.chosen.correct, 8);
  EXPECT_EQ(data.official.size(), 39U);
  EXPECT_TRUE(data.official_cross_fit);
  for (const PolicyPoint& point : data.official) {
    EXPECT_EQ(point.n, kSamples);
    EXPECT_EQ(point.counts[0] + point.counts[1], kSamples);
  }
  EXPECT_EQ(data.n_timed, 4);
  EXPECT_TRUE(data.chosen.ms && data.fixed[0].ms);
  // The chosen policy is one of the curve's: it was run once, so it has one time.
  EXPECT_EQ(data.chosen.rounds_ms, data.thresholds[10].rounds_ms);
  EXPECT_GT(data.adaptive_ledger.wall_ms, 0);
  EXPECT_GE(data.full_ledger.other_ms(), 0);
}

TEST(Measure, KnowsTheOracleTheCoinAndWhoReachesAnExit) {
  const DataFacts data = *recorded_model().data;
  ASSERT_EQ(data.oracle.size(), 2U);
  EXPECT_EQ(data.oracle[0].correct, 4);
  EXPECT_EQ(data.oracle[1].correct, 8);
  EXPECT_THAT(data.oracle[1].counts, ElementsAre(4, 4));
  ASSERT_EQ(data.random.size(), data.thresholds.size());
  // Exit 0 is right in half of the samples, exit 1 always.
  EXPECT_THAT(data.thresholds[10].counts, ElementsAre(4, 4));
  EXPECT_EQ(data.random[10].correct, 6);
  EXPECT_EQ(data.exits[0].reached.n, 8);
  EXPECT_EQ(data.exits[1].reached.n, 4);
}

TEST(Measure, TimesAreMediansOfRounds) {
  const DataFacts data = *recorded_model({.options = {.n_timed = 4, .rounds = 4}}).data;
  size_t n_timed = 0;
  for (const auto* points : {&data.fixed, &data.thresholds, &data.official}) {
    for (const PolicyPoint& point : *points) {
      if (!point.ms) continue;
      ++n_timed;
      ASSERT_EQ(point.rounds_ms.size(), 4U);
      std::vector<double> rounds = point.rounds_ms;
      std::sort(rounds.begin(), rounds.end());
      EXPECT_DOUBLE_EQ(*point.ms, (rounds[1] + rounds[2]) / 2);
    }
  }
  EXPECT_GE(n_timed, 2U + 7U + 1U);
}

TEST(Measure, TakesTheModelsOwnPolicies) {
  const DataFacts data = *recorded_model({.policy = NamedPolicy{"first", {.exit = 0}},
                                          .stored = {{"official-1.00", {.thresholds = {0.7F}}},
                                                     {"default", {.exit = 1}},
                                                     {"cheap", {.exit = 0}}},
                                          .options = {.n_timed = 2, .rounds = 1}})
                              .data;
  ASSERT_EQ(data.official.size(), 1U);
  EXPECT_FALSE(data.official_cross_fit);
  ASSERT_EQ(data.stored.size(), 1U);
  EXPECT_EQ(data.stored[0].name, "cheap");
  EXPECT_EQ(data.chosen.name, "first");
  EXPECT_THAT(data.chosen.counts, ElementsAre(8, 0));
}

TEST(Measure, NeedsKnownClasses) {
  ReferenceExecutor executor(scores_graph(2, 2), {});
  const TensorSource source(recorded_inputs());
  const auto facts = measure({{executor, source, usual_policy(executor.graph()), {}}}, {});
  ASSERT_FALSE(facts.ok());
  EXPECT_THAT(facts.error().message(), HasSubstr("no sample has a known class"));
}

TEST(Measure, ModelsAreTimedInTheSameRounds) {
  ReferenceExecutor executor(scores_graph(2, 2), {});
  const TensorSource source(recorded_inputs(), recorded_labels());
  const Candidate candidate{executor, source, usual_policy(executor.graph()), {}};
  std::vector<std::string> told;
  const auto progress = [&](std::string_view what, int64_t, int64_t) {
    if (told.empty() || told.back() != what) told.emplace_back(what);
  };
  const auto facts =
      measure({candidate, candidate}, {.n_timed = 4, .rounds = 2, .progress = progress}).value();
  // Times are taken once, of both.
  EXPECT_THAT(told, ElementsAre("recorded, A", "recorded, B", "timed policies", "executed, A",
                                "executed, B"));
  ASSERT_EQ(facts.size(), 2U);
  for (const DataFacts& data : facts) {
    EXPECT_EQ(data.chosen.rounds_ms.size(), 2U);
    EXPECT_EQ(data.n_timed, 4);
  }
}

TEST(Measure, SaysWhatScoresCannotJudge) {
  EXPECT_TRUE(check_judgeable({.thresholds = {0.5F}}).ok());
  EXPECT_EQ(check_judgeable({.deadline_ms = 2}).error().kind, ErrorKind::kUsage);
}

TEST(RowsOf, KeepsOrderAndLabels) {
  const DataFacts data = *recorded_model().data;
  const Scores rows = rows_of(data.scores, {7, 0});
  EXPECT_EQ(rows.n(), 2);
  EXPECT_THAT(rows.labels, ElementsAre(1, 0));
  EXPECT_EQ(rows.row(1, 0)[1], data.scores.row(1, 7)[1]);
  EXPECT_EQ(rows.row(0, 1)[0], data.scores.row(0, 0)[0]);
}

TEST(ReportPage, HoldsEverySectionAndEscapesNames) {
  const ModelFacts model = recorded_model();
  const ModelFacts other = recorded_model();
  const Made made;
  const std::string text = html(report_page({model, &other, made.setup, made.pictures}));
  for (const char* id : {"accuracy", "compare", "exits", "reliability", "pictures", "confusion",
                         "layers", "ledger", "setup"}) {
    EXPECT_THAT(text, HasSubstr("<section id=\"" + std::string(id) + "\">"));
  }
  EXPECT_THAT(text, HasSubstr("m&lt;&amp;&gt;.fovea"));
  EXPECT_THAT(text, HasSubstr("&lt;yes&gt;"));
  for (const char* raw : {"<yes>", "m<&>", "a<b", "CPU <7>", "http:", "https:", "src=\"/"}) {
    // The name space of XML is the one address that may stand there; nobody fetches it.
    std::string rest = text;
    for (const std::string space : {"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"}) {
      for (size_t at = 0; (at = rest.find(space, at)) != std::string::npos;) {
        rest.erase(at, space.size());
      }
    }
    EXPECT_THAT(rest, Not(HasSubstr(raw)));
  }
}

TEST(ReportPage, IsTheSameForTheSameFacts) {
  const ModelFacts model = recorded_model();
  const Made made;
  const Subject subject{model, nullptr, made.setup, made.pictures};
  EXPECT_EQ(html(report_page(subject)), html(report_page(subject)));
  EXPECT_EQ(report_json(subject), report_json(subject));
}

TEST(ReportJson, HoldsCurvesAndLedger) {
  const ModelFacts model = recorded_model();
  const Made made;
  const auto json = nlohmann::json::parse(report_json({model, nullptr, made.setup, made.pictures}));
  const auto& data = json["model"]["data"];
  EXPECT_EQ(data["fixed"].size(), 2U);
  EXPECT_EQ(data["chosen"]["top1"], 100.0);
  EXPECT_LT(data["chosen"]["top1_low"], 100.0);
  EXPECT_TRUE(data["ledger"]["adaptive"].contains("other_ms"));
  EXPECT_TRUE(json["compare"].is_null());
}

}  // namespace
}  // namespace fovea::report
