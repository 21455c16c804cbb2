#include "report/training_log.h"

#include <gmock/gmock.h>

namespace fovea::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(TrainingRecord, GivesRecipeSeedAndCurves) {
  const auto facts = training_from_record(
                         R"({"recipe":"[data]","seed":7,"n_train":45,"n_val":5,"log":[
             {"kind":"epoch","epoch":0,"lr":0.1,"loss":2,"loss_per_exit":[1.2,0.8],
              "top1_per_exit":[40,50],"val_top1_per_exit":[41,52]}]})",
                         "test")
                         .value();
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->recipe, "[data]");
  EXPECT_EQ(facts->seed, "7");
  EXPECT_EQ(facts->n_train, 45);
  ASSERT_EQ(facts->epochs.size(), 1U);
  EXPECT_EQ(facts->epochs[0].epoch, 1);
  EXPECT_THAT(facts->epochs[0].val_top1, ElementsAre(41, 52));
}

TEST(TrainingRecord, MayBeAbsentButNotBroken) {
  EXPECT_FALSE(training_from_record("", "test").value());
  EXPECT_THAT(training_from_record("[1]", "m.fovea").error().message(), HasSubstr("m.fovea"));
  // Keys of another kind than expected are passed over.
  const auto odd = training_from_record(R"({"seed":"x","log":[3,{"kind":"epoch"}]})", "t").value();
  EXPECT_EQ(odd->seed, "unknown");
  ASSERT_EQ(odd->epochs.size(), 1U);
}

TEST(Metrics, LinesOfEpochsCountAlone) {
  TrainingFacts facts;
  take_metrics(facts,
               "{\"kind\":\"step\",\"epoch\":0,\"loss\":9}\n"
               "{\"kind\":\"epoch\",\"epoch\":0,\"loss\":3}\n"
               "{\"kind\":\"epoch\",\"epoch\":1,\"loss\":2}\n"
               "{\"kind\":\"epo",
               "metrics.jsonl");
  ASSERT_EQ(facts.epochs.size(), 2U);
  EXPECT_EQ(facts.epochs[1].loss, 2);
  EXPECT_EQ(facts.source, "metrics.jsonl");
}

}  // namespace
}  // namespace fovea::report
