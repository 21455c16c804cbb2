// Training runs: what they leave behind, exact resume, and how they fail.
#include "learner/training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/file.h"
#include "base/sha256.h"
#include "base/words.h"
#include "fovea/model.h"
#include "learner/checkpoint.h"
#include "learner/fast_path.h"
#include "learner/metrics.h"
#include "learner/process.h"
#include "model/safetensors.h"
#include "tiny_ranet.h"
#include "trainer/task.h"
#include "trainer/train_command.h"

namespace fovea {
namespace {

using testing::HasSubstr;

const std::string kRecipe = tiny_ranet(2) + R"(
[data]
name = "scenes"
images = 44
test_images = 10
hold_out = 8
[run]
batch = 8
seed = 3
[[stage]]
epochs = 2
[stage.schedule]
kind = "cosine"
rate = 0.05
)";

class Training : public testing::Test {
 protected:
  Training() {
    std::string folder = testing::TempDir() + "fovea-training-XXXXXX";
    FOVEA_CHECK(::mkdtemp(folder.data()) != nullptr);
    folder_ = folder;
  }
  ~Training() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string run_folder(const std::string& name = "run") const {
    return folder_ + "/" + name;
  }
  TrainingResult run(const std::string& name, const TrainingOptions& more = {},
                     const RecipeSettings& settings = {}) {
    const Recipe recipe = parse_recipe(kRecipe, "recipe", settings).value();
    const TrainingTask task = make_task(recipe, {.run_folder = run_folder(name)});
    TrainingOptions options = more;
    options.run_folder = run_folder(name);
    return train(task, options);
  }
  ErrorInfo error_of_run(const std::string& name, const TrainingOptions& more = {},
                         const RecipeSettings& settings = {}) {
    try {
      run(name, more, settings);
    } catch (const Error& error) {
      return error.info();
    }
    return {.what = "no error"};
  }
  [[nodiscard]] std::vector<nlohmann::json> metrics(const std::string& name) const {
    std::vector<nlohmann::json> out;
    const std::string text = read_file(run_folder(name) + "/metrics.jsonl").value();
    for (const std::string_view line : split(text, '\n')) {
      if (!line.empty()) out.push_back(nlohmann::json::parse(line));
    }
    return out;
  }
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
};

bool same_bits(const NamedTensors& a, const NamedTensors& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [name, tensor] : a) {
    const auto other = b.find(name);
    if (other == b.end() || other->second.shape() != tensor.shape() ||
        !std::equal(tensor.raw(), tensor.raw() + tensor.bytes(), other->second.raw())) {
      return false;
    }
  }
  return true;
}

TEST_F(Training, LeavesModelCheckpointsMetricsAndRecipe) {
  const TrainingResult result = run("run");
  EXPECT_EQ(result.end, TrainingEnd::kFinished);
  EXPECT_EQ(result.epochs, 2);
  EXPECT_EQ(result.steps, 10);  // 36 pictures in batches of 8, the last of 4
  const Model model = load_model(result.model).value();
  EXPECT_EQ(model.labels.size(), 10U);
  EXPECT_THAT(model.transform, HasSubstr("crop=32"));
  const auto record = nlohmann::json::parse(model.training);
  EXPECT_EQ(record["n_train"], 36);
  EXPECT_EQ(record["first_losses"].size(), 10U);
  EXPECT_EQ(record["log"].size(), 2U);
  EXPECT_EQ(record["test_top1_per_exit"].size(), 3U);
  EXPECT_EQ(record["seed"], 3);
  EXPECT_TRUE(parse_recipe(record["recipe"].get<std::string>(), "record").ok());
  EXPECT_EQ(read_file(run_folder() + "/recipe.toml").value(), record["recipe"]);
  EXPECT_TRUE(std::filesystem::exists(run_folder() + "/last.safetensors"));
  EXPECT_TRUE(std::filesystem::exists(run_folder() + "/best.safetensors"));
  for (const auto& line : metrics("run")) {
    for (const char* key :
         {"epoch", "step", "lr", "loss", "loss_per_exit", "top1_per_exit", "images_per_s"}) {
      EXPECT_TRUE(line.contains(key)) << key;
    }
  }
  EXPECT_EQ(metrics("run").size(), 12U);  // ten steps, two epochs
}

TEST_F(Training, BeginsWithAModelAndSaysSo) {
  const std::string model = run("first").model;
  std::vector<std::string> notes;
  const auto task_of = [&](const std::string& name, const std::string& init, uint64_t seed) {
    Recipe recipe = parse_recipe(kRecipe, "recipe").value();
    recipe.run.seed = seed;
    return make_task(recipe, {.run_folder = run_folder(name),
                              .init_model = init,
                              .note = [&](std::string_view line) { notes.emplace_back(line); }});
  };
  const TrainingTask task = task_of("second", model, 3);
  EXPECT_TRUE(same_bits(task.params, load_model(model).value().params));
  EXPECT_THAT(notes, testing::Not(testing::Contains(HasSubstr("held out now"))));
  const std::string folder = run_folder("second");
  train(task, {.run_folder = folder, .stop_after_steps = 4});
  // Resuming without the model would be another run.
  const TrainingTask without = task_of("second", "", 3);
  try {
    train(without, {.run_folder = folder, .resume = Resume::kYes});
    ADD_FAILURE() << "resumed from other weights";
  } catch (const Error& error) {
    EXPECT_THAT(error.info().what, HasSubstr("other settings"));
  }
  const TrainingResult result = train(task, {.run_folder = folder, .resume = Resume::kYes});
  const auto record = nlohmann::json::parse(load_model(result.model).value().training);
  EXPECT_EQ(record["init"]["file"], "model.fovea");
  EXPECT_EQ(record["init"]["sha256"], sha256_of_file(model).value());
  EXPECT_TRUE(nlohmann::json::parse(load_model(model).value().training)["init"].is_null());
  // Another seed holds out pictures that the model knows.
  notes.clear();
  (void)task_of("third", model, 4);
  EXPECT_THAT(notes, testing::Contains(HasSubstr("held out now")));
}

TEST_F(Training, ResumesToTheSameBits) {
  const TrainingResult whole = run("whole");
  for (const int64_t first : {1, 5, 7}) {  // inside an epoch, at its end, in the second
    SCOPED_TRACE(first);
    const std::string name = "parts" + std::to_string(first);
    const TrainingResult stopped = run(name, {.stop_after_steps = first});
    EXPECT_EQ(stopped.end, TrainingEnd::kStopped);
    EXPECT_EQ(stopped.steps, first);
    const TrainingResult resumed = run(name, {.resume = Resume::kYes});
    EXPECT_EQ(resumed.end, TrainingEnd::kFinished);
    EXPECT_TRUE(same_bits(load_model(whole.model).value().params,
                          load_model(resumed.model).value().params));
    EXPECT_TRUE(
        same_bits(read_safetensors(run_folder("whole") + "/last.safetensors").value().tensors,
                  read_safetensors(run_folder(name) + "/last.safetensors").value().tensors));
    auto expected = metrics("whole");
    auto got = metrics(name);
    ASSERT_EQ(got.size(), expected.size());
    for (size_t i = 0; i < got.size(); ++i) {
      got[i].erase("images_per_s");
      expected[i].erase("images_per_s");
      EXPECT_EQ(got[i], expected[i]);
    }
  }
}

TEST_F(Training, ThreadsGiveTheSameBitsEveryTimeAndResumed) {
  const TrainingResult whole = run("whole", {.threads = 3});
  run("parts", {.stop_after_steps = 4, .threads = 3});
  const TrainingResult resumed = run("parts", {.resume = Resume::kYes, .threads = 3});
  EXPECT_TRUE(
      same_bits(load_model(whole.model).value().params, load_model(resumed.model).value().params));
}

TEST_F(Training, AResumedRunKeepsItsThreadsUnlessOthersAreAskedFor) {
  const TrainingResult whole = run("whole", {.threads = 3});
  std::vector<std::string> notes;
  const auto resumed = [&](const std::string& name, TrainingOptions::ThreadsBy by) {
    notes.clear();
    run(name, {.stop_after_steps = 4, .threads = 3});
    return run(name, {.resume = Resume::kYes,
                      .threads = 1,
                      .threads_by = by,
                      .note = [&](std::string_view line) { notes.emplace_back(line); }});
  };
  const TrainingResult kept = resumed("kept", TrainingOptions::ThreadsBy::kDefault);
  EXPECT_THAT(notes, testing::Contains(HasSubstr("threads: 3, as before")));
  EXPECT_TRUE(
      same_bits(load_model(whole.model).value().params, load_model(kept.model).value().params));
  EXPECT_EQ(nlohmann::json::parse(load_model(kept.model).value().training)["threads"], 3);
  const TrainingResult other = resumed("other", TrainingOptions::ThreadsBy::kRequest);
  EXPECT_THAT(notes, testing::Contains(HasSubstr("threads: 1 instead of 3")));
  EXPECT_EQ(nlohmann::json::parse(load_model(other.model).value().training)["threads"], 1);
}

TEST_F(Training, CheckpointsThatNameNoThreadsAreResumed) {
  run("run", {.stop_after_steps = 4});
  const std::string path = run_folder() + "/last.safetensors";
  Checkpoint old = load_checkpoint(path).value();
  EXPECT_EQ(old.threads, 1);
  old.threads.reset();
  save_checkpoint(path, old).value();
  EXPECT_FALSE(load_checkpoint(path).value().threads);
  EXPECT_EQ(run("run", {.resume = Resume::kYes}).end, TrainingEnd::kFinished);
}

TEST_F(Training, EveryPathResumesToTheSameBitsAndIsRecorded) {
  std::vector<std::string> paths{"eager"};
  if (!fast_path_obstacle(
          make_task(parse_recipe(kRecipe, "recipe").value(), {.run_folder = run_folder()}).graph)) {
    paths.emplace_back("fast");
  }
  std::vector<std::vector<double>> losses;
  for (const std::string& path : paths) {
    SCOPED_TRACE(path);
    const RecipeSettings settings{{"run.path", path}};
    const TrainingResult whole = run("whole-" + path, {.threads = 2}, settings);
    run("parts-" + path, {.stop_after_steps = 7, .threads = 2}, settings);
    const TrainingResult resumed =
        run("parts-" + path, {.resume = Resume::kYes, .threads = 2}, settings);
    const Model model = load_model(whole.model).value();
    EXPECT_TRUE(same_bits(model.params, load_model(resumed.model).value().params));
    const auto record = nlohmann::json::parse(model.training);
    EXPECT_EQ(record["path"], path);
    EXPECT_EQ(record["instruction_set"], instruction_set());
    losses.push_back(record["first_losses"].get<std::vector<double>>());
  }
  // LibTorch's kernels round differently on every processor, and training amplifies it: the first
  // steps are equal, all ten alike.
  constexpr size_t kEqualSteps = 4;
  for (const auto& curve : losses) {
    ASSERT_EQ(curve.size(), 10U);
    for (size_t i = 0; i < kEqualSteps; ++i) EXPECT_NEAR(curve[i], losses[0][i], 1e-3) << i;
    const auto mean = [](const std::vector<double>& c) {
      return std::accumulate(c.begin(), c.end(), 0.0) / static_cast<double>(c.size());
    };
    EXPECT_NEAR(mean(curve), mean(losses[0]), 0.005);
  }
}

TEST_F(Training, EveryOptionResumesToTheSameBits) {
  const RecipeSettings common{{"stage.mixup", "0.4"},
                              {"stage.ema_decay", "0.9"},
                              {"stage.objective.label_smoothing", "0.1"},
                              {"stage.schedule.warmup_epochs", "0.5"}};
  const std::map<std::string, RecipeSettings> cases{
      {"eager", {{"run.path", "eager"}}},
      {"auto", {{"run.path", "auto"}}},
      {"distillation", {{"stage.objective.kind", "distillation"}}},
      {"boosted", {{"stage.objective.kind", "boosted"}, {"network.set.boosted", "1"}}},
      {"equilibrium", {{"stage.gradients", "equilibrium"}}},
      {"all",
       {{"stage.objective.kind", "boosted"},
        {"network.set.boosted", "1"},
        {"stage.gradients", "equilibrium"},
        {"stage.weighting.kind", "learned"},
        {"stage.weighting.rate", "0.01"}}},
      {"weighting", {{"stage.weighting.kind", "learned"}, {"stage.weighting.rate", "0.01"}}}};
  std::map<std::string, NamedTensors> params;
  for (const auto& [name, own] : cases) {
    SCOPED_TRACE(name);
    RecipeSettings settings = common;
    settings.insert(settings.end(), own.begin(), own.end());
    const TrainingResult whole = run("whole-" + name, {.threads = 2}, settings);
    run("parts-" + name, {.stop_after_steps = 3, .threads = 2}, settings);
    run("parts-" + name, {.resume = Resume::kYes, .stop_after_steps = 4, .threads = 2}, settings);
    const TrainingResult resumed =
        run("parts-" + name, {.resume = Resume::kYes, .threads = 2}, settings);
    EXPECT_TRUE(same_bits(load_model(whole.model).value().params,
                          load_model(resumed.model).value().params));
    EXPECT_TRUE(same_bits(
        read_safetensors(run_folder("whole-" + name) + "/last.safetensors").value().tensors,
        read_safetensors(run_folder("parts-" + name) + "/last.safetensors").value().tensors));
    params.emplace(name, load_model(whole.model).value().params);
  }
  for (const char* name : {"distillation", "equilibrium", "weighting"}) {
    EXPECT_FALSE(same_bits(params.at(name), params.at("auto"))) << name;
  }
  // Together they are another training than each alone.
  EXPECT_FALSE(same_bits(params.at("all"), params.at("boosted")));
}

TEST_F(Training, TheAverageIsWhatIsStoredAndMeasured) {
  const TrainingResult result = run("run", {}, {{"stage.ema_decay", "0.99"}});
  const Checkpoint last = load_checkpoint(run_folder() + "/last.safetensors").value();
  const NamedTensors stored = load_model(result.model).value().params;
  ASSERT_FALSE(last.average.empty());
  int moved = 0;
  for (const auto& [name, tensor] : last.average) {
    EXPECT_TRUE(same_bits({{name, tensor}}, {{name, stored.at(name)}})) << name;
    moved += same_bits({{name, tensor}}, {{name, last.params.at(name)}}) ? 0 : 1;
  }
  EXPECT_GT(moved, 10);
  // The figures of the last epoch are those of the stored file.
  const auto record = nlohmann::json::parse(load_model(result.model).value().training);
  EXPECT_EQ(record["log"].back()["val_top1_per_exit"], record["val_top1_per_exit"]);
}

TEST_F(Training, HalfPrecisionRoundsWhatIsStored) {
  const TrainingResult single = run("single");
  const TrainingResult half = run("half", {}, {{"run.storage", "f16"}});
  EXPECT_LT(std::filesystem::file_size(half.model), std::filesystem::file_size(single.model));
  const NamedTensors exact = load_model(single.model).value().params;
  const NamedTensors stored = load_model(half.model).value().params;
  int rounded = 0;
  for (const auto& [name, tensor] : stored) {
    if (same_bits({{name, tensor}}, {{name, exact.at(name)}})) continue;
    ++rounded;
    ASSERT_GE(tensor.shape().rank(), 2) << name;
    const std::span<const float> a = tensor.data<float>();
    const std::span<const float> b = exact.at(name).data<float>();
    for (size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-7 + std::abs(b[i]) / 2048);
  }
  EXPECT_GT(rounded, 5);
}

TEST_F(Training, SaysWhyThePathIsSlow) {
  std::vector<std::string> notes;
  TrainingOptions options{.stop_after_steps = 1};
  options.note = [&](std::string_view line) { notes.emplace_back(line); };
  run("run", options, {{"stage.gradients", "equilibrium"}});
  EXPECT_THAT(
      notes, testing::Contains(testing::AllOf(HasSubstr("path: eager"), HasSubstr("equilibrium"))));
}

TEST_F(Training, CurvesAreThereInThreeFormsResumedOrNot) {
  const auto table = [&](const std::string& name) {
    std::vector<std::string> rows;
    const std::string text = read_file(run_folder(name) + "/metrics.csv").value();
    for (const std::string_view line : split(text, '\n')) {
      std::vector<std::string> cells;
      for (const std::string_view cell : split(line, ',')) cells.emplace_back(cell);
      if (cells.size() > 5) cells[5] = "";  // images_per_s
      rows.push_back(joined(std::span<const std::string>(cells), ","));
    }
    return rows;
  };
  const auto n_events = [&](const std::string& name) {
    const std::string bytes = read_file(run_folder(name) + "/events.out.tfevents.0.fovea").value();
    size_t n = 0;
    for (size_t at = 0; at + 12 <= bytes.size(); ++n) {
      uint64_t length = 0;
      std::copy_n(bytes.data() + at, 8, reinterpret_cast<char*>(&length));
      at += length + 16;
      EXPECT_LE(at, bytes.size());
    }
    return n;
  };
  run("whole");
  run("parts", {.stop_after_steps = 7});
  run("parts", {.resume = Resume::kYes});
  EXPECT_EQ(table("whole").size(), metrics("whole").size() + 2);  // a header, an empty last line
  EXPECT_EQ(table("parts"), table("whole"));
  EXPECT_EQ(n_events("whole"), metrics("whole").size() + 1);
  EXPECT_EQ(n_events("parts"), n_events("whole"));
}

TEST_F(Training, TheSeedDecidesTheWeights) {
  const auto params = [&](const char* name, const char* seed) {
    return load_model(run(name, {}, {{"run.seed", seed}}).model).value().params;
  };
  const NamedTensors a = params("a", "3");
  EXPECT_TRUE(same_bits(a, params("b", "3")));
  EXPECT_FALSE(same_bits(a, params("c", "4")));
}

TEST_F(Training, AStageTrainsOnlyItsPrefixes) {
  const NamedTensors all = load_model(run("a").model).value().params;
  const RecipeSettings heads{{"stage.trainable", R"(["classifier."])"}};
  const Recipe recipe = parse_recipe(kRecipe, "recipe", heads).value();
  const TrainingTask task = make_task(recipe, {.run_folder = run_folder("b")});
  const NamedTensors got =
      load_model(train(task, {.run_folder = run_folder("b")}).model).value().params;
  int moved = 0;
  for (const Param& param : task.graph.params()) {
    if (!is_trained(param.role)) continue;
    const Tensor& before = task.params.at(param.name);
    const bool same =
        std::equal(before.raw(), before.raw() + before.bytes(), got.at(param.name).raw());
    EXPECT_NE(same, param.name.starts_with("classifier.")) << param.name;
    moved += same ? 0 : 1;
  }
  EXPECT_GT(moved, 0);
  EXPECT_THAT(error_of_run("c", {}, {{"stage.trainable", R"(["clasifier."])"}}).what,
              HasSubstr("no parameter would be trained"));
}

TEST_F(Training, StopsWhereTheLossIsNoNumber) {
  const ErrorInfo error = error_of_run("run", {},
                                       {{"stage.schedule.rate", "1000"},
                                        {"stage.schedule.kind", "constant"},
                                        {"stage.epochs", "40"},
                                        {"stage.optimizer.weight_decay", "1"}});
  EXPECT_EQ(error.kind, ErrorKind::kCheckFailed);
  EXPECT_THAT(error.what, HasSubstr("no longer finite"));
  EXPECT_THAT(error.where,
              testing::AllOf(HasSubstr("epoch "), HasSubstr("step "), HasSubstr("rate 1000")));
}

TEST(Metrics, PlacesCountFromOneAndSmallRatesAreNotZero) {
  EXPECT_EQ(place_in_training({.epoch = 0, .step = 2}), "epoch 1, step 3");
  EXPECT_EQ(rate_text(1e-7), "1e-07");
  EXPECT_EQ(rate_text(0.05), "0.05");
  EXPECT_THAT(progress_line({}, {.epochs = 2, .steps_per_epoch = 5, .batch = 8, .rate = 1e-7}),
              testing::AllOf(HasSubstr("epoch 1/2"), HasSubstr("rate 1e-07")));
}

TEST_F(Training, NamesTheFirstLayerThatOverflowed) {
  for (const std::string path : {"auto", "eager"}) {
    SCOPED_TRACE(path);
    const Recipe recipe = parse_recipe(kRecipe, "recipe", {{"run.path", path}}).value();
    TrainingTask task = make_task(recipe, {.run_folder = run_folder(path)});
    // The weights are finite, their sums of products are not.
    Tensor& weight = task.params.at("scale_flows.1.0.layers.0.conv_normal.net.0.weight");
    for (float& v : weight.data<float>()) v = 3e38F;
    try {
      train(task, {.run_folder = run_folder(path)});
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.info().kind, ErrorKind::kCheckFailed);
      EXPECT_THAT(
          error.info().where,
          testing::AllOf(HasSubstr("epoch 1, step 1, rate 0.05"),
                         HasSubstr("layer 'scale_flows.1.0.layers.0.conv_normal.net.0' (conv2d)")));
    }
    EXPECT_FALSE(std::filesystem::exists(run_folder(path) + "/last.safetensors"));
  }
}

TEST_F(Training, StagesAreCheckedBeforeTheFirstBegins) {
  const Recipe recipe =
      parse_recipe(std::string(kRecipe) + "[[stage]]\n[stage.objective]\nexit_weights = [1.0]\n",
                   "recipe")
          .value();
  const TrainingTask task = make_task(recipe, {.run_folder = run_folder()});
  EXPECT_THROW(train(task, {.run_folder = run_folder()}), Error);
  EXPECT_FALSE(std::filesystem::exists(run_folder() + "/metrics.jsonl"));
}

TEST_F(Training, RefusesARunThatIsThereAndAnotherRecipe) {
  run("run", {.stop_after_steps = 1});
  const ErrorInfo there = error_of_run("run");
  EXPECT_EQ(there.kind, ErrorKind::kCannotWrite);
  EXPECT_THAT(there.hint, HasSubstr("--resume"));
  EXPECT_THAT(error_of_run("run", {.resume = Resume::kYes}, {{"run.batch", "4"}}).what,
              HasSubstr("another recipe"));
  EXPECT_THAT(error_of_run("run", {.overwrite = Overwrite::kAllow}).what, HasSubstr("no error"));
  EXPECT_EQ(error_of_run("nothing", {.resume = Resume::kYes}).kind, ErrorKind::kBadInput);
}

TEST_F(Training, AFullDiskKeepsTheOldCheckpoint) {
  run("run", {.stop_after_steps = 2});
  const std::string path = run_folder() + "/last.safetensors";
  const std::string before = read_file(path).value();
  // No file may grow beyond a few bytes: what a full disk does to a checkpoint.
  struct rlimit old {};
  ::getrlimit(RLIMIT_FSIZE, &old);
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit tiny { .rlim_cur = before.size() / 2, .rlim_max = old.rlim_max };
  ::setrlimit(RLIMIT_FSIZE, &tiny);
  const ErrorInfo error = error_of_run("run", {.resume = Resume::kYes, .stop_after_steps = 2});
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, ignored);
  EXPECT_EQ(error.kind, ErrorKind::kCannotWrite);
  EXPECT_EQ(read_file(path).value(), before);
  EXPECT_EQ(run("run", {.resume = Resume::kYes}).end, TrainingEnd::kFinished);
}

TEST_F(Training, AnInterruptionLeavesACheckpoint) {
  const std::atomic<bool> interrupted{true};
  const ErrorInfo error = error_of_run("run", {.interrupted = &interrupted});
  EXPECT_EQ(error.kind, ErrorKind::kInterrupted);
  const TrainingResult whole = run("whole");
  const TrainingResult resumed = run("run", {.resume = Resume::kYes});
  EXPECT_TRUE(
      same_bits(load_model(whole.model).value().params, load_model(resumed.model).value().params));
}

TEST_F(Training, TheModelTakesPicturesAsTrainingDid) {
  const auto transform_of = [&](const std::string& text, const RecipeSettings& settings) {
    const Recipe recipe = parse_recipe(text, "recipe", settings).value();
    return make_task(recipe, {.run_folder = run_folder()}).transform;
  };
  // A network for ImageNet judges the centre of larger pictures; those of this run have its size.
  const Transform large = transform_of(R"(
[network]
name = "ranet"
[network.set]
data = "ImageNet"
num_classes = 10
input_size = 64
scale_list = "1-2"
grFactor = "2-1"
bnFactor = "2-1"
nBlocks = 1
step = 1
nChannels = 4
growthRate = 4
[data]
name = "scenes"
images = 8
test_images = 2
)",
                                       {});
  EXPECT_EQ(large.resize, 64);
  EXPECT_EQ(large.crop, 64);
  try {
    (void)transform_of(kRecipe, {{"data.transform", "resize=40,crop=32"}});
    ADD_FAILURE() << "another transform than that of training";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::AllOf(HasSubstr("resize=40"), HasSubstr("resize=32")));
  }
}

TEST_F(Training, PicturesAndNetworkMustFit) {
  const Recipe recipe = parse_recipe(kRecipe, "recipe").value();
  TrainingTask task = make_task(recipe, {.run_folder = run_folder()});
  std::vector<Sample> samples;
  for (int i = 0; i < 4; ++i) samples.push_back({Picture(16, 16), 0, std::to_string(i)});
  task.train = std::make_shared<MemoryDataset>(task.test->class_names(), samples);
  task.val = task.train;
  try {
    train(task, {.run_folder = run_folder()});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::AllOf(HasSubstr("32x32"), HasSubstr("16x16")));
  }
}

TEST_F(Training, TheCommandTellsOfProgressAndReportsErrors) {
  const std::string recipe = folder() + "/recipe.toml";
  write_file(recipe, kRecipe, Overwrite::kAllow).value();
  std::vector<std::string> notes;
  app::TrainArguments arguments{.recipe = recipe, .run_folder = run_folder()};
  arguments.note = [&](std::string_view line) { notes.emplace_back(line); };
  const auto outcome = train_command(arguments).value();
  EXPECT_EQ(outcome.end, app::TrainOutcome::End::kFinished);
  EXPECT_EQ(outcome.top1_per_exit.size(), 3U);
  EXPECT_THAT(notes, testing::Contains(HasSubstr("epoch 2 done")));
  arguments.recipe = folder() + "/none.toml";
  EXPECT_EQ(train_command(arguments).error().kind, ErrorKind::kBadInput);
}

}  // namespace
}  // namespace fovea
