#include "calibrate/record.h"

#include <gmock/gmock.h>

#include "calibrate/temperature.h"
#include "three_exits.h"

namespace fovea {
namespace {

using testing::HasSubstr;

CalibrationRecord solved(const Model& model, int64_t n) {
  CalibrationRecord record = record_of(three_exit_scores(n), 1).value();
  record.data = "made up";
  solve_curve(record, model.graph);
  record.times.push_back(
      {.key = {"machine", "runtime", 64, 2}, .load_ms = 0.25, .segment_ms = {1, 2, 3}});
  record.certificates.push_back({.promise = {1, 95},
                                 .rule = record.curve.front().rule,
                                 .changes = {100, 2, 1},
                                 .bound = 0.75,
                                 .macs = 123});
  return record;
}

TEST(Record, HalvesAreDisjointSeededAndAll) {
  const CalibrationRecord a = record_of(three_exit_scores(101), 1).value();
  EXPECT_EQ(a.select.size(), 51U);
  EXPECT_EQ(a.certify.size(), 50U);
  std::vector<int64_t> both = a.select;
  both.insert(both.end(), a.certify.begin(), a.certify.end());
  std::sort(both.begin(), both.end());
  for (int64_t i = 0; i < 101; ++i) EXPECT_EQ(both[static_cast<size_t>(i)], i);
  EXPECT_EQ(record_of(three_exit_scores(101), 1).value().select, a.select);
  EXPECT_NE(record_of(three_exit_scores(101), 2).value().select, a.select);
}

TEST(Record, LeavesOutSamplesWithoutAClass) {
  Scores scores = three_exit_scores(10);
  scores.labels[3] = -1;
  EXPECT_EQ(record_of(scores, 0).value().table.n, 9);
  scores.labels.assign(10, -1);
  const auto refused = record_of(scores, 0);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kBadInput);
}

TEST(Record, ComesBackFromTheModel) {
  Model model = three_exits();
  const CalibrationRecord written = solved(model, 200);
  store_calibration(written, model);
  const auto read = stored_calibration(model, "m.fovea");
  ASSERT_TRUE(read.ok()) << read.error().message();
  const CalibrationRecord& back = read.value();
  EXPECT_EQ(back.data, "made up");
  EXPECT_EQ(back.scoring, written.scoring);
  EXPECT_EQ(back.table.confidence, written.table.confidence);
  EXPECT_EQ(back.table.answer, written.table.answer);
  EXPECT_EQ(back.labels, written.labels);
  EXPECT_EQ(back.select, written.select);
  EXPECT_EQ(back.certify, written.certify);
  ASSERT_EQ(back.curve.size(), written.curve.size());
  ASSERT_GT(back.curve.size(), 5U);
  for (size_t i = 0; i < back.curve.size(); ++i) {
    EXPECT_EQ(back.curve[i].rule.asked(), written.curve[i].rule.asked());
    EXPECT_EQ(back.curve[i].rule.policy().thresholds, written.curve[i].rule.policy().thresholds);
    EXPECT_EQ(back.curve[i].macs, written.curve[i].macs);
  }
  EXPECT_EQ(back.candidates.size(), written.candidates.size());
  EXPECT_EQ(back.times[0].key, written.times[0].key);
  EXPECT_EQ(back.times[0].segment_ms, written.times[0].segment_ms);
  EXPECT_EQ(back.certificates[0].changes.lost, 2);
  EXPECT_EQ(back.certificates[0].promise.confidence, 95);
}

TEST(Record, SaysWhichSamplesAndWeightsItIsOf) {
  Model model = three_exits();
  model.params["w"] = Tensor({2}, std::vector<float>{1, 2});
  CalibrationRecord written = solved(model, 50);
  written.choice = {.take = 60, .corrupt = "noise:3", .hold_out = 500, .hold_out_seed = 9};
  written.choice.trained_on = 0;
  for (uint64_t i = 0; i < 50; ++i) written.pictures.push_back(~i);
  written.weights = weights_digest(model);
  store_calibration(written, model);
  const CalibrationRecord back = stored_calibration(model, "m.fovea").value();
  EXPECT_EQ(back.choice.take, 60);
  EXPECT_EQ(back.choice.corrupt, "noise:3");
  EXPECT_EQ(back.choice.hold_out, 500);
  EXPECT_EQ(back.choice.hold_out_seed, 9);
  EXPECT_EQ(back.choice.trained_on, 0);
  EXPECT_EQ(back.pictures, written.pictures);
  EXPECT_EQ(back.weights, weights_digest(model));
  EXPECT_EQ(samples_digest(back).size(), 64U);
  EXPECT_THAT(model.metadata["fovea.calibration"], HasSubstr(samples_digest(written)));
  const std::vector<uint64_t> others{~uint64_t{3}, ~uint64_t{49}, ~uint64_t{50}, 7};
  EXPECT_EQ(n_calibrated_on(back, others), 2);

  CalibrationRecord relabelled = written;
  relabelled.labels[0] = 1 - relabelled.labels[0];
  EXPECT_NE(samples_digest(relabelled), samples_digest(written));
  model.params["w"].f()[1] = 3;
  EXPECT_NE(weights_digest(model), written.weights);
}

TEST(Record, OfAnOlderProgramLoads) {
  Model model = three_exits();
  store_calibration(solved(model, 50), model);
  ASSERT_FALSE(model.extra.contains("fovea.calibration.picture"));
  EXPECT_THAT(model.metadata["fovea.calibration"], testing::Not(HasSubstr("hold_out")));
  const CalibrationRecord back = stored_calibration(model, "m.fovea").value();
  EXPECT_FALSE(back.choice.take || back.choice.hold_out || back.choice.trained_on);
  EXPECT_EQ(samples_digest(back), "");
}

TEST(Record, TheCheapestThatReachesAnAccuracyIsChosenOnTheSelectingHalf) {
  const Model model = three_exits();
  CalibrationRecord record = solved(model, 400);
  ASSERT_GT(record.curve.size(), 3U);
  const double wanted = record.curve[2].top1;
  // What the other half says does not matter.
  record.curve[0].held_out_top1 = 100;
  EXPECT_EQ(cheapest_reaching(record, wanted), &record.curve[2]);
  EXPECT_EQ(cheapest_reaching(record, 0), &record.curve[0]);
  EXPECT_EQ(cheapest_reaching(record, 100.5), nullptr);
  const Expectation expected = expected_of(record, record.curve[2].rule, macs_of(model.graph));
  EXPECT_TRUE(expected.held_out);
  EXPECT_EQ(expected.n, 200);
  EXPECT_NEAR(100.0 * static_cast<double>(expected.correct) / 200, record.curve[2].held_out_top1,
              1e-9);
}

TEST(Record, OneSampleIsEnoughToStore) {
  Model model = three_exits();
  CalibrationRecord record = record_of(three_exit_scores(1), 0).value();
  solve_curve(record, model.graph);
  store_calibration(record, model);
  EXPECT_TRUE(stored_calibration(model, "m").ok());
}

TEST(Record, BelongsToExitsThatAreScoredAsTheyWere) {
  Model model = three_exits();
  const CalibrationRecord record = solved(model, 60);
  store_calibration(record, model);
  const std::vector<Scoring> other(3, {.metric = Metric::kMaxSoftmax, .temperature = 2});
  model.graph = with_scoring(model.graph, other);
  const auto refused = stored_calibration(model, "m.fovea");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kBadInput);
  EXPECT_THAT(refused.error().hint, HasSubstr("fovea calibrate"));
}

TEST(Record, AModelWithoutSaysHowToGetIt) {
  const auto refused = stored_calibration(three_exits(), "m.fovea");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUsage);
  EXPECT_THAT(refused.error().hint, HasSubstr("fovea calibrate"));
}

TEST(Record, RefusesWhatIsDamaged) {
  const Model whole = [] {
    Model model = three_exits();
    store_calibration(solved(model, 60), model);
    return model;
  }();
  const auto refuses = [&whole](const auto& damage) {
    Model model = whole;
    damage(model);
    const auto read = stored_calibration(model, "m.fovea");
    return !read.ok() && read.error().kind == ErrorKind::kBadInput;
  };
  EXPECT_TRUE(refuses([](Model& m) { m.metadata["fovea.calibration"] = "{"; }));
  EXPECT_TRUE(refuses([](Model& m) { m.metadata.erase("fovea.calibration"); }));
  EXPECT_TRUE(refuses([](Model& m) {
    m.metadata["fovea.calibration"] = R"({"seed":0,"curve":[{"policy":{"exit":7}}]})";
  }));
  EXPECT_TRUE(refuses([](Model& m) {
    m.metadata["fovea.calibration"] =
        R"({"seed":0,"times":[{"batch":1,"threads":1,"load_ms":0,"segment_ms":[1]}]})";
  }));
  EXPECT_TRUE(refuses([](Model& m) {
    m.extra["fovea.calibration.confidence"] = Tensor::f32({2, 60});
  }));
  EXPECT_TRUE(
      refuses([](Model& m) { m.extra["fovea.calibration.label"] = Tensor(DType::kU8, {59}); }));
  EXPECT_TRUE(refuses([](Model& m) { m.extra["fovea.calibration.picture"] = Tensor::i64({59}); }));
  EXPECT_TRUE(refuses([](Model& m) {
    Tensor places(DType::kU8, {2});
    m.extra["fovea.calibration.certify"] = places;  // 0 twice
  }));
  EXPECT_TRUE(refuses([](Model& m) {
    Tensor labels(DType::kI32, {60});
    labels.data<int32_t>()[5] = 3;
    m.extra["fovea.calibration.label"] = labels;
  }));
}

TEST(SegmentTimes, AHeadThatIsNotAskedTakesNoTime) {
  const Model model = three_exits();
  const SegmentTimes times{.load_ms = 1, .segment_ms = {14, 46, 46}};
  const AskedCost cost = ms_of(times, model.graph);
  const std::vector<int> all{0, 1, 2};
  EXPECT_THAT(cost(all),
              testing::ElementsAre(testing::DoubleNear(15, 1e-9), testing::DoubleNear(61, 1e-9),
                                   testing::DoubleNear(107, 1e-9)));
  // Segment 0 has 80 + 60 multiply-adds, the others 400 + 60: heads take 6 ms each.
  const std::vector<int> last{2};
  EXPECT_THAT(cost(last), testing::ElementsAre(testing::DoubleNear(95, 1e-9)));
}

}  // namespace
}  // namespace fovea
