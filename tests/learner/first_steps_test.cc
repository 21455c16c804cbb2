// The shipped model's training begins again as its record says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "data/core/find.h"
#include "data/core/pack.h"
#include "fovea/model.h"
#include "learner/training.h"
#include "trainer/task.h"
#ifdef FOVEA_HAS_CODECS
#include "data/codecs/file_set.h"
#endif

namespace fovea {
namespace {

/// The steps whose losses are compared.
constexpr size_t kSteps = 50;

/// The training split as a pack in the run's folder; the other splits are not needed.
Result<std::string> pack_training_split(const std::string& name, const std::string& split,
                                        const std::string& folder, int /*side*/) {
  if (split != "train") return ErrorInfo{.kind = ErrorKind::kBadInput, .what = "not needed"};
#ifdef FOVEA_HAS_CODECS
  const Result<DatasetPtr> data = open_data(name, split, find_options());
#else
  const Result<DataPlace> place = find_data(name, split, find_options());
  if (!place.ok()) return place.error();
  const Result<DatasetPtr> data = open_without_codecs(place.value(), {});
#endif
  if (!data.ok()) return data.error();
  const std::string path = folder + "/" + split + ".fpack";
  const Status written = write_pack(path, *data.value(), Overwrite::kAllow);
  if (!written.ok()) return written.error();
  return path;
}

class FirstSteps : public testing::TestWithParam<std::string> {};

TEST_P(FirstSteps, GiveTheLossesOfTheRecord) {
  const std::string path = std::string(FOVEA_SOURCE_DIR) + "/models/" + GetParam() + ".fovea";
  const auto record = nlohmann::json::parse(load_model_header(path).value().training);
  const Recipe recipe = parse_recipe(record["recipe"].get<std::string>(), path).value();
  std::string folder = testing::TempDir() + "fovea-first-steps-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const TrainingTask task = make_task(recipe, {.run_folder = folder, .pack = pack_training_split});
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
INSTANTIATE_TEST_SUITE_P(Scenes, FirstSteps, testing::Values("ranet-scenes"));
#ifdef FOVEA_HAS_CODECS
INSTANTIATE_TEST_SUITE_P(Cifar10, FirstSteps, testing::Values("ranet-small-cifar10"));
#endif

}  // namespace
}  // namespace fovea
