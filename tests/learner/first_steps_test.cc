// The shipped model's training begins again as its record says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "data/core/find.h"
#include "fovea/model.h"
#include "learner/training.h"
#include "trainer/task.h"

namespace fovea {
namespace {

/// The steps whose losses are compared.
constexpr size_t kSteps = 50;

class FirstSteps : public testing::TestWithParam<std::string> {};

TEST_P(FirstSteps, GiveTheLossesOfTheRecord) {
  const std::string path = std::string(FOVEA_SOURCE_DIR) + "/models/" + GetParam() + ".fovea";
  const auto record = nlohmann::json::parse(load_model_header(path).value().training);
  const Recipe recipe = parse_recipe(record["recipe"].get<std::string>(), path).value();
  std::string folder = testing::TempDir() + "fovea-first-steps-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const auto pack = [](const std::string& name, const std::string& split, const std::string&,
                       int) -> Result<std::string> {
    const Result<DataPlace> place = find_data(name, split, find_options());
    if (!place.ok()) return place.error();
    return place.value().path;
  };
  const TrainingTask task = make_task(recipe, {.run_folder = folder, .pack = pack});
  ASSERT_EQ(task.data_digest, record["data"]);
  train(task, {.run_folder = folder, .stop_after_steps = kSteps, .threads = record["threads"]});
  const std::string text = read_file(folder + "/metrics.jsonl").value();
  std::filesystem::remove_all(folder);
  std::vector<double> losses;
  for (size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1) {
    losses.push_back(
        nlohmann::json::parse(text.substr(begin, text.find('\n', begin) - begin))["loss"]);
  }
  ASSERT_EQ(losses.size(), kSteps);
  ASSERT_GE(record["first_losses"].size(), kSteps);
  for (size_t i = 0; i < kSteps; ++i) {
    EXPECT_NEAR(losses[i], record["first_losses"][i].get<double>(), 1e-3) << "step " << i;
  }
}
INSTANTIATE_TEST_SUITE_P(Models, FirstSteps, testing::Values("scenes"));

}  // namespace
}  // namespace fovea
