#include "app/verbs/report_model.h"

#include <algorithm>
#include <filesystem>

#include "app/data_argument.h"
#include "app/measure.h"
#include "app/output.h"
#include "app/policy_argument.h"
#include "app/verbs/eval_shift.h"
#include "base/words.h"
#include "eval/executed.h"
#include "fovea/plan.h"
#include "report/text.h"
#include "report/training_log.h"

namespace fovea::app {
namespace {

constexpr double kLayerSeconds = 0.5;
constexpr int64_t kLayerBatch = 8;

std::optional<report::TrainingFacts> training_of(const ReportModel& model) {
  auto facts =
      report::training_from_record(model.network.model.training, model.network.source).value();
  if (model.metrics.empty()) return facts;
  const Result<std::string> lines = read_file(model.metrics);
  if (!lines.ok()) return facts;
  if (!facts) facts.emplace().seed = "unknown";
  report::take_metrics(*facts, lines.value(), "metrics.jsonl of the run");
  return facts;
}

std::vector<report::LayerFacts> layers_of(const Network& network) {
  const auto plan = Plan::make(network.graph(), network.model.params);
  const std::vector<double> ms =
      step_times(plan, random_inputs(network.graph(), kLayerBatch), nullptr, kLayerSeconds);
  std::vector<report::LayerFacts> out;
  const PlanReport steps = plan->report();
  for (size_t i = 0; i < steps.steps.size(); ++i) {
    const StepReport& step = steps.steps[i];
    out.push_back({.name = step.name,
                   .op = step.op,
                   .kernel = step.kernel,
                   .exit = step.segment,
                   .macs = static_cast<double>(step.macs),
                   .ms = ms[i]});
  }
  return out;
}

/// The policy that the options name, else the stored default, else the usual one.
report::NamedPolicy chosen_policy(const Arguments& arguments, const Model& model,
                                  const std::map<std::string, Policy>& stored) {
  report::NamedPolicy out = report::usual_policy(model.graph);
  if (const auto policy = policy_from(arguments, model)) {
    out = {.name = "the policy of " + policy_words(arguments), .policy = *policy};
  } else if (const auto at = stored.find("default"); at != stored.end()) {
    out = {.name = "the stored policy 'default'", .policy = at->second};
  }
  const Status judgeable = check_judgeable(out.policy);
  if (!judgeable.ok()) {
    ErrorInfo error = judgeable.error();
    error.where = "the report's policy";
    error.hint = "fovea eval --mode executed runs it";
    throw Error(std::move(error));
  }
  return out;
}

/// Accuracies on JPEG copies are not those on the pixels that CIFAR's authors published.
std::string form_of(const Dataset& data, const std::string& name) {
  int64_t n_jpeg = 0;
  for (int64_t i = 0; i < data.size(); ++i) {
    const std::string file = data.file_name(i);
    if (file.ends_with(".jpg") || file.ends_with(".jpeg") || file.ends_with(".JPEG")) ++n_jpeg;
  }
  if (n_jpeg == 0) return {};
  const std::string form = n_jpeg == data.size() ? "JPEG" : "partly JPEG";
  if (name.ends_with("cifar10")) return form + " copies of CIFAR-10";
  if (name.ends_with("cifar100")) return form + " copies of CIFAR-100";
  return form + " pictures";
}

/// Data is often sorted by class: a part of it may be another population.
std::string extent_of(const Arguments& arguments, const Dataset& data, const Model& model) {
  std::string out;
  if (arguments.has("--take")) {
    const int64_t whole = whole_data_from(arguments, hold_out_of(arguments, model))->size();
    if (data.size() < whole) {
      out = "only the first " + report::grouped(data.size()) + " of " + report::grouped(whole) +
            " samples";
    }
  }
  std::vector<char> seen(static_cast<size_t>(data.n_classes()), 0);
  for (int64_t i = 0; i < data.size(); ++i) {
    if (data.label(i) >= 0) seen[static_cast<size_t>(data.label(i))] = 1;
  }
  const auto n_seen = std::count(seen.begin(), seen.end(), 1);
  if (n_seen < data.n_classes()) {
    out += (out.empty() ? "" : ", ") + report::grouped(n_seen) + " of " +
           report::grouped(data.n_classes()) + " classes";
  }
  return out;
}

ReportData data_of(Context& context, const Arguments& arguments, const Execution& execution,
                   const Network& network) {
  ReportData out{.name = shown_path(arguments.needed("--data"))};
  out.stored = stored_policies(network.model);
  out.policy = chosen_policy(arguments, network.model, out.stored);
  if (wants_shift(arguments)) {
    out.shift = shift_plan(arguments, network.model, out.policy.policy);
  }
  out.pictures = labelled_data_from(arguments, network, context.console);
  out.extent = extent_of(arguments, *out.pictures, network.model);
  out.remarks = form_of(*out.pictures, out.name);
  if (const auto split = arguments.value("--split")) out.name += " " + shown_path(*split);
  if (const auto corruption = arguments.value("--corrupt")) {
    out.name += " corrupted by " + shown_path(*corruption);
  }
  out.source = std::make_unique<DatasetSource>(out.pictures, transform_of(network),
                                               input_name(network), execution.threads);
  out.executor = make_executor(context, network, execution);
  return out;
}

}  // namespace

std::string policy_words(const Arguments& arguments) {
  std::string out;
  for (const OptionSpec& option : policy_options()) {
    if (!arguments.has(option.name)) continue;
    out += (out.empty() ? "" : " ") + std::string(option.name);
    if (option.takes != Takes::kNothing) out += " " + shown_path(*arguments.value(option.name));
  }
  return out;
}

ReportModel report_model(Context& context, const Arguments& arguments, const Execution& execution,
                         const std::string& path) {
  std::error_code unreadable;
  const bool run = std::filesystem::is_directory(path, unreadable);
  const std::string file = run ? path + "/model.fovea" : path;
  ReportModel out{
      .network = {.model = load_model(file).value(), .source = shown_path(path), .file = file}};
  if (run) out.metrics = path + "/metrics.jsonl";
  if (arguments.has("--data")) out.data = data_of(context, arguments, execution, out.network);
  return out;
}

report::ModelFacts facts_of(const ReportModel& model) {
  const Network& network = model.network;
  report::ModelFacts facts{.name = network.graph().name(),
                           .source = network.source,
                           .labels = network.model.labels,
                           .costs = exit_costs(network.graph()),
                           .layers = layers_of(network),
                           .training = training_of(model)};
  facts.n_params = facts.costs.back().params;
  if (model.data && facts.labels.empty()) facts.labels = model.data->pictures->class_names();
  return facts;
}

}  // namespace fovea::app
