// What training does with its data: the stored division, packs of encoded files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/words.h"
#include "data/core/pack.h"
#include "data/core/scenes.h"
#include "learner/run_folder.h"
#include "learner/training.h"
#include "model/safetensors.h"
#include "tiny_ranet.h"
#include "trainer/task.h"

namespace fovea {
namespace {

using testing::HasSubstr;

const std::string kRecipe = tiny_ranet(2) + R"(
[data]
name = "toy"
test = ""
hold_out = 6
pack = "encoded"
augment = "random_resized_crop"
transform = "resize=40,crop=32"
[run]
batch = 8
seed = 3
[[stage]]
epochs = 1
)";

/// A "file" is the number of a scene, drawn when it is decoded.
Result<Picture> scene_decoder(std::string_view bytes, std::string_view source) {
  const std::optional<int64_t> number = parse_int(bytes);
  if (!number) {
    return ErrorInfo{
        .kind = ErrorKind::kBadInput, .what = "not a picture", .where = std::string(source)};
  }
  return render_scene({.seed = 5, .side = static_cast<int32_t>(36 + *number % 9)}, *number).picture;
}

class TrainingData : public testing::Test {
 protected:
  TrainingData() {
    std::string folder = testing::TempDir() + "fovea-training-data-XXXXXX";
    FOVEA_CHECK(::mkdtemp(folder.data()) != nullptr);
    folder_ = folder;
  }
  ~TrainingData() override { std::filesystem::remove_all(folder_); }

  /// A pack of 30 pictures; picture `broken` cannot be decoded.
  std::string pack(int64_t broken = -1) {
    std::vector<std::string> classes;
    for (int c = 0; c < 10; ++c) classes.push_back("c" + std::to_string(c));
    std::string path = folder_ + "/train.fpack";
    PackWriter writer = PackWriter::create_encoded(path, Overwrite::kAllow, classes).value();
    for (int64_t i = 0; i < 30; ++i) {
      writer
          .add_file(i == broken ? "x" : std::to_string(i), static_cast<int32_t>(i % 10),
                    "picture" + std::to_string(i))
          .value();
    }
    writer.commit().value();
    return path;
  }
  TrainingResult run(const std::string& path, PictureDecoder decoder,
                     const TrainingOptions& more = {}, const RecipeSettings& settings = {}) {
    const Recipe recipe = parse_recipe(kRecipe, "recipe", settings).value();
    const TrainingTask task =
        make_task(recipe, {.run_folder = folder_ + "/run",
                           .pack = [&](const app::PackRequest& request) -> Result<std::string> {
                             EXPECT_EQ(request.form, PackForm::kEncoded);
                             return path;
                           },
                           .decoder = std::move(decoder)});
    TrainingOptions options = more;
    options.run_folder = folder_ + "/run";
    return train(task, options);
  }
  std::string error_of_run(const std::string& path, PictureDecoder decoder,
                           const TrainingOptions& more = {}, const RecipeSettings& settings = {}) {
    try {
      run(path, std::move(decoder), more, settings);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
  [[nodiscard]] std::string split_file() const { return RunFolder(folder_ + "/run").split(); }

 private:
  std::string folder_;
};

TEST_F(TrainingData, DecodesPicturesOfAnySizeAndStoresTheDivision) {
  const TrainingResult result = run(pack(), scene_decoder);
  EXPECT_EQ(result.end, TrainingEnd::kFinished);
  EXPECT_EQ(result.steps, 3);
  const TensorFile file = read_safetensors(split_file()).value();
  const HoldOut expected = hold_out(30, {.seed = 3, .count = 6});
  const auto stored = [&](const char* name) {
    const auto values = file.tensors.at(name).data<int64_t>();
    return std::vector<int64_t>(values.begin(), values.end());
  };
  EXPECT_EQ(stored("train"), expected.train);
  EXPECT_EQ(stored("val"), expected.val);
}

TEST_F(TrainingData, ResumesOnlyWithTheStoredDivision) {
  const std::string path = pack();
  run(path, scene_decoder, {.stop_after_steps = 1});
  HoldOut other = hold_out(30, {.seed = 3, .count = 6});
  std::swap(other.val[0], other.train[0]);
  save_split(split_file(), other).value();
  EXPECT_THAT(error_of_run(path, scene_decoder, {.resume = Resume::kYes}),
              HasSubstr("held out other pictures"));
  save_split(split_file(), hold_out(30, {.seed = 3, .count = 6})).value();
  EXPECT_EQ(run(path, scene_decoder, {.resume = Resume::kYes}).steps, 3);
}

TEST_F(TrainingData, NamesThePictureThatCannotBeDecoded) {
  const int64_t broken = hold_out(30, {.seed = 3, .count = 6}).train[4];
  EXPECT_THAT(error_of_run(pack(broken), scene_decoder),
              HasSubstr("train.fpack: picture" + std::to_string(broken)));
  EXPECT_THAT(error_of_run(pack(), {}, {.overwrite = Overwrite::kAllow}),
              HasSubstr("the pack holds encoded pictures"));
  EXPECT_THAT(error_of_run(pack(), scene_decoder, {.overwrite = Overwrite::kAllow},
                           {{"data.transform", "resize=32,crop=28"}}),
              HasSubstr("transform and network differ in size"));
}

}  // namespace
}  // namespace fovea
