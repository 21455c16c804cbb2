#include "learner/objective.h"

#include <map>

#include "base/words.h"
#include "fovea/error.h"

namespace fovea {
namespace {

using Maker = std::unique_ptr<Objective> (*)(const ObjectiveSettings&, int);
const std::map<std::string, Maker, std::less<>>& makers() {
  static const std::map<std::string, Maker, std::less<>> all{{"multi_exit", make_multi_exit}};
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
