// Training: the fast path against LibTorch's eager path, in the same run of the same recipe.
//
// One process, one network, one batch of noise; settings take turns, a few steps each, so that a
// machine whose speed drifts moves all of them. A ratio is taken within a round: the fast path on
// all threads over the quickest eager setting of that round.
//
// usage: train_bench [RECIPE] [--rounds N] [--steps N] [--threads N]
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/noise.h"
#include "base/words.h"
#include "graph/init.h"
#include "learner/process.h"
#include "learner/recipe.h"
#include "learner/torch_tensor.h"
#include "learner/training_step.h"
#include "zoo/zoo.h"

namespace fovea {
namespace {

struct Arguments {
  std::string recipe = "recipes/ranet-small-cifar10.toml";
  int64_t rounds = 7;
  int64_t steps = 3;
  int64_t threads = 2;
};

struct Contender {
  std::string name;
  PathChoice path;
  int replicas;
  int operator_threads;
  std::optional<StageTrainer> trainer;
  std::vector<double> rates;  ///< pictures a second, by round
};

Arguments parse(int argc, char** argv) {
  Arguments out;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    int64_t* number = word == "--rounds"    ? &out.rounds
                      : word == "--steps"   ? &out.steps
                      : word == "--threads" ? &out.threads
                                            : nullptr;
    if (number == nullptr) {
      out.recipe = word;
      continue;
    }
    const std::optional<int64_t> value = i + 1 < argc ? parse_int(argv[++i]) : std::nullopt;
    if (!value || *value < 1) {
      throw Error({.kind = ErrorKind::kUsage, .what = "needs a number from 1", .where = word});
    }
    *number = *value;
  }
  return out;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

at::Tensor pictures(const Graph& graph, int64_t n) {
  Tensor out = Tensor::f32(graph.main().value(graph.main().inputs[0]).type.shape.batched(n));
  const Noise noise(1);
  for (int64_t i = 0; i < out.numel(); ++i) {
    out.f()[i] = static_cast<float>(4 * noise.uniform(static_cast<uint64_t>(i)) - 2);
  }
  return to_torch(out);
}

at::Tensor labels_for(const Graph& graph, int64_t n) {
  Tensor out = Tensor::i64({n});
  for (int64_t i = 0; i < n; ++i)
    out.data<int64_t>()[static_cast<size_t>(i)] = i % graph.n_classes();
  return to_torch(out);
}

double pictures_per_second(Contender& contender, const at::Tensor& values, const at::Tensor& labels,
                           int64_t steps) {
  set_learner_threads(contender.operator_threads);
  const auto start = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < steps; ++i) {
    contender.trainer->gradients(values, labels);
    contender.trainer->update(0.01);
  }
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  return static_cast<double>(steps * labels.size(0)) / spent.count();
}

int run(const Arguments& arguments) {
  keep_freed_memory();
  const std::string text = read_file(arguments.recipe).value();
  const Recipe recipe = parse_recipe(text, arguments.recipe).value();
  const Graph graph =
      make_network(recipe.network.name, {recipe.network.set.begin(), recipe.network.set.end()});
  const NamedTensors params = init_params(graph, 1);
  const int64_t batch = recipe.run.batch;
  const at::Tensor values = pictures(graph, batch);
  const at::Tensor labels = labels_for(graph, batch);
  const int n = static_cast<int>(arguments.threads);
  std::vector<Contender> contenders;
  contenders.push_back({"eager, one thread", PathChoice::kEager, 1, 1, {}, {}});
  if (n > 1) {
    contenders.push_back({"eager, threads in operators", PathChoice::kEager, 1, n, {}, {}});
    contenders.push_back({"eager, a part each", PathChoice::kEager, n, 1, {}, {}});
    contenders.push_back({"fast, one thread", PathChoice::kFast, 1, 1, {}, {}});
  }
  contenders.push_back({"fast, a part each", PathChoice::kFast, n, 1, {}, {}});
  for (Contender& contender : contenders) {
    contender.trainer.emplace(graph, params, recipe.stages.at(0), at::kCPU, contender.replicas,
                              contender.path);
    pictures_per_second(contender, values, labels, 1);  // warm
  }
  std::vector<double> ratios;
  for (int64_t round = 0; round < arguments.rounds; ++round) {
    double best_eager = 0;
    for (Contender& contender : contenders) {
      const double rate = pictures_per_second(contender, values, labels, arguments.steps);
      contender.rates.push_back(rate);
      if (contender.path == PathChoice::kEager) best_eager = std::max(best_eager, rate);
    }
    ratios.push_back(contenders.back().rates.back() / best_eager);
  }
  std::printf("%s, batch %lld, %d threads, median of %lld rounds\n", arguments.recipe.c_str(),
              static_cast<long long>(batch), n, static_cast<long long>(arguments.rounds));
  for (const Contender& contender : contenders) {
    std::printf("  %-28s %8.1f pictures/s\n", contender.name.c_str(), median(contender.rates));
  }
  std::printf("  fast : best eager            %8.2f (%.2f to %.2f)\n", median(ratios),
              *std::min_element(ratios.begin(), ratios.end()),
              *std::max_element(ratios.begin(), ratios.end()));
  return 0;
}

}  // namespace
}  // namespace fovea

int main(int argc, char** argv) {
  // LibTorch's threads spin while they wait unless this was said before the library came up.
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) {
    ::setenv("OMP_WAIT_POLICY", "passive", 1);
    ::setenv("GOMP_SPINCOUNT", "0", 1);
    ::execv("/proc/self/exe", argv);
  }
  try {
    return fovea::run(fovea::parse(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "train_bench: %s\n", error.what());
    return 1;
  }
}
