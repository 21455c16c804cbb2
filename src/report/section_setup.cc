// What was measured where, so that somebody else can do it again.
#include "report/sections.h"
#include "report/text.h"

namespace fovea::report {
namespace {

/// Thresholds with the digits that a float has; other policies as JSON.
std::string policy_words(const Policy& policy) {
  const std::string json = policy_to_json(policy);
  if (policy.thresholds.empty() || json != policy_to_json({.thresholds = policy.thresholds})) {
    return ": " + json;
  }
  std::string out;
  for (size_t e = 0; e < policy.thresholds.size(); ++e) {
    const auto& threshold = policy.thresholds[e];
    out += (out.empty() ? ": leaves exit " : ", exit ") + std::to_string(e) +
           (threshold ? " from a score of " + shortest(static_cast<double>(*threshold)) : " never");
  }
  return out;
}

/// The kernels' name for an instruction set is not that of processors.
std::string kernel_words(const std::string& name) {
  return name.starts_with("AVX3") ? name + " (AVX-512)" : name;
}

void add_model(std::vector<std::vector<std::string>>& rows, const std::string& prefix,
               const ModelFacts& model) {
  const auto add = [&](const std::string& name, const std::string& value) {
    rows.push_back({prefix + name, "<code>" + escaped(value) + "</code>"});
  };
  add("model", model.source);
  add("network", model.name + ", " + std::to_string(model.costs.size()) + " exits, " +
                     grouped(model.n_params) + " parameters");
  if (model.data) {
    add("data", data_words(model));
    add("policy", model.data->chosen.name + policy_words(model.data->chosen.policy));
  }
}

}  // namespace

std::string sample_words(const DataFacts& data) {
  std::string out = data.name + ", n = " + grouped(data.scores.n());
  if (!data.extent.empty()) out += " (" + data.extent + ")";
  if (!data.remarks.empty()) out += ", " + data.remarks;
  return out;
}

std::string data_words(const ModelFacts& model) {
  std::string out = sample_words(*model.data);
  if (model.training) out += ", trained with seed " + model.training->seed;
  return out;
}

std::string machine_words(const SetupFacts& setup) {
  return setup.machine + ", " + std::to_string(setup.threads) +
         (setup.threads == 1 ? " thread" : " threads") + ", batch " + std::to_string(setup.batch);
}

std::string origin(const std::string& where) { return " <br/>" + escaped(where); }

Section setup_section(const Subject& subject) {
  const SetupFacts& setup = subject.setup;
  std::vector<std::vector<std::string>> rows;
  add_model(rows, subject.other != nullptr ? "A, " : "", subject.model);
  if (subject.other != nullptr) add_model(rows, "B, ", *subject.other);
  for (const auto& [name, value] : {std::pair<std::string, std::string>{"command", setup.command},
                                    {"program", "fovea " + setup.version},
                                    {"executor", setup.executor},
                                    {"machine", machine_words(setup)},
                                    {"kernels", kernel_words(setup.kernels)},
                                    {"date", setup.date}}) {
    rows.push_back({name, "<code>" + escaped(value) + "</code>"});
  }
  Section section{.id = "setup", .title = "Configuration and machine"};
  section.lead = "<div class=\"wrapped\">" + table({"what", "value"}, rows, 2) + "</div>\n";
  for (const ModelFacts* model : {&subject.model, subject.other}) {
    if (model == nullptr || !model->training || model->training->recipe.empty()) continue;
    section.tail += "<details><summary>Recipe of " + escaped(model->source) + "</summary><pre>" +
                    escaped_lines(model->training->recipe) + "</pre></details>\n";
  }
  return section;
}

}  // namespace fovea::report
