#include "learner/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fovea {
namespace {

using testing::HasSubstr;

constexpr std::string_view kSmall = R"([network]
name = "ranet-a-cifar10"
[data]
name = "cifar10"
)";

std::string with(const std::string& more) { return std::string(kSmall) + more; }

ErrorInfo error_of(const std::string& text, const RecipeSettings& settings = {}) {
  const Result<Recipe> recipe = parse_recipe(text, "r.toml", settings);
  return recipe.ok() ? ErrorInfo{.what = "no error"} : recipe.error();
}

TEST(Recipe, DefaultsAreTheOfficialTraining) {
  const Recipe recipe = parse_recipe(kSmall, "r.toml").value();
  ASSERT_EQ(recipe.stages.size(), 1U);
  const Stage& stage = recipe.stages[0];
  EXPECT_EQ(stage.epochs, 300);
  EXPECT_EQ(recipe.run.batch, 64);
  EXPECT_EQ(stage.objective.kind, "multi_exit");
  EXPECT_EQ(stage.optimizer.momentum, 0.9);
  EXPECT_EQ(stage.optimizer.weight_decay, 1e-4);
  EXPECT_EQ(stage.optimizer.nesterov, Nesterov::kNo);
  EXPECT_EQ(stage.schedule.at(149, 0, 704, 300), 0.1);
  EXPECT_NEAR(stage.schedule.at(150, 0, 704, 300), 0.01, 1e-15);
  EXPECT_NEAR(stage.schedule.at(225, 0, 704, 300), 0.001, 1e-15);
}

TEST(Recipe, TheResolvedTextParsesBackToItself) {
  const Recipe recipe = parse_recipe(R"([network]
name = "ranet"
[network.set]
nBlocks = 2
"odd key" = "a\"b\\c"
[data]
name = "x y"
[run]
seed = 12345678901
[[stage]]
epochs = 3
trainable = ["classifier.", "FirstLayer."]
[stage.objective]
exit_weights = [1, 0.25, 1e-7]
[[stage]]
epochs = 2
[stage.schedule]
kind = "cosine"
rate = 0.05
[stage.optimizer]
nesterov = true
)",
                                     "r.toml")
                            .value();
  const std::string text = recipe_text(recipe);
  const Recipe again = parse_recipe(text, "again").value();
  EXPECT_EQ(recipe_text(again), text);
  EXPECT_EQ(again.stages.size(), 2U);
  EXPECT_EQ(again.stages[1].optimizer.nesterov, Nesterov::kYes);
  EXPECT_EQ(again.stages[0].objective.exit_weights, (std::vector<double>{1, 0.25, 1e-7}));
  EXPECT_EQ(again.network.set.at("odd key"), "a\"b\\c");
  EXPECT_EQ(again.network.set.at("nBlocks"), "2");
  EXPECT_EQ(again.epochs(), 5);
}

TEST(Recipe, AMisspeltKeyNamesItsPlaceAndTheNearest) {
  const ErrorInfo error = error_of(with("[run]\nbatsh = 3\n"));
  EXPECT_EQ(error.kind, ErrorKind::kBadInput);
  EXPECT_THAT(error.what, HasSubstr("unknown key"));
  EXPECT_THAT(error.where, HasSubstr("r.toml: run.batsh"));
  EXPECT_THAT(error.hint, HasSubstr("'batch'"));
  EXPECT_THAT(error_of(with("[[stage]]\n[stage.schedul]\n")).where, HasSubstr("stage.0.schedul"));
  EXPECT_THAT(error_of(with("[runs]\n")).hint, HasSubstr("'run'"));
}

TEST(Recipe, WrongTypesAndValuesSayWhatWasExpected) {
  EXPECT_THAT(error_of(with("[run]\nbatch = \"many\"\n")).message(),
              testing::AllOf(HasSubstr("an integer"), HasSubstr("the text 'many'")));
  EXPECT_THAT(error_of(with("[run]\nbatch = 0\n")).message(), HasSubstr("1 to 65536"));
  EXPECT_THAT(error_of(with("[[stage]]\n[stage.schedule]\nkind = \"cosin\"\n")).hint,
              HasSubstr("'cosine'"));
  EXPECT_THAT(error_of("[data]\nname = \"x\"\n").message(), HasSubstr("'name' or 'graph'"));
  EXPECT_THAT(error_of("[network]\ngraph = \"x\"\n").message(), HasSubstr("data.name"));
}

TEST(Recipe, BrokenTextNamesTheLine) {
  EXPECT_THAT(error_of("[network]\nname = \n").where, HasSubstr("r.toml:2"));
  EXPECT_THAT(error_of(std::string(100000, '[')).message(), HasSubstr("cannot be read"));
  EXPECT_EQ(error_of(std::string("\xff\xfe")).kind, ErrorKind::kBadInput);
}

TEST(Recipe, SettingsReplaceValues) {
  const std::string text = with("[[stage]]\nepochs = 3\n[[stage]]\nepochs = 4\n");
  const Recipe recipe = parse_recipe(text, "r.toml",
                                     {{"run.batch", "16"},
                                      {"stage.1.epochs", "9"},
                                      {"stage.schedule.rate", "0.5"},
                                      {"network.set.nBlocks", "3"},
                                      {"data.name", "my pictures/"}})
                            .value();
  EXPECT_EQ(recipe.run.batch, 16);
  EXPECT_EQ(recipe.stages[0].epochs, 3);
  EXPECT_EQ(recipe.stages[1].epochs, 9);
  EXPECT_EQ(recipe.stages[0].schedule.rate, 0.5);
  EXPECT_EQ(recipe.stages[1].schedule.rate, 0.5);
  EXPECT_EQ(recipe.network.set.at("nBlocks"), "3");
  EXPECT_EQ(recipe.data.name, "my pictures/");
}

TEST(Recipe, AWrongSettingIsAMatterOfUsage) {
  const ErrorInfo unknown = error_of(with(""), {{"run.batsh", "3"}});
  EXPECT_EQ(unknown.kind, ErrorKind::kUsage);
  EXPECT_THAT(unknown.hint, HasSubstr("'batch'"));
  EXPECT_EQ(error_of(with(""), {{"run.batch", "many"}}).kind, ErrorKind::kUsage);
  EXPECT_EQ(error_of(with("[[stage]]\n"), {{"stage.5.epochs", "1"}}).kind, ErrorKind::kUsage);
}

TEST(Recipe, AWrongSettingOfStagesIsAMatterOfUsageToo) {
  const std::string text = with("[[stage]]\nepochs = 1\n[[stage]]\nepochs = 2\n");
  for (const char* key : {"stage.mixupp", "stage.1.mixupp", "stage.objectiv.kind", "runs.batch",
                          "stage.epochs.more", "stage.schedule"}) {
    const ErrorInfo error = error_of(text, {{key, "1"}});
    EXPECT_EQ(error.kind, ErrorKind::kUsage) << key;
    EXPECT_THAT(error.where, testing::Not(HasSubstr("r.toml"))) << key;
  }
  const ErrorInfo misspelt = error_of(text, {{"stage.mixupp", "1"}});
  EXPECT_EQ(misspelt.where, "stage.0.mixupp");
  EXPECT_THAT(misspelt.hint, HasSubstr("'mixup'"));
}

TEST(Recipe, TheTextIsToBlameForItsOwnMistakesWhateverTheSettings) {
  const ErrorInfo error =
      error_of(with("[[stage]]\nmixupp = 1\n"), {{"stage.mixup", "0.2"}, {"run.batch", "8"}});
  EXPECT_EQ(error.kind, ErrorKind::kBadInput);
  EXPECT_EQ(error.where, "r.toml: stage.0.mixupp");
}

TEST(Recipe, ValuesThatNoTrainingCanMeanAreRefused) {
  struct Case {
    const char* key;
    const char* value;
    const char* expected;
  };
  for (const Case& test :
       {Case{"schedule.milestones", "[2]", "0 to 1"},
        {"schedule.milestones", "[-0.1]", "0 to 1"},
        {"schedule.milestones", "[0.9, 0.1]", "each number above the one before it"},
        {"schedule.milestones", "[0.5, 0.5]", "each number above the one before it"},
        {"objective.exit_weights", "[-1, 1, 1]", "0 to 1e+06"},
        {"objective.exit_weights", "[0, 0, 0]", "at least one number above 0"},
        {"objective.label_smoothing", "1", "0 to below 1"},
        {"ema_decay", "1", "0 to below 1"}}) {
    const ErrorInfo error = error_of(with(""), {{std::string("stage.") + test.key, test.value}});
    EXPECT_EQ(error.kind, ErrorKind::kUsage) << test.key << test.value;
    EXPECT_EQ(error.expected, test.expected) << test.key << test.value;
  }
  for (const auto& [key, value] : RecipeSettings{{"stage.schedule.milestones", "[]"},
                                                 {"stage.schedule.milestones", "[0.25, 0.5, 1]"},
                                                 {"stage.objective.exit_weights", "[0, 0, 1]"},
                                                 {"stage.objective.label_smoothing", "0.99"}}) {
    EXPECT_TRUE(parse_recipe(with(""), "r.toml", {{key, value}}).ok()) << key << value;
  }
}

TEST(Schedule, CosineWithWarmupRisesThenFallsToZero) {
  const Schedule schedule{.kind = "cosine", .rate = 0.2, .warmup_epochs = 0.5};
  EXPECT_LT(schedule.at(0, 0, 100, 10), 0.01);
  EXPECT_LT(schedule.at(0, 10, 100, 10), schedule.at(0, 11, 100, 10));
  EXPECT_NEAR(schedule.at(0, 50, 100, 10), 0.2, 1e-12);
  EXPECT_LT(schedule.at(9, 99, 100, 10), 1e-5);
  const Schedule official{.kind = "cosine", .rate = 0.1};
  EXPECT_NEAR(official.at(5, 0, 100, 10), 0.05, 1e-12);
}

TEST(Schedule, StepFallsEveryThirtyEpochs) {
  const Schedule schedule{.kind = "step"};
  EXPECT_EQ(schedule.at(29, 0, 10, 90), 0.1);
  EXPECT_NEAR(schedule.at(60, 0, 10, 90), 0.001, 1e-15);
}

}  // namespace
}  // namespace fovea
