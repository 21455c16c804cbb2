// A model whose answers are known: recorded scores, which a network of two exits gives back.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "eval/scores_graph.h"
#include "reference/reference.h"
#include "report/measure.h"

namespace fovea::report {

inline constexpr int64_t kSamples = 8;

/// Exit 0 is sure and right in half of the samples, unsure and wrong in the rest; exit 1 is right.
inline NamedTensors recorded_inputs() {
  Tensor input = Tensor::f32({kSamples, 2, 2});
  for (int64_t i = 0; i < kSamples; ++i) {
    float* row = input.f() + 4 * i;
    const int64_t label = i % 2;
    const bool easy = i < kSamples / 2;
    row[easy ? label : 1 - label] = easy ? 9.0F : 0.5F;
    row[2 + label] = 4.0F;
  }
  return {{"input", input}};
}

inline std::vector<int64_t> recorded_labels() { return {0, 1, 0, 1, 0, 1, 0, 1}; }

struct Asked {
  std::optional<NamedPolicy> policy;
  std::map<std::string, Policy> stored;
  MeasureOptions options{.n_timed = 4, .rounds = 1};
};

inline ModelFacts recorded_model(const Asked& asked = {}) {
  ReferenceExecutor executor(scores_graph(2, 2), {});
  const TensorSource source(recorded_inputs(), recorded_labels());
  ModelFacts model{.name = "scores",
                   .source = "m<&>.fovea",
                   .labels = {"no", "<yes>"},
                   .costs = exit_costs(executor.graph())};
  const Candidate candidate{executor, source,
                            asked.policy ? *asked.policy : usual_policy(executor.graph()),
                            asked.stored};
  model.data = std::move(measure({candidate}, asked.options).value().front());
  model.data->name = "drawn \"test\"";
  model.layers = {{.name = "a<b", .op = "conv2d", .kernel = "k", .exit = 0, .macs = 5, .ms = 0.1},
                  {.name = "c", .op = "linear", .kernel = "k", .exit = 1, .macs = 2, .ms = 0.2}};
  return model;
}

/// The rest of what a page is made from.
struct Made {
  SetupFacts setup{.command = "fovea report 'a & b'",
                   .date = "2020-02-20 20:20 UTC",
                   .version = "1",
                   .machine = "CPU <7>",
                   .kernels = "AVX3",
                   .executor = "reference"};
  PictureSource pictures = [](int64_t index) { return "png" + std::to_string(index); };
};

}  // namespace fovea::report
