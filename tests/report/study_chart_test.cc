#include "report/study_chart.h"

#include <gmock/gmock.h>

namespace fovea::report {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(StudyChart, NamesTheCurvesThatAreThere) {
  Study study{.n = 4};
  study.anytime = {{.name = "exit 0", .macs = 1e6, .top1 = 50},
                   {.name = "exit 1", .macs = 3e6, .top1 = 75}};
  study.baselines = {{.name = "exit 0 alone", .macs = 1e6, .top1 = 50},
                     {.name = "exit 1 alone", .macs = 2.5e6, .top1 = 75},
                     {.name = "net", .macs = 2e6, .top1 = 60}};
  study.accuracies = {{.n = 4, .top1 = 2}, {.n = 4, .top1 = 3}};
  study.oracle = {{.name = "oracle", .macs = 1.5e6, .top1 = 80}};
  study.adaptive = AdaptiveReport{.n = 4, .top1 = 70, .mean_macs = 2.2e6, .counts = {1, 3}};
  BudgetedReport budgeted;
  budgeted.rows.resize(2);
  budgeted.rows[0].test = {.exits = {0, 0, 1, 1}, .counts = {2, 2}, .correct = 2, .cost = 2000000};
  budgeted.rows[1].test = {.exits = {1, 1, 1, 1}, .counts = {0, 4}, .correct = 3, .cost = 3000000};
  study.budgeted = budgeted;
  const std::string judged = study_svg(study, "a < b");
  EXPECT_THAT(judged, HasSubstr("a &lt; b"));
  EXPECT_THAT(judged, HasSubstr(">anytime<"));
  EXPECT_THAT(judged, HasSubstr(">net<"));
  EXPECT_THAT(judged, HasSubstr(">exits alone<"));
  EXPECT_THAT(judged, HasSubstr(">first right exit (oracle)<"));
  EXPECT_THAT(judged, HasSubstr(">coin with the same shares<"));
  EXPECT_THAT(judged, HasSubstr(">this policy<"));
  EXPECT_THAT(judged, HasSubstr(">budgeted batch, judged<"));
  EXPECT_THAT(judged, Not(HasSubstr("nan")));
  study.executed.resize(2);
  study.executed[1].top1 = 70;
  EXPECT_THAT(study_svg(study, ""), HasSubstr(">budgeted batch, executed<"));
}

TEST(StudyChart, ABaselineFarBelowDoesNotPressTheCurvesTogether) {
  Study study{.n = 4};
  study.anytime = {{.name = "exit 0", .macs = 1e6, .top1 = 85},
                   {.name = "exit 1", .macs = 3e6, .top1 = 90}};
  study.baselines = {{.name = "exit 0 alone", .macs = 1e6, .top1 = 85},
                     {.name = "exit 1 alone", .macs = 3e6, .top1 = 90},
                     {.name = "untrained", .macs = 2e6, .top1 = 10}};
  const std::string drawn = study_svg(study, "");
  EXPECT_THAT(drawn, HasSubstr("untrained (10.0 %, below the axis)"));
  EXPECT_THAT(drawn, HasSubstr("the axis does not begin at 0"));
  EXPECT_THAT(drawn, HasSubstr(">86<"));
  EXPECT_THAT(drawn, Not(HasSubstr(">20<")));
}

TEST(StudyChart, ColoursAreWrittenOut) {
  Study study{.n = 4};
  study.anytime = {{.name = "exit 0", .macs = 1e6, .top1 = 85}};
  const std::string drawn = study_svg(study, "");
  EXPECT_THAT(drawn, Not(HasSubstr("var(")));
  EXPECT_THAT(drawn, HasSubstr(".card{fill:#ffffff}"));
  EXPECT_THAT(drawn, HasSubstr(".l.s0{stroke:#0067b1}"));
  EXPECT_THAT(drawn, HasSubstr("prefers-color-scheme:dark"));
}

TEST(StudyChart, NothingIsDrawnToo) {
  EXPECT_THAT(study_svg(Study{}, "none"), HasSubstr("no data"));
}

}  // namespace
}  // namespace fovea::report
