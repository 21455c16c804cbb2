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
  study.baselines = {{.name = "net", .macs = 2e6, .top1 = 60}};
  BudgetedReport budgeted;
  budgeted.rows.resize(2);
  budgeted.rows[0].test = {.exits = {0, 0, 1, 1}, .correct = 2, .cost = 2000000};
  budgeted.rows[1].test = {.exits = {1, 1, 1, 1}, .correct = 3, .cost = 3000000};
  study.budgeted = budgeted;
  const std::string judged = study_svg(study, "a < b");
  EXPECT_THAT(judged, HasSubstr("a &lt; b"));
  EXPECT_THAT(judged, HasSubstr(">anytime<"));
  EXPECT_THAT(judged, HasSubstr(">not adaptive<"));
  EXPECT_THAT(judged, HasSubstr(">budgeted batch, judged<"));
  EXPECT_THAT(judged, Not(HasSubstr("nan")));
  study.executed.resize(2);
  study.executed[1].top1 = 70;
  EXPECT_THAT(study_svg(study, ""), HasSubstr(">budgeted batch, executed<"));
}

TEST(StudyChart, NothingIsDrawnToo) {
  EXPECT_THAT(study_svg(Study{}, "none"), HasSubstr("no data"));
}

}  // namespace
}  // namespace fovea::report
