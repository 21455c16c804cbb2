// A network inside a program of one's own: loads a model file, plans it for this processor, runs a
// batch, and says for each sample which class it got, at which exit, and for how much work.
//
// usage: classify MODEL.fovea [THRESHOLD]
#include <cmath>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <span>
#include <string>

#include "fovea/executor.h"
#include "fovea/model.h"
#include "fovea/plan.h"
#include "fovea/policy.h"
#include "fovea/session.h"
#include "fovea/tensor.h"

namespace {

/// Smooth patterns in the place of pictures, [n, shape per sample]; a real program puts decoded
/// pixels here, normalised as the model's transform says.
fovea::Tensor pattern_batch(int64_t n, const fovea::Shape& sample) {
  fovea::Tensor batch = fovea::Tensor::f32(sample.batched(n));
  const std::span<float> values = batch.data<float>();
  for (size_t i = 0; i < values.size(); ++i) {
    const auto at = static_cast<double>(i);
    values[i] = static_cast<float>(std::sin(0.013 * at) + std::cos(0.31 * at));
  }
  return batch;
}

int64_t largest(std::span<const float> values) {
  int64_t best = 0;
  for (size_t i = 1; i < values.size(); ++i) {
    if (values[i] > values[static_cast<size_t>(best)]) best = static_cast<int64_t>(i);
  }
  return best;
}

void classify(const std::string& path, float threshold) {
  const fovea::Model model = fovea::load_model(path).value();
  const std::shared_ptr<const fovea::Plan> plan = fovea::Plan::make(model.graph, model.params);
  fovea::Session session(plan);  // one for each thread; the plan is shared

  // Leave at the first exit that is this confident; the last exit takes the rest.
  fovea::Policy policy;
  policy.thresholds.assign(static_cast<size_t>(model.graph.n_exits() - 1), threshold);

  const fovea::Block& main = model.graph.main();
  const fovea::Value& input = main.value(main.inputs.front());
  fovea::NamedTensors inputs;
  inputs.emplace(input.name, pattern_batch(8, input.type.shape));

  fovea::Outputs outputs;
  session.run(inputs, {.policy = &policy}, outputs).value();

  for (int64_t i = 0; i < outputs.logits.shape()[0]; ++i) {
    const auto sample = static_cast<size_t>(i);
    const int64_t index = largest(outputs.logits.rows(i, i + 1).data<float>());
    std::cout << "sample " << i << ": "
              << (model.labels.empty() ? "class " + std::to_string(index)
                                       : model.labels[static_cast<size_t>(index)])
              << ", exit " << outputs.exit.data<int64_t>()[sample] << " of "
              << model.graph.n_exits() - 1 << ", confidence " << outputs.score.f()[sample] << ", "
              << static_cast<double>(outputs.macs.data<int64_t>()[sample]) * 1e-6
              << " M multiply-adds\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::cerr << "usage: classify MODEL.fovea [THRESHOLD]\n";
    return 2;
  }
  try {
    classify(argv[1], argc == 3 ? std::strtof(argv[2], nullptr) : 0.9F);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "classify: " << error.what() << "\n";
    return 1;
  }
}
