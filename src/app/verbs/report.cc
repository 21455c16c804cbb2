// fovea report: one page that says what a model is worth.
#include <algorithm>
#include <ctime>
#include <filesystem>
#include <functional>
#include <map>

#include "app/data_argument.h"
#include "app/execution.h"
#include "app/machine.h"
#include "app/output.h"
#include "app/policy_argument.h"
#include "app/timed.h"
#include "app/verbs/eval_shift.h"
#include "app/verbs/report_model.h"
#include "app/verbs/verbs.h"
#include "data/codecs/decode.h"
#include "report/measure.h"
#include "report/sections.h"

namespace fovea::app {
namespace {

constexpr int64_t kUsualBatch = 64;
constexpr int32_t kThumbnail = 64;
constexpr int64_t kMostBatch = 1 << 16;
constexpr int64_t kUsuallyTimed = 1000;

OptionSpecs options() {
  return OptionSpecs{
             output_option("FILE", "the page to write, FILE.html"),
             {"--compare", "OTHER", "a second model or run, measured in the same sitting"},
             {"--files", "DIR", "also every drawing as SVG, its numbers as CSV, and all as JSON"},
             {"--samples-timed", "N",
              "on how many samples, from all over the data, policies are run for their times; "
              "1000"},
             force_option(),
         } +
         shift_options() + data_options() + broken_options() + policy_options() +
         executor_options() + batch_options();
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

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &utc)};
}

report::SetupFacts setup_of(const Context& context, const Execution& execution, int64_t batch) {
  const MachineFacts machine = machine_facts();
  return {.command = command_of(context.words),
          .date = today(),
          .version = FOVEA_VERSION,
          .machine = (machine.processor.empty() ? "unknown processor" : machine.processor) + ", " +
                     std::to_string(machine.cores) + (machine.cores == 1 ? " core" : " cores"),
          .kernels = machine.kernel_sets.empty() ? "portable" : machine.kernel_sets.front(),
          .executor = std::string(executor_name(execution.kind)),
          .threads = execution.threads,
          .batch = batch};
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

/// Shows progress of every kind of work that is named to it.
class ProgressByName {
 public:
  explicit ProgressByName(const Console& console) : console_(console) {}
  void operator()(std::string_view what, int64_t done, int64_t total) {
    auto at = progress_.find(what);
    if (at == progress_.end()) {
      at = progress_.try_emplace(std::string(what), console_, std::string(what)).first;
    }
    at->second.callback()(done, total);
  }

 private:
  const Console& console_;
  std::map<std::string, Progress, std::less<>> progress_;
};

/// Facts of all models, in their order; those on data are measured together.
std::vector<report::ModelFacts> measured(Context& context, const std::vector<ReportModel>& models,
                                         int64_t batch, int64_t n_timed) {
  std::vector<report::ModelFacts> out;
  std::vector<report::Candidate> candidates;
  for (const ReportModel& model : models) {
    out.push_back(facts_of(model));
    if (model.data) candidates.push_back(model.data->candidate());
  }
  if (candidates.empty()) return out;
  ProgressByName progress(context.console);
  std::vector<report::DataFacts> facts =
      report::measure(candidates,
                      {.batch = batch, .n_timed = n_timed, .progress = std::ref(progress)})
          .value();
  for (size_t m = 0; m < models.size(); ++m) {
    const ReportData& data = *models[m].data;
    if (data.shift) {
      facts[m].shift =
          shift_of(context, models[m].network, data.pictures, *data.executor, *data.shift);
    }
    facts[m].name = data.name;
    facts[m].extent = data.extent;
    facts[m].remarks = data.remarks;
    out[m].data = std::move(facts[m]);
  }
  return out;
}

int run(Context& context, const Arguments& arguments) {
  const Execution execution = execution_from(context, arguments);
  const int64_t batch = arguments.count("--batch", kUsualBatch, 1, kMostBatch);
  const int64_t n_timed = arguments.count("--samples-timed", kUsuallyTimed, 1, INT64_MAX);
  const std::string output = arguments.needed("--output");
  const Overwrite overwrite = overwrite_from(arguments);
  const auto files = arguments.value("--files");
  arguments.expect_inputs(1, 1, "one MODEL or RUN");
  check_shift(arguments);
  require_writable(output, overwrite);
  std::error_code unreadable;
  if (files && std::filesystem::is_directory(*files, unreadable)) {
    require_writable(*files + "/report.json", overwrite);
  }

  std::vector<std::string> paths{arguments.inputs().front()};
  if (const auto other = arguments.value("--compare")) paths.push_back(*other);
  std::vector<ReportModel> models;
  for (const std::string& path : paths) {
    models.push_back(report_model(context, arguments, execution, path));
  }
  const std::vector<report::ModelFacts> facts = measured(context, models, batch, n_timed);
  const report::SetupFacts setup = setup_of(context, execution, batch);
  const report::PictureSource pictures = [&models](int64_t index) {
    return models[0].data ? thumbnail(*models[0].data->pictures, index) : std::string();
  };
  const report::Subject subject{.model = facts[0],
                                .other = facts.size() > 1 ? &facts[1] : nullptr,
                                .setup = setup,
                                .pictures = pictures};
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
        "at every exit. --compare measures a second model in the same rounds; sections that are of "
        "one "
        "model say of which.",
    .examples =
        "fovea report models/NAME.fovea --data cifar10 --split test -o r.html\n"
        "fovea report RUN -o r.html --data cifar10 --split test --compare models/NAME.fovea\n"
        "fovea report c.fovea --data cifar10 --split test --budget 22M --shift -o r.html\n"
        "fovea report models/NAME.fovea -o r.html --files r",
    .options = options,
    .run = run,
};

}  // namespace fovea::app
