// Every shipped recipe, for every named configuration of its family.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "base/file.h"
#include "data/core/pack.h"
#include "learner/training_step.h"
#include "trainer/task.h"
#include "zoo/zoo.h"

namespace fovea {
namespace {

const std::string kFolder = std::string(FOVEA_SOURCE_DIR) + "/recipes/";

Recipe recipe_of(const std::string& file, const RecipeSettings& settings = {}) {
  return parse_recipe(read_file(kFolder + file).value(), file, settings).value();
}

std::vector<std::string> names_of(const std::string& family, bool cifar) {
  std::vector<std::string> out;
  for (const std::string& name : network_names()) {
    if (name.starts_with(family) && (name.find("-cifar10") != std::string::npos) == cifar) {
      out.push_back(name);
    }
  }
  return out;
}

TEST(Recipes, ThatAreShippedFitTheirNetworks) {
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    SCOPED_TRACE(entry.path());
    const Recipe recipe = recipe_of(entry.path().filename().string());
    const bool cuts_parts = recipe.data.augment == "random_resized_crop";
    EXPECT_EQ(recipe.data.pack, cuts_parts ? "encoded" : "pixels");
    const Graph graph = make_network(
        recipe.network.name, Settings(recipe.network.set.begin(), recipe.network.set.end()));
    for (const Stage& stage : recipe.stages) {
      EXPECT_NO_THROW(check_stage(graph, stage, at::kCPU, path_choice(recipe.run.path)));
    }
    ++seen;
  }
  EXPECT_GE(seen, 12);
}

/// specs/ranet.md 7.1 to 7.5.
void expect_official(const Recipe& recipe, bool cifar) {
  ASSERT_EQ(recipe.stages.size(), 1U);
  const Stage& stage = recipe.stages[0];
  EXPECT_EQ(stage.epochs, cifar ? 300 : 90);
  EXPECT_EQ(recipe.run.batch, cifar ? 64 : 256);
  EXPECT_EQ(recipe.data.augment, cifar ? "pad_crop_flip" : "random_resized_crop");
  EXPECT_EQ(recipe.data.pad, 4);
  // Random parts come from whole pictures, not from their centre squares.
  EXPECT_EQ(recipe.data.pack, cifar ? "pixels" : "encoded");
  EXPECT_EQ(stage.objective.kind, "multi_exit");
  EXPECT_TRUE(stage.objective.exit_weights.empty());
  EXPECT_EQ(stage.objective.label_smoothing, 0);
  EXPECT_EQ(stage.optimizer.momentum, 0.9);
  EXPECT_EQ(stage.optimizer.dampening, 0);
  EXPECT_EQ(stage.optimizer.weight_decay, 1e-4);
  EXPECT_EQ(stage.optimizer.nesterov, Nesterov::kNo);
  EXPECT_EQ(stage.schedule.warmup_epochs, 0);
  EXPECT_EQ(stage.mixup, 0);
  EXPECT_EQ(stage.ema_decay, 0);
  EXPECT_EQ(stage.gradients, "plain");
  EXPECT_EQ(stage.weighting.kind, "none");
  const auto rate = [&](int64_t epoch) { return stage.schedule.at(epoch, 0, 100, stage.epochs); };
  const int64_t first = cifar ? 150 : 30;
  const int64_t second = cifar ? 225 : 60;
  EXPECT_EQ(rate(0), 0.1);
  EXPECT_EQ(rate(first - 1), 0.1);
  EXPECT_NEAR(rate(first), 0.01, 1e-15);
  EXPECT_NEAR(rate(second - 1), 0.01, 1e-15);
  EXPECT_NEAR(rate(second), 0.001, 1e-15);
  EXPECT_NEAR(rate(stage.epochs - 1), 0.001, 1e-15);
}

struct FamilyCase {
  std::string family;
  bool cifar;
  size_t n;
};
void PrintTo(const FamilyCase& test, std::ostream* out) { *out << test.family << test.cifar; }
class FamilyRecipes : public testing::TestWithParam<FamilyCase> {};

TEST_P(FamilyRecipes, TrainEveryNamedConfigurationAsPublished) {
  const auto& [family, cifar, n] = GetParam();
  const std::vector<std::string> names = names_of(family, cifar);
  EXPECT_EQ(names.size(), n);
  const std::string file = family + (cifar ? "-cifar.toml" : "-imagenet.toml");
  // The recipe names no data: what is asked for is the network's own.
  std::set<std::string> asked;
  std::set<PackForm> forms;
  const PackFunction nothing = [&](const app::PackRequest& request) -> Result<std::string> {
    asked.insert(request.name + "/" + request.split + "/" + std::to_string(request.side));
    forms.insert(request.form);
    return ErrorInfo{.kind = ErrorKind::kBadInput, .what = "no data in this test"};
  };
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const Recipe recipe = recipe_of(file, {{"network.name", name}});
    expect_official(recipe, cifar);
    const Graph graph = make_network(name);
    EXPECT_NO_THROW(check_stage(graph, recipe.stages[0], at::kCPU, PathChoice::kAuto));
    // Nothing stands in the way but a build that leaves the fast path out.
    EXPECT_THAT(path_obstacle(graph, recipe.stages[0], at::kCPU),
                testing::AnyOf("", testing::HasSubstr("FOVEA_FAST_TRAINING")));
    const std::string folder = testing::TempDir() + "fovea-recipes";
    EXPECT_THROW(make_task(recipe, {.run_folder = folder, .pack = nothing}), Error);
    std::filesystem::remove_all(folder);
  }
  EXPECT_THAT(forms, testing::ElementsAre(cifar ? PackForm::kPixels : PackForm::kEncoded));
  if (cifar) {
    EXPECT_THAT(asked, testing::ElementsAre("cifar10/train/32", "cifar100/train/32"));
  } else {
    EXPECT_THAT(asked, testing::ElementsAre("imagenet/train/256"));
  }
}
INSTANTIATE_TEST_SUITE_P(Families, FamilyRecipes,
                         testing::Values(FamilyCase{"ranet", true, 10},
                                         FamilyCase{"ranet", false, 3},
                                         FamilyCase{"msdnet", true, 10},
                                         FamilyCase{"msdnet", false, 6}));

TEST(Recipes, OptionsAreAllTakenUp) {
  const Stage stage = recipe_of("ranet-options.toml").stages.at(0);
  EXPECT_EQ(stage.gradients, "equilibrium");
  EXPECT_EQ(stage.objective.kind, "boosted");
  EXPECT_EQ(stage.weighting.kind, "learned");
  EXPECT_GT(stage.mixup, 0);
  EXPECT_GT(stage.ema_decay, 0);
  EXPECT_GT(stage.objective.label_smoothing, 0);
  EXPECT_GT(stage.schedule.warmup_epochs, 0);
}

}  // namespace
}  // namespace fovea
