#include "learner/objective.h"

#include <map>

#include "base/words.h"
#include "fovea/error.h"

namespace fovea {
namespace {

using Maker = std::unique_ptr<Objective> (*)(const ObjectiveSettings&, int);
const std::map<std::string, Maker, std::less<>>& makers() {
  static const std::map<std::string, Maker, std::less<>> all{{"boosted", make_boosted},
                                                             {"distillation", make_distillation},
                                                             {"multi_exit", make_multi_exit}};
  return all;
}

}  // namespace

const std::vector<std::string>& objective_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out;
    for (const auto& [name, maker] : makers()) out.push_back(name);
    return out;
  }();
  return names;
}

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

void LossParts::add(const at::Tensor& mean, double weight) {
  per_exit.push_back(mean.detach());
  const at::Tensor part = weight == 1 ? mean : mean.mul(weight);
  total = total.defined() ? total.add(part) : part;
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

}  // namespace fovea
