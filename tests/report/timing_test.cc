// Which samples policies are timed on, and in which order models take turns.
#include "report/timing.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "recorded_model.h"

namespace fovea::report {
namespace {

using testing::ElementsAre;

TEST(SpreadSamples, OneOfEveryStretch) {
  const std::vector<int64_t> samples = spread_samples(10000, 1000);
  ASSERT_EQ(samples.size(), 1000U);
  for (size_t i = 0; i < samples.size(); ++i) {
    EXPECT_EQ(samples[i] / 10, static_cast<int64_t>(i));
  }
  EXPECT_EQ(samples, spread_samples(10000, 1000));
}

TEST(SpreadSamples, MeetEveryClassOfDataThatGoesRoundTheClasses) {
  std::set<int64_t> classes;
  for (const int64_t sample : spread_samples(10000, 1000)) classes.insert(sample % 10);
  EXPECT_EQ(classes.size(), 10U);
}

TEST(SpreadSamples, AllOfThemAreAllInOrder) {
  EXPECT_THAT(spread_samples(4, 4), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(spread_samples(7, 1).size(), 1U);
}

/// Says whose samples are loaded, and which.
class Watched final : public InputSource {
 public:
  Watched(std::string name, std::vector<std::string>& log) : name_(std::move(name)), log_(log) {}
  [[nodiscard]] int64_t n() const override { return inner_.n(); }
  [[nodiscard]] Result<LabelledInputs> load_listed(std::span<const int64_t> samples,
                                                   LoadTimes* times) const override {
    std::string line = name_;
    for (const int64_t sample : samples) line += " " + std::to_string(sample);
    log_.push_back(line);
    return inner_.load_listed(samples, times);
  }

 private:
  std::string name_;
  std::vector<std::string>& log_;
  TensorSource inner_{recorded_inputs(), recorded_labels()};
};

TEST(TimeSideBySide, EveryRoundHasAllModelsAndSamplesFromAllOverTheData) {
  ReferenceExecutor executor(scores_graph(2, 2), {});
  std::vector<std::string> log;
  const Watched a("A", log);
  const Watched b("B", log);
  PolicyPoint of_a{.policy = {.exit = 0}};
  PolicyPoint also_a{.policy = {.exit = 1}};
  PolicyPoint of_b{.policy = {.exit = 1}};
  EXPECT_EQ(time_side_by_side({{executor, a, {{&of_a}, {&also_a}}}, {executor, b, {{&of_b}}}},
                              {.n = 2, .rounds = 3})
                .value(),
            2);
  const std::vector<int64_t> samples = spread_samples(kSamples, 2);
  const std::string words = " " + std::to_string(samples[0]) + " " + std::to_string(samples[1]);
  EXPECT_GE(samples[1], kSamples / 2);
  EXPECT_THAT(log, ElementsAre("A" + words, "B" + words, "A" + words, "B" + words, "A" + words,
                               "B" + words));
  for (const PolicyPoint* point : {&of_a, &also_a, &of_b}) {
    ASSERT_EQ(point->rounds_ms.size(), 3U);
    std::vector<double> rounds = point->rounds_ms;
    std::sort(rounds.begin(), rounds.end());
    EXPECT_EQ(*point->ms, rounds[1]);
  }
}

}  // namespace
}  // namespace fovea::report
