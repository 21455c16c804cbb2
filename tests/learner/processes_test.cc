// Several processes of the trainer on this machine: equal to one, and what happens when one dies.
#include "learner/processes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "learner/checkpoint.h"
#include "learner/recipe.h"
#include "support/corners.h"
#include "tiny_ranet.h"
#include "zoo/zoo.h"

namespace fovea {
namespace {

using testing::HasSubstr;

const std::string kRecipe = tiny_ranet(4) + R"(
[data]
name = "scenes"
images = 130
test_images = 10
hold_out = 9
[run]
batch = 12
seed = 3
checkpoint_minutes = 0
[[stage]]
epochs = 400
[stage.schedule]
kind = "cosine"
rate = 0.05
)";
const std::vector<std::string> kSynchronised{"--set", "run.sync_norm=true", "--set",
                                             "run.path=eager"};

class Processes : public testing::Test {
 protected:
  Processes() {
    std::string folder = testing::TempDir() + "fovea-processes-XXXXXX";
    FOVEA_CHECK(::mkdtemp(folder.data()) != nullptr);
    folder_ = folder;
    write_file(recipe(), kRecipe, Overwrite::kAllow).value();
  }
  ~Processes() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string recipe() const { return folder_ + "/recipe.toml"; }
  [[nodiscard]] std::string run_folder(const std::string& name) const {
    return folder_ + "/" + name;
  }
  [[nodiscard]] std::vector<TrainerProcess> start(int n, const std::string& name,
                                                  const std::vector<std::string>& more) const {
    std::vector<std::string> words{"train", recipe(), "-o", run_folder(name), "--threads", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return start_trainers(n, words, folder_);
  }
  /// Runs to the end and gives the checkpoint.
  Checkpoint run(int n, const std::string& name, int64_t steps,
                 std::vector<std::string> more = kSynchronised) const {
    more.insert(more.end(), {"--stop-after-steps", std::to_string(steps)});
    std::vector<TrainerProcess> processes = start(n, name, more);
    for (TrainerProcess& process : processes) EXPECT_EQ(process.wait(), 0) << process.errors();
    return checkpoint(name);
  }
  /// Synchronised words for the recipe's network without its relus.
  [[nodiscard]] std::vector<std::string> smooth() const {
    const RecipeNetwork network = parse_recipe(kRecipe, "recipe").value().network;
    const Graph graph = without_corners(make_network(network.name, network.set));
    const std::string path = run_folder("smooth.txt");
    write_file(path, to_text(graph), Overwrite::kAllow).value();
    std::vector<std::string> out = kSynchronised;
    out.insert(out.end(), {"--set", "network.graph=" + path, "--set", "network.name="});
    return out;
  }
  [[nodiscard]] Checkpoint checkpoint(const std::string& name) const {
    return load_checkpoint(run_folder(name) + "/last.safetensors").value();
  }
  /// Waits until the run has taken so many steps.
  void wait_for_steps(const std::string& name, int64_t steps) const {
    const std::string metrics = run_folder(name) + "/metrics.jsonl";
    for (int tries = 0; tries < 6000; ++tries) {
      const Result<std::string> text = read_file(metrics);
      if (text.ok() && std::count(text.value().begin(), text.value().end(), '\n') >= steps) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    FAIL() << "no steps were taken";
  }

 private:
  std::string folder_;
};

double largest_difference(const NamedTensors& a, const NamedTensors& b) {
  EXPECT_EQ(a.size(), b.size());
  double largest = 0;
  for (const auto& [name, tensor] : a) {
    const Tensor& other = b.find(name)->second;
    EXPECT_EQ(tensor.shape(), other.shape());
    if (tensor.dtype() != DType::kF32) {
      EXPECT_TRUE(std::equal(tensor.raw(), tensor.raw() + tensor.bytes(), other.raw())) << name;
      continue;
    }
    for (int64_t i = 0; i < tensor.numel(); ++i) {
      largest = std::max(largest, std::abs(double{tensor.f()[i]} - double{other.f()[i]}));
    }
  }
  return largest;
}

/// The parameters, without what was measured (the running statistics).
NamedTensors trained(const NamedTensors& params) {
  NamedTensors out;
  for (const auto& [name, tensor] : params) {
    const bool counted = name.ends_with(".num_batches_tracked");
    if (!counted && name.find(".running_") == std::string::npos) out.emplace(name, tensor);
  }
  return out;
}

/// The recipe's network, or that without its relus: at the recipe's rate rounding moves some value
/// across a corner within ten steps, alone as in several processes (docs/training.md).
struct Sameness {
  int64_t steps = 0;
  double tolerance = 0;
  bool corners = true;
};
TEST_F(Processes, TwoGiveTheParametersOfOne) {
  for (const Sameness& same :
       {Sameness{1, 1e-6}, Sameness{1, 1e-6, false}, Sameness{10, 1e-4, false}}) {
    const int64_t steps = same.steps;
    const std::string suffix = std::to_string(steps) + (same.corners ? "" : "-smooth");
    const std::vector<std::string> words = same.corners ? kSynchronised : smooth();
    const Checkpoint one = run(1, "one" + suffix, steps, words);
    const Checkpoint two = run(2, "two" + suffix, steps, words);
    const double params = largest_difference(one.params, two.params);
    const double momentum = largest_difference(one.momentum, two.momentum);
    std::printf("%s: parameters within %.2g, momentum within %.2g\n", suffix.c_str(), params,
                momentum);
    EXPECT_LE(params, same.tolerance);
    EXPECT_EQ(two.progress.total_steps, steps);
    EXPECT_EQ(two.progress.sums.samples, one.progress.sums.samples);
    EXPECT_NEAR(two.progress.sums.loss, one.progress.sums.loss,
                1e-4 * std::abs(one.progress.sums.loss));
  }
}

// At a low rate corners are crossed too late to matter in ten steps, while the parameters move a
// hundred times as far as they may differ.
TEST_F(Processes, TwoGiveTheParametersOfOneAfterTenStepsWithCorners) {
  std::vector<std::string> words = kSynchronised;
  words.insert(words.end(), {"--set", "stage.0.schedule.rate=1e-3"});
  const NamedTensors first = trained(run(1, "first", 1, words).params);
  const NamedTensors one = trained(run(1, "one", 10, words).params);
  const NamedTensors two = trained(run(2, "two", 10, words).params);
  const double apart = largest_difference(one, two);
  std::printf("parameters within %.2g, moved by %.2g\n", apart, largest_difference(first, one));
  EXPECT_LE(apart, 1e-4);
  EXPECT_GE(largest_difference(first, one), 1e-2);
}

// 121 pictures in batches of 12: the eleventh has one, which three processes cannot share.
TEST_F(Processes, ABatchSmallerThanTheProcessesIsSharedToo) {
  const Checkpoint one = run(1, "one", 11, smooth());
  const Checkpoint three = run(3, "three", 11, smooth());
  EXPECT_EQ(one.progress.epoch, 1);
  EXPECT_EQ(three.progress.epoch, 1);
  EXPECT_LE(largest_difference(one.params, three.params), 1e-3);
  EXPECT_NEAR(one.progress.best_top1, three.progress.best_top1, 1e-9);
}

TEST_F(Processes, TheFastPathSharesBatchesToo) {
  const Checkpoint first = run(2, "first", 13, {});
  const Checkpoint again = run(2, "again", 13, {});
  EXPECT_EQ(largest_difference(first.params, again.params), 0);
  std::vector<TrainerProcess> refused =
      start(2, "refused", {"--set", "run.sync_norm=true", "--set", "run.path=fast"});
  // Rank 0 looks at the recipe before it packs data, which the other waits for.
  EXPECT_EQ(refused[0].wait(), 2);
  EXPECT_EQ(refused[1].wait(), 5);
  for (const TrainerProcess& process : refused) {
    EXPECT_THAT(process.errors(), HasSubstr("run.path"));
  }
}

TEST_F(Processes, AKilledOneEndsTheOtherAndTheRunGoesOn) {
  for (const size_t killed : {size_t{1}, size_t{0}}) {
    SCOPED_TRACE(killed);
    const std::string name = "killed" + std::to_string(killed);
    std::vector<TrainerProcess> processes = start(2, name, kSynchronised);
    wait_for_steps(name, 3);
    processes[killed].send(SIGKILL);
    EXPECT_EQ(processes[killed].wait(), 128 + SIGKILL);
    TrainerProcess& survivor = processes[1 - killed];
    EXPECT_EQ(survivor.wait(60), 5);
    EXPECT_THAT(survivor.errors(), HasSubstr("rank " + std::to_string(killed) + " of 2"));
    EXPECT_THAT(survivor.errors(), HasSubstr("--resume"));

    const int64_t reached = checkpoint(name).progress.total_steps;
    EXPECT_GE(reached, 2);
    std::vector<std::string> resume = kSynchronised;
    resume.emplace_back("--resume");
    const Checkpoint resumed = run(2, name, 3, resume);
    EXPECT_EQ(resumed.progress.total_steps, reached + 3);
    const Checkpoint whole = run(2, name + "-whole", reached + 3);
    EXPECT_EQ(largest_difference(resumed.params, whole.params), 0);
    EXPECT_EQ(largest_difference(resumed.momentum, whole.momentum), 0);
  }
}

TEST_F(Processes, AnInterruptOfOneStopsAllAfterACheckpoint) {
  std::vector<TrainerProcess> processes = start(2, "run", kSynchronised);
  wait_for_steps("run", 3);
  processes[1].send(SIGTERM);
  for (TrainerProcess& process : processes) EXPECT_EQ(process.wait(60), 130) << process.errors();
  EXPECT_GE(checkpoint("run").progress.total_steps, 3);
}

TEST_F(Processes, AnErrorOfOneIsToldToTheOthers) {
  std::vector<TrainerProcess> first = start(1, "run", {"--stop-after-steps", "1"});
  EXPECT_EQ(first[0].wait(), 0);
  std::vector<TrainerProcess> processes = start(2, "run", {});  // neither --resume nor --force
  EXPECT_EQ(processes[0].wait(60), 4);
  EXPECT_EQ(processes[1].wait(60), 5);
  EXPECT_THAT(processes[1].errors(), HasSubstr("rank 0 of 2 ended: a run is there already"));
}

}  // namespace
}  // namespace fovea
