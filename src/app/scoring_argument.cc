#include "app/scoring_argument.h"

#include "app/policy_argument.h"
#include "app/table.h"
#include "base/file.h"

namespace fovea::app {

OptionSpecs scoring_options() {
  return {
      {"--score", "METRIC",
       "confidence of all exits: max_softmax, neg_entropy or margin; as the network says"},
      {"--fit-temperature", "",
       "divide every exit's logits by the number that makes its softmax most likely on the "
       "choosing "
       "half",
       Takes::kNothing},
  };
}

std::vector<TemperatureFit> apply_scoring(const Arguments& arguments, const Halves& halves,
                                          Scores& scores) {
  scores.scoring.resize(static_cast<size_t>(scores.n_exits()));
  if (const auto text = arguments.value("--score")) {
    Metric metric{};
    std::string expected;
    if (!parse_attribute(*text, metric, expected) || metric == Metric::kIdentity) {
      throw Error({.kind = ErrorKind::kUsage,
                   .what = "unknown score",
                   .where = "--score",
                   .expected = "max_softmax, neg_entropy or margin",
                   .found = shown_path(*text)});
    }
    for (Scoring& each : scores.scoring) each.metric = metric;
  }
  if (!arguments.has("--fit-temperature")) return {};
  std::vector<TemperatureFit> fits = fit_temperatures(scores, halves);
  for (size_t e = 0; e < fits.size(); ++e) {
    scores.scoring[e].temperature = static_cast<float>(fits[e].temperature);
  }
  return fits;
}

std::string fits_text(const std::vector<TemperatureFit>& fits) {
  Table table({{"exit"},
               {"temperature"},
               {"log-likelihood"},
               {"before"},
               {"calibration error %"},
               {"before %"}});
  for (size_t e = 0; e < fits.size(); ++e) {
    table.add({std::to_string(e), fixed(fits[e].temperature, 3), fixed(-fits[e].after.nll, 4),
               fixed(-fits[e].before.nll, 4), fixed(100 * fits[e].after.error, 2),
               fixed(100 * fits[e].before.error, 2)});
  }
  return table.text();
}

std::vector<std::string> forget_policies(Model& model, std::span<const Scoring> scoring) {
  const std::vector<Scoring> before = exit_scoring(model.graph);
  const bool other_scores =
      !std::equal(scoring.begin(), scoring.end(), before.begin(), before.end());
  std::vector<std::string> out;
  for (const auto& [name, json] : model.policies) {
    const Result<Policy> policy = parse_policy_json(json, load_trace);
    const bool has_thresholds = policy.ok() && !policy.value().thresholds.empty();
    if (name.starts_with("max-drop-") || (other_scores && has_thresholds)) out.push_back(name);
  }
  for (const std::string& name : out) model.policies.erase(name);
  return out;
}

}  // namespace fovea::app
