// fovea report: one page that says what a model is worth.
#include <dirent.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/data_argument.h"
#include "app/execution.h"
#include "app/machine.h"
#include "app/measure.h"
#include "app/output.h"
#include "app/policy_argument.h"
#include "app/timed.h"
#include "app/verbs/eval_shift.h"
#include "app/verbs/verbs.h"
#include "base/words.h"
#include "data/codecs/decode.h"
#include "fovea/plan.h"
#include "report/measure.h"
#include "report/sections.h"
#include "report/training_log.h"

namespace fovea::app {
namespace {

constexpr int64_t kUsualBatch = 64;
constexpr int32_t kThumbnail = 64;
constexpr double kLayerSeconds = 0.5;

OptionSpecs options() {
  return OptionSpecs{
             output_option("FILE", "the page to write, FILE.html"),
             {"--compare", "OTHER", "a second model or run, measured in the same sitting"},
             {"--files", "DIR", "also every drawing as SVG, its numbers as CSV, and all as JSON"},
             {"--samples-timed", "N", "how many samples policies are run on for their times; 1000"},
             force_option(),
         } +
         shift_options() + data_options() + broken_options() + policy_options() +
         executor_options() + batch_options();
}

bool is_folder(const std::string& path) {
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return false;
  ::closedir(folder);
  return true;
}

/// A model, or the model and the log of a run.
struct Named {
  Network network;
  std::string metrics;  ///< path of a run's log, or empty
};

Named named(const std::string& path) {
  const bool run = is_folder(path);
  const std::string file = run ? path + "/model.fovea" : path;
  Named out{
      .network = {.model = load_model(file).value(), .source = shown_path(path), .file = file}};
  if (run) out.metrics = path + "/metrics.jsonl";
  return out;
}

std::optional<report::TrainingFacts> training_of(const Named& named) {
  auto facts =
      report::training_from_record(named.network.model.training, named.network.source).value();
  if (named.metrics.empty()) return facts;
  const Result<std::string> lines = read_file(named.metrics);
  if (!lines.ok()) return facts;
  if (!facts) facts.emplace().seed = "unknown";
  report::take_metrics(*facts, lines.value(), "metrics.jsonl of the run");
  return facts;
}

std::vector<report::LayerFacts> layers_of(const Network& network) {
  const auto plan = Plan::make(network.graph(), network.model.params);
  const std::vector<double> ms =
      step_times(plan, random_inputs(network.graph(), 8), nullptr, kLayerSeconds);
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

/// The words of the command as a shell takes them.
std::string command_of(const std::vector<std::string>& words) {
  std::string out = "fovea";
  for (size_t i = 1; i < words.size(); ++i) {
    const bool plain = !words[i].empty() &&
                       words[i].find_first_of(" \t\n\"'\\$`*?[]{}()<>|&;#~!") == std::string::npos;
    std::string word = words[i];
    if (!plain) {
      for (size_t at = 0; (at = word.find('\'', at)) != std::string::npos; at += 4) {
        word.replace(at, 1, "'\\''");
      }
      word.insert(0, 1, '\'').push_back('\'');
    }
    out += " " + shown_path(word);
  }
  return out;
}

report::SetupFacts setup_of(const Context& context, const Execution& execution, int64_t batch) {
  const MachineFacts machine = machine_facts();
  return {.command = command_of(context.words),
          .version = FOVEA_VERSION,
          .machine = (machine.processor.empty() ? "unknown processor" : machine.processor) + ", " +
                     std::to_string(machine.cores) + (machine.cores == 1 ? " core" : " cores"),
          .kernels = machine.kernel_sets.empty() ? "portable" : machine.kernel_sets.front(),
          .executor = std::string(executor_name(execution.kind)),
          .threads = execution.threads,
          .batch = batch};
}

/// The policy that the options name, else the stored default.
void choose_policy(const Arguments& arguments, const Model& model,
                   report::MeasureOptions& options) {
  options.stored = stored_policies(model);
  options.policy = policy_from(arguments, model);
  if (options.policy) {
    options.policy_name = arguments.value_or("--policy", "");
    const bool inlined = options.policy_name.find('{') != std::string::npos;
    if (options.policy_name.empty() || inlined) options.policy_name = "the given policy";
  } else if (const auto at = options.stored.find("default"); at != options.stored.end()) {
    options.policy = at->second;
    options.policy_name = "the stored policy 'default'";
  }
}

/// Accuracies on JPEG copies are not those on the pixels that CIFAR's authors published.
std::string remarks_of(const Dataset& data, const std::string& name) {
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

std::string thumbnail(const Dataset& data, int64_t index) {
  const Result<Picture> picture = data.picture(index);
  if (!picture.ok()) return {};
  const int32_t height = picture.value().height;
  const int32_t width = picture.value().width;
  const int32_t longer = std::max(height, width);
  if (longer <= kThumbnail) return encode_png(picture.value().view());
  const auto shrunk = [longer](int32_t side) {
    return std::max(1, static_cast<int32_t>(int64_t{side} * kThumbnail / longer));
  };
  return encode_png(resize(picture.value().view(), shrunk(height), shrunk(width)).view());
}

class Reporter {
 public:
  Reporter(Context& context, const Arguments& arguments)
      : context_(context),
        arguments_(arguments),
        execution_(execution_from(context, arguments)),
        batch_(arguments.count("--batch", kUsualBatch, 1, 1 << 16)),
        n_timed_(arguments.count("--samples-timed", 1000, 1, INT64_MAX)) {}

  [[nodiscard]] const Execution& execution() const { return execution_; }
  [[nodiscard]] int64_t batch() const { return batch_; }

  /// `data` receives the pictures.
  report::ModelFacts facts_of(const Named& named, DatasetPtr& data) {
    const Network& network = named.network;
    report::ModelFacts facts{.name = network.graph().name(),
                             .source = network.source,
                             .labels = network.model.labels,
                             .costs = exit_costs(network.graph()),
                             .training = training_of(named)};
    facts.n_params = facts.costs.back().params;
    if (!arguments_.has("--data")) {
      facts.layers = layers_of(network);
      return facts;
    }
    data = labelled_data_from(arguments_, network, context_.console);
    const DatasetSource source(data, transform_of(network), input_name(network));
    const auto executor = make_executor(context_, network, execution_);
    report::MeasureOptions options{.batch = batch_, .n_timed = n_timed_};
    choose_policy(arguments_, network.model, options);
    std::map<std::string, Progress, std::less<>> progress;
    options.progress = [&](std::string_view what, int64_t done, int64_t total) {
      auto at = progress.find(what);
      if (at == progress.end()) {
        at = progress.try_emplace(std::string(what), context_.console, std::string(what)).first;
      }
      at->second.callback()(done, total);
    };
    facts.data = report::measure(*executor, source, options).value();
    if (wants_shift(arguments_)) {
      facts.data->shift =
          shift_of(context_, arguments_, network, data, *executor, facts.data->chosen.policy);
    }
    facts.data->name = shown_path(arguments_.needed("--data"));
    facts.data->remarks = remarks_of(*data, facts.data->name);
    if (const auto split = arguments_.value("--split")) facts.data->name += " " + *split;
    if (facts.labels.empty()) facts.labels = data->class_names();
    facts.layers = layers_of(network);
    return facts;
  }

 private:
  Context& context_;
  const Arguments& arguments_;
  Execution execution_;
  int64_t batch_;
  int64_t n_timed_;
};

int run(Context& context, const Arguments& arguments) {
  Reporter reporter(context, arguments);
  const std::string output = arguments.needed("--output");
  const Overwrite overwrite = overwrite_from(arguments);
  const auto files = arguments.value("--files");
  arguments.expect_inputs(1, 1, "one MODEL or RUN");
  if (wants_shift(arguments)) (void)arguments.needed("--data");
  require_writable(output, overwrite);
  if (files && is_folder(*files)) require_writable(*files + "/report.json", overwrite);

  const Named first = named(arguments.inputs().front());
  std::optional<Named> second;
  if (const auto other = arguments.value("--compare")) second = named(*other);
  DatasetPtr data;
  DatasetPtr other_data;
  const report::ModelFacts model = reporter.facts_of(first, data);
  std::optional<report::ModelFacts> other;
  if (second) other = reporter.facts_of(*second, other_data);
  const report::SetupFacts setup = setup_of(context, reporter.execution(), reporter.batch());
  const report::PictureSource pictures = [&data](int64_t index) {
    return data == nullptr ? std::string() : thumbnail(*data, index);
  };
  const report::Subject subject{
      .model = model, .other = other ? &*other : nullptr, .setup = setup, .pictures = pictures};
  const report::Page page = report::report_page(subject);
  const std::string json = report::report_json(subject);
  const std::string text = report::html(page);
  write_file(output, text, overwrite).value();
  if (files) report::write_files(page, json, *files, overwrite).value();
  if (context.console.json()) {
    context.console.result(json + "\n");
  } else {
    context.console.note("wrote " + shown_path(output) + ", " +
                         std::to_string((text.size() + 1023) / 1024) + " kB");
  }
  return 0;
}

}  // namespace

const Verb kReportVerb{
    .name = "report",
    .summary = "one page with accuracy, cost, time, exits and pictures of a model",
    .usage = "MODEL|RUN -o FILE [--data D --split S] [--compare OTHER] [policy] [options]",
    .description =
        "Writes one HTML file that needs no network: accuracy against multiply-adds and "
        "milliseconds with 95 % intervals and the fixed exits beside, who leaves where, "
        "reliability, "
        "easiest and hardest pictures, confusion, training curves, cost per layer, where the time "
        "went, configuration and machine; with --shift also accuracy and cost on corrupted "
        "pictures. Without --data it tells what the model itself says.\n"
        "Shown closely is the given policy, else the stored policy 'default', else a threshold of "
        "0.9 "
        "at every exit. --compare measures a second model in the same sitting.",
    .examples =
        "fovea report models/NAME.fovea --data cifar10 --split test -o r.html\n"
        "fovea report RUN -o r.html --data cifar10 --split test --compare models/NAME.fovea\n"
        "fovea report c.fovea --data cifar10 --split test --budget 22M --shift -o r.html\n"
        "fovea report models/NAME.fovea -o r.html --files r",
    .options = options,
    .run = run,
};

}  // namespace fovea::app
