#include "app/budget_argument.h"

#include <gmock/gmock.h>

#include "../calibrate/three_exits.h"
#include "app/policy_argument.h"
#include "app/time_budget.h"

namespace fovea::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int64_t kSamples = 1000;

const TimeKey kHere{.machine = "here", .executor = "runtime", .batch = 16, .threads = 1};

CalibrationRecord record_for(const Model& model) {
  CalibrationRecord record = record_of(three_exit_scores(kSamples), 1).value();
  solve_curve(record, model.graph);
  record.times.push_back({.key = kHere, .load_ms = 0.5, .segment_ms = {1, 1, 2}});
  return record;
}

Model calibrated() {
  Model model = three_exits();
  store_calibration(record_for(model), model);
  return model;
}

std::optional<SolvedPolicy> solved(const std::vector<std::string>& words,
                                   const RunTimes* times = nullptr) {
  return solved_policy(Arguments::parse("eval", policy_options(), words), calibrated(), times);
}

ErrorInfo error_of(const std::vector<std::string>& words, const RunTimes* times = nullptr) {
  try {
    (void)solved(words, times);
  } catch (const Error& error) {
    return error.info();
  }
  ADD_FAILURE() << "no error for " << words[1];
  return {};
}

/// A machine on which every segment takes so long, run alone or not.
RunTimes machine(const std::vector<double>& segment_ms,
                 std::vector<double>* asked_seconds = nullptr) {
  RunTimes out{.key = kHere};
  out.measure = [=](double seconds) {
    if (asked_seconds != nullptr) asked_seconds->push_back(seconds);
    return SegmentTimes{.key = kHere, .segment_ms = segment_ms};
  };
  out.leaving_ms = [=](std::span<const int> exits) {
    double ms = 0;
    for (const int exit : exits) {
      for (int e = 0; e <= exit; ++e) ms += segment_ms[static_cast<size_t>(e)];
    }
    return ms / static_cast<double>(exits.size());
  };
  return out;
}

TEST(Accuracy, IsChosenOnOneHalfAndToldOfTheOther) {
  const CalibrationRecord record = record_for(three_exits());
  // An accuracy that the halves reach at different points of the curve.
  int differ = 0;
  for (const CurvePoint& aim : record.curve) {
    const auto first = [&](double CurvePoint::*half) {
      return std::find_if(record.curve.begin(), record.curve.end(),
                          [&](const CurvePoint& point) { return point.*half >= aim.top1; });
    };
    const auto chosen = first(&CurvePoint::top1);
    if (chosen == first(&CurvePoint::held_out_top1)) continue;
    ++differ;
    const auto got = solved({"--accuracy", std::to_string(aim.top1) + "%"});
    ASSERT_TRUE(got);
    EXPECT_EQ(policy_to_json(got->policy), policy_to_json(chosen->rule.policy()));
    EXPECT_TRUE(got->expected.held_out);
    EXPECT_EQ(got->expected.n, kSamples / 2);
    EXPECT_NEAR(100.0 * static_cast<double>(got->expected.correct) / (kSamples / 2.0),
                chosen->held_out_top1, 1e-9);
    EXPECT_THAT(got->note, HasSubstr("500 samples not used for it"));
    EXPECT_THAT(got->note, HasSubstr("95 % interval"));
  }
  EXPECT_GT(differ, 0);
}

TEST(Accuracy, OutOfRangeIsRefusedAsTyped) {
  for (const char* bad : {"-5%", "100.5%", "-1", "1e9"}) {
    const ErrorInfo error = error_of({"--accuracy", bad});
    EXPECT_EQ(error.kind, ErrorKind::kUsage);
    EXPECT_EQ(error.what, "the accuracy is out of range") << bad;
    EXPECT_EQ(error.found, bad);
  }
  EXPECT_TRUE(solved({"--accuracy", "0%"}));
}

TEST(Accuracy, AShareIsNotTakenForPerCent) {
  EXPECT_EQ(error_of({"--accuracy", "0.9"}).hint, "perhaps 90%");
  EXPECT_EQ(error_of({"--accuracy", "1"}).hint, "perhaps 100%");
  EXPECT_TRUE(solved({"--accuracy", "0.9%"}));
  EXPECT_EQ(error_of({"--max-drop", "20%", "--confidence", "0.95"}).hint, "perhaps 95%");
}

TEST(Budget, OutOfRangeIsRefusedAsTyped) {
  EXPECT_EQ(error_of({"--budget", "22"}).found, "22");
  const RunTimes times = machine({1, 1, 2});
  const ErrorInfo error = error_of({"--budget", "0.00001ms"}, &times);
  EXPECT_EQ(error.what, "the budget is out of range");
  EXPECT_EQ(error.found, "0.00001ms");
}

TEST(TimesFor, StoredTimesAreKeptWhereTheyHold) {
  std::vector<double> seconds;
  const KnownTimes known =
      times_for(record_for(three_exits()), machine({1.05, 1.05, 1.9}, &seconds));
  EXPECT_THAT(known.times.segment_ms, ElementsAre(1, 1, 2));
  EXPECT_EQ(known.times.load_ms, 0.5);
  EXPECT_THAT(known.remark, IsEmpty());
  // A short look, no whole measurement.
  ASSERT_EQ(seconds.size(), 1U);
  EXPECT_LT(seconds[0], 1);
}

TEST(TimesFor, StoredTimesThatDoNotHoldAreMeasuredAgain) {
  std::vector<double> seconds;
  const KnownTimes known = times_for(record_for(three_exits()), machine({0.3, 0.3, 0.4}, &seconds));
  EXPECT_THAT(known.times.segment_ms, ElementsAre(0.3, 0.3, 0.4));
  EXPECT_EQ(known.times.load_ms, 0.5);
  EXPECT_THAT(known.remark, HasSubstr("4.000 ms"));
  EXPECT_THAT(known.remark, HasSubstr("1.000 ms"));
  EXPECT_EQ(seconds.size(), 2U);
}

TEST(TimesFor, OnlyAnEarlyExitMayHaveChanged) {
  const KnownTimes known = times_for(record_for(three_exits()), machine({2, 0, 2}));
  EXPECT_THAT(known.times.segment_ms, ElementsAre(2, 0, 2));
}

TEST(TimesFor, OtherKeysAreMeasuredWithoutARemark) {
  RunTimes times = machine({5, 5, 5});
  times.key.batch = 3;
  times.load_ms = [] { return 0.125; };
  const KnownTimes known = times_for(record_for(three_exits()), times);
  EXPECT_THAT(known.times.segment_ms, ElementsAre(5, 5, 5));
  EXPECT_EQ(known.times.load_ms, 0.125);
  EXPECT_THAT(known.remark, IsEmpty());
}

TEST(Budget, ATimeThatIsMetIsToldWithoutAWarning) {
  const RunTimes times = machine({1, 1, 2});
  const auto got = solved({"--budget", "3ms"}, &times);
  ASSERT_TRUE(got && got->timed);
  EXPECT_THAT(got->note, Not(HasSubstr("nearest")));
  EXPECT_THAT(got->note, HasSubstr("ms, top-1"));
}

TEST(Budget, ATimeThatNoPolicyTakesIsMissedWithAWarning) {
  RunTimes times = machine({1, 1, 2});
  // Whoever goes beyond the first exit makes everybody wait.
  times.leaving_ms = [](std::span<const int> exits) {
    return std::all_of(exits.begin(), exits.end(), [](int exit) { return exit == 0; }) ? 1.0 : 9.0;
  };
  const auto got = solved({"--budget", "4ms"}, &times);
  ASSERT_TRUE(got);
  EXPECT_THAT(got->note, HasSubstr("nearest that was found"));
}

}  // namespace
}  // namespace fovea::app
