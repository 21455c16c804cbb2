#include "learner/objective.h"

#include <ATen/ops/cross_entropy_loss.h>

#include <algorithm>
#include <map>

#include "base/words.h"
#include "fovea/error.h"
#include "graph/op_def.h"

namespace fovea {
namespace {

using Maker = std::unique_ptr<Objective> (*)(const ObjectiveSettings&, int);
const std::map<std::string, Maker, std::less<>>& makers() {
  static const std::map<std::string, Maker, std::less<>> all{{"boosted", make_boosted},
                                                             {"distillation", make_distillation},
                                                             {"multi_exit", make_multi_exit}};
  return all;
}

/// Whether the exit's logits are a sum with those of the exit before.
bool adds_to_the_exit_before(const Graph& graph, int exit) {
  const Block& main = graph.main();
  const ValueId logits = graph.exit_logits(exit);
  const ValueId before = graph.exit_logits(exit - 1);
  return std::any_of(main.nodes.begin(), main.nodes.end(), [&](const Node& node) {
    return node.op->name == "add" && node.outputs[0] == logits &&
           std::find(node.inputs.begin(), node.inputs.end(), before) != node.inputs.end();
  });
}

}  // namespace

std::vector<double> weights_per_exit(const ObjectiveSettings& settings, int n_exits) {
  if (settings.exit_weights.empty()) return std::vector<double>(static_cast<size_t>(n_exits), 1.0);
  if (settings.exit_weights.size() != static_cast<size_t>(n_exits)) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "the objective needs one weight per exit",
                 .where = "objective.exit_weights",
                 .expected = std::to_string(n_exits),
                 .found = std::to_string(settings.exit_weights.size())});
  }
  return settings.exit_weights;
}

at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& targets,
                         double label_smoothing) {
  return at::cross_entropy_loss(logits, targets, {}, at::Reduction::None, /*ignore_index=*/-100,
                                label_smoothing);
}

LossParts Objective::combine(const std::vector<at::Tensor>& losses,
                             const at::Tensor& sample_weights) const {
  LossParts parts;
  for (size_t exit = 0; exit < losses.size(); ++exit) {
    at::Tensor mean = losses[exit].mean();
    parts.per_exit.push_back(mean.detach());
    if (sample_weights.defined()) {
      mean = losses[exit].mul(sample_weights.select(1, static_cast<int64_t>(exit))).mean();
    }
    if (exit_weights_[exit] != 1) mean = mean.mul(exit_weights_[exit]);
    parts.total = parts.total.defined() ? parts.total.add(mean) : mean;
  }
  return parts;
}

std::unique_ptr<Objective> make_objective(const ObjectiveSettings& settings, int n_exits) {
  const auto found = makers().find(settings.kind);
  if (found == makers().end()) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "no such objective",
                 .where = "objective.kind",
                 .expected = joined(std::span<const std::string>(objective_names()), ", "),
                 .found = settings.kind});
  }
  return found->second(settings, n_exits);
}

void check_objective(const ObjectiveSettings& settings, const Graph& graph) {
  (void)make_objective(settings, graph.n_exits());
  if (settings.kind != "boosted") return;
  for (int exit = 1; exit < graph.n_exits(); ++exit) {
    if (adds_to_the_exit_before(graph, exit)) continue;
    throw Error(
        {.kind = ErrorKind::kUsage,
         .what = "the objective 'boosted' needs logits that add up over exits",
         .where = "objective.kind",
         .expected = "exit " + std::to_string(exit) + " adds to the logits of the exit before",
         .found = graph.name(),
         .hint = "network.set.boosted=1 makes RANet and MSDNet so"});
  }
}

}  // namespace fovea
