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
#include "learner/process.h"
#include "learner/training.h"
#include "trainer/task.h"
#ifdef FOVEA_HAS_CODECS
#include "data/codecs/file_set.h"
#endif

namespace fovea {
namespace {

/// The steps whose losses are compared.
constexpr size_t kSteps = 50;
constexpr size_t kEqualSteps = 4;

/// The training split as a pack in the run's folder; the other splits are not needed.
Result<std::string> pack_training_split(const app::PackRequest& request) {
  const std::string& name = request.name;
  const std::string& split = request.split;
  if (split != "train") return ErrorInfo{.kind = ErrorKind::kBadInput, .what = "not needed"};
#ifdef FOVEA_HAS_CODECS
  const Result<DatasetPtr> data = open_data(name, split, find_options());
#else
  const Result<DataPlace> place = find_data(name, split, find_options());
  if (!place.ok()) return place.error();
  const Result<DatasetPtr> data = open_without_codecs(place.value(), {});
#endif
  if (!data.ok()) return data.error();
  const std::string path = request.folder + "/" + split + ".fpack";
  const Status written = write_pack(path, *data.value(), Overwrite::kAllow);
  if (!written.ok()) return written.error();
  return path;
}

class FirstSteps : public testing::TestWithParam<std::string> {};

/// A shipped model's record, and the losses of its first steps when they are done again.
struct Again {
  nlohmann::json record;
  std::vector<double> losses;
};

/// `path`: as run.path, or empty: the record's.
Again train_again(const std::string& name, std::string path) {
  const std::string file = std::string(FOVEA_SOURCE_DIR) + "/models/" + name + ".fovea";
  Again out{.record = nlohmann::json::parse(load_model_header(file).value().training)};
  // Records of the time before there were two paths do not name one.
  if (path.empty()) path = out.record.value("path", "eager");
  const Recipe recipe =
      parse_recipe(out.record["recipe"].get<std::string>(), file, {{"run.path", path}}).value();
  std::string folder = testing::TempDir() + "fovea-first-steps-XXXXXX";
  FOVEA_CHECK(::mkdtemp(folder.data()) != nullptr);
  const TrainingTask task = make_task(recipe, {.run_folder = folder, .pack = pack_training_split});
  EXPECT_EQ(task.data_digest, out.record["data"]);
  train(task, {.run_folder = folder, .stop_after_steps = kSteps, .threads = out.record["threads"]});
  const std::string text = read_file(folder + "/metrics.jsonl").value();
  std::filesystem::remove_all(folder);
  for (size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1) {
    out.losses.push_back(
        nlohmann::json::parse(text.substr(begin, text.find('\n', begin) - begin))["loss"]);
  }
  return out;
}

/// Where rounding differs, and training amplifies it: a few steps are equal, later ones alike.
void expect_alike(const Again& again) {
  ASSERT_EQ(again.losses.size(), kSteps);
  double sum = 0;
  double expected_sum = 0;
  for (size_t i = 0; i < kSteps; ++i) {
    const double expected = again.record["first_losses"][i].get<double>();
    if (i < kEqualSteps) {
      EXPECT_NEAR(again.losses[i], expected, 1e-3) << "step " << i;
    }
    sum += again.losses[i];
    expected_sum += expected;
  }
  EXPECT_NEAR(sum / kSteps, expected_sum / kSteps, 0.02);
}

bool has_data(const std::string& name) {
  const std::string file = std::string(FOVEA_SOURCE_DIR) + "/models/" + name + ".fovea";
  const auto record = nlohmann::json::parse(load_model_header(file).value().training);
  const Recipe recipe = parse_recipe(record["recipe"].get<std::string>(), file).value();
  return recipe.data.name == "scenes" || find_data(recipe.data.name, "train", find_options()).ok();
}

TEST_P(FirstSteps, GiveTheLossesOfTheRecord) {
  if (!has_data(GetParam())) GTEST_SKIP() << "the data set is not here ($FOVEA_DATA)";
  const Again again = train_again(GetParam(), "");
  ASSERT_EQ(again.losses.size(), kSteps);
  ASSERT_GE(again.record["first_losses"].size(), kSteps);
  if (again.record.value("instruction_set", "") != instruction_set()) return expect_alike(again);
  for (size_t i = 0; i < kSteps; ++i) {
    EXPECT_NEAR(again.losses[i], again.record["first_losses"][i].get<double>(), 1e-3)
        << "step " << i;
  }
}

TEST_P(FirstSteps, GiveTheSameCurveOnEitherPath) {
  if (!has_data(GetParam())) GTEST_SKIP() << "the data set is not here ($FOVEA_DATA)";
  expect_alike(train_again(GetParam(), "auto"));
}

INSTANTIATE_TEST_SUITE_P(Scenes, FirstSteps, testing::Values("ranet-scenes"));
#ifdef FOVEA_HAS_CODECS
INSTANTIATE_TEST_SUITE_P(Cifar10, FirstSteps, testing::Values("ranet-small-cifar10"));
#endif

}  // namespace
}  // namespace fovea
