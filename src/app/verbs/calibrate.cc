// fovea calibrate: policies from held-out data, stored in the model.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/budget_argument.h"
#include "app/calibration_data.h"
#include "app/data_argument.h"
#include "app/execution.h"
#include "app/output.h"
#include "app/scoring_argument.h"
#include "app/segment_timing.h"
#include "app/table.h"
#include "app/tensor_files.h"
#include "app/timed.h"
#include "app/verbs/verbs.h"
#include "base/words.h"
#include "calibrate/hindsight.h"
#include "calibrate/official.h"
#include "calibrate/record.h"
#include "eval/anytime.h"
#include "eval/executed.h"

namespace fovea::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kUsualBatch = 64;

OptionSpecs options() {
  return data_options() +
         OptionSpecs{
             output_option("OUT.fovea", "the model file with the policies"),
             {"--in-place", "", "store them in MODEL itself", Takes::kNothing},
             {"--default", "NAME",
              "this policy also becomes `default`, which holds where no other "
              "is given"},
             {"--seed", "S", "which samples choose and which certify; 0"},
             force_option(),
         } +
         promise_options() + scoring_options() + broken_options() + executor_options() +
         batch_options();
}

/// Half precision stays half precision.
Storage storage_of(const std::string& path) {
  const SafetensorsHeader header = tensor_header(path);
  for (const auto& each : header.entries) {
    if (each.second.dtype == DType::kF16) return Storage::kF16;
  }
  return Storage::kF32;
}

struct Row {
  OfficialPoint point;
  AdaptiveReport held_out;
};

Json json_of(const std::vector<Row>& rows) {
  Json out = Json::array();
  for (const Row& row : rows) {
    Json line{{"name", row.point.name},
              {"policy", Json::parse(policy_to_json(row.point.policy))},
              {"top1", row.held_out.top1 ? Json(*row.held_out.top1) : Json()},
              {"mean_macs", row.held_out.mean_macs},
              {"counts", row.held_out.counts}};
    out.push_back(std::move(line));
  }
  return out;
}

Json json_of(const CalibrationRecord& record) {
  Json out = Json::array();
  for (const CurvePoint& point : record.curve) {
    out.push_back({{"policy", Json::parse(policy_to_json(point.rule.policy()))},
                   {"macs", point.macs},
                   {"top1", point.top1},
                   {"held_out", {{"macs", point.held_out_macs}, {"top1", point.held_out_top1}}}});
  }
  return out;
}

/// How each exit is scored, and how far its softmax is from being right as often as it says.
Json json_of(std::span<const Scoring> scoring, const std::vector<TemperatureFit>& fits) {
  Json out = Json::array();
  for (size_t e = 0; e < scoring.size(); ++e) {
    Json line{{"metric", attribute_text(scoring[e].metric)},
              {"temperature", json_float(scoring[e].temperature)}};
    if (!fits.empty()) {
      const TemperatureFit::Judged& before = fits[e].before;
      const TemperatureFit::Judged& after = fits[e].after;
      line["calibration_error"] = {{"before", 100 * before.error}, {"after", 100 * after.error}};
      line["nll"] = {{"before", before.nll}, {"after", after.nll}};
    }
    out.push_back(std::move(line));
  }
  return out;
}

Json json_of(const Certificate& certificate) {
  return {{"name", certificate_name(certificate.promise)},
          {"policy", Json::parse(policy_to_json(certificate.rule.policy()))},
          {"max_drop", certificate.promise.max_drop},
          {"confidence", certificate.promise.confidence},
          {"n", certificate.changes.n},
          {"lost", certificate.changes.lost},
          {"gained", certificate.changes.gained},
          {"bound", certificate.bound},
          {"macs", certificate.macs}};
}

std::string curve_text(const CalibrationRecord& record) {
  Table table({{"threshold", Table::Align::kLeft},
               {"Mmacs"},
               {"top-1 %"},
               {"Mmacs, other half"},
               {"top-1 %, other half"}});
  for (const CurvePoint& point : record.curve) {
    table.add({rule_text(point.rule), millions(point.macs), fixed(point.top1, 2),
               millions(point.held_out_macs), fixed(point.held_out_top1, 2)});
  }
  return table.text();
}

/// Segment times on the data's own pictures, loading apart.
SegmentTimes timed(Executor& executor, const InputSource& source, const TimeKey& key) {
  constexpr double kSeconds = 2;
  const LabelledInputs batch = source.load(0, std::min(source.n(), key.batch)).value();
  SegmentTimes out = measured_segments(executor, batch.inputs, key, kSeconds);
  out.load_ms = measured_load_ms(source, key.batch);
  return out;
}

/// Thresholds are stored whatever the number of samples; few say little about them.
void note_few_samples(const Console& console, int64_t n) {
  constexpr int64_t kSensible = 1000;
  if (n >= kSensible) return;
  // Of an accuracy of 50 %, the least certain; one half chooses, the other one measures.
  const double points = 100 * 0.5 / std::sqrt(static_cast<double>(std::max<int64_t>(1, n / 2)));
  console.note("fovea: warning: " + std::to_string(n) + (n == 1 ? " sample is" : " samples are") +
               " few to choose thresholds on: one half of them measures accuracies to about " +
               fixed(std::min(points, 100.0), 0) + " points; " + std::to_string(kSensible) +
               " and more make sense");
}

void set_default(Model& model, const std::string& name) {
  const auto found = model.policies.find(name);
  if (found != model.policies.end()) {
    model.policies["default"] = found->second;
    return;
  }
  std::vector<std::string> names;
  for (const auto& each : model.policies) names.push_back(each.first);
  const auto near = nearest(name, names);
  throw Error({.kind = ErrorKind::kUsage,
               .what = "no such policy",
               .where = "--default",
               .expected = std::string(official_name(0)) + " to " +
                           official_name(kOfficialPoints - 1) + " in steps of 0.05",
               .found = shown_path(name),
               .hint = near ? "perhaps '" + *near + "'" : std::string()});
}

/// Scores of samples that a network was trained on say too much of it: this is told, and no drop is
/// certified on them.
void check_training(const SampleChoice& choice, const std::optional<Promise>& promise,
                    const Network& network, const Console& console) {
  const int64_t known = choice.trained_on.value_or(0);
  if (known == 0) return;
  if (promise) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "a drop cannot be certified on samples that the model was trained on",
                 .where = network.source,
                 .expected = "samples that its training did not see, such as --split val without "
                             "--hold-out and --hold-out-seed",
                 .found = std::to_string(known) + " samples that it was trained on"});
  }
  console.note("note: the model was trained on " + std::to_string(known) +
               " of these samples: their scores say more than those of new ones would");
}

int run(Context& context, const Arguments& arguments) {
  const Execution execution = execution_from(context, arguments);
  arguments.expect_inputs(1, 1, "one MODEL");
  const std::optional<Promise> promise = promise_from(arguments);
  const std::string& input = arguments.inputs().front();
  const bool in_place = arguments.has("--in-place");
  if (in_place == arguments.has("--output")) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "where the policies go is unclear",
                 .where = "fovea calibrate",
                 .expected = "-o OUT.fovea or --in-place"});
  }
  const std::string output = in_place ? input : arguments.needed("--output");
  const Overwrite overwrite = in_place ? Overwrite::kAllow : overwrite_from(arguments);
  require_writable(output, overwrite);
  const auto seed = static_cast<uint64_t>(arguments.count("--seed", 0, 0, INT64_MAX));
  const int64_t batch = arguments.count("--batch", kUsualBatch, 1, 1 << 16);
  Network network = network_from(arguments, Weights::kNeeded);
  if (network.graph().n_exits() < 2) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "a network with one exit has nothing to calibrate",
                 .where = network.source});
  }
  const SampleChoice choice = choice_from(arguments, network.model);
  check_training(choice, promise, network, context.console);
  const DatasetPtr data = labelled_data_from(arguments, network, context.console);
  const auto source = std::make_unique<DatasetSource>(data, transform_of(network),
                                                      input_name(network), execution.threads);
  const auto executor = make_executor(context, network, execution);
  Progress progress(context.console, "recorded");
  Scores scores =
      record_scores(*executor, *source, {.batch = batch, .progress = progress.callback()}).value();
  const std::vector<TemperatureFit> fits =
      apply_scoring(arguments, halves_of(scores, seed), scores);

  CalibrationRecord record = record_of(scores, seed).value();
  record.data = json_text(arguments.needed("--data"));
  record.split = json_text(arguments.value_or("--split", ""));
  record.choice = choice;
  record.pictures = picture_hashes(*data, execution.threads);
  record.weights = weights_digest(network.model);
  solve_curve(record, network.graph());
  if (promise) {
    record.certificates.push_back(certify(selecting(record, macs_of(network.graph())),
                                          certifying(record, macs_of(network.graph())),
                                          record.candidates, *promise)
                                      .value());
  }
  record.times.push_back(timed(*executor, *source, time_key(execution, batch)));

  std::vector<std::string> forgotten = forget_policies(network.model, record.scoring);
  std::vector<Row> rows;
  for (OfficialPoint& point : solve_official(exit_table(scores))) {
    AdaptiveReport judged = evaluate_hindsight(scores, network.graph(), point.policy).value();
    network.model.policies[point.name] = policy_to_json(point.policy);
    rows.push_back({std::move(point), std::move(judged)});
  }
  for (const Certificate& each : record.certificates) {
    network.model.policies[certificate_name(each.promise)] = policy_to_json(each.rule.policy());
  }
  if (const auto name = arguments.value("--default")) set_default(network.model, *name);
  network.model.graph = with_scoring(network.graph(), record.scoring);
  store_calibration(record, network.model);
  save_model(output, network.model, storage_of(input), overwrite).value();

  if (context.console.json()) {
    Json certificates = Json::array();
    for (const Certificate& each : record.certificates) certificates.push_back(json_of(each));
    context.console.json_result(Json{{"model", json_text(output)},
                                     {"n", scores.n()},
                                     {"policies", json_of(rows)},
                                     {"curve", json_of(record)},
                                     {"certificates", certificates},
                                     {"scoring", json_of(record.scoring, fits)},
                                     {"load_ms", record.times.back().load_ms},
                                     {"segment_ms", record.times.back().segment_ms}});
  } else {
    Table table({{"policy", Table::Align::kLeft}, {"top-1 %"}, {"Mmacs"}});
    for (const Row& row : rows) {
      table.add({row.point.name, row.held_out.top1 ? fixed(*row.held_out.top1, 2) : "-",
                 millions(row.held_out.mean_macs)});
    }
    std::string text = table.text() + "\n" + curve_text(record);
    for (const Certificate& each : record.certificates) {
      text += "\n" + certificate_name(each.promise) + ": " + certificate_text(each) + "\n";
    }
    if (!fits.empty()) text += "\n" + fits_text(fits);
    context.console.result(text);
  }
  context.console.note("wrote " + shown_path(output) + ": " + std::to_string(rows.size()) +
                       " policies from " + std::to_string(scores.n()) + " samples");
  note_few_samples(context.console, scores.n());
  std::erase_if(forgotten, [&](const auto& name) { return network.model.policies.contains(name); });
  if (!forgotten.empty()) {
    context.console.note("no longer stored: " +
                         joined(std::span<const std::string>(forgotten), ", "));
  }
  return 0;
}

}  // namespace

const Verb kCalibrateVerb{
    .name = "calibrate",
    .summary = "find policies on held-out data and store them in the model",
    .usage = "MODEL --data D --split S (-o OUT.fovea | --in-place) [options]",
    .description =
        "Records every exit's scores once and solves for thresholds by the published rule of RANet "
        "and MSDNet: exits get geometric quotas with ratio 0.05, 0.10, ... 1.95, small ratios "
        "leave "
        "early. The policies are stored as official-0.05 to official-1.95.\n"
        "It also stores the scores and the segment times, so that --budget, --accuracy and "
        "--max-drop of the other verbs can be solved for later. The samples are cut into halves: "
        "one chooses thresholds, on the other they are measured and certified. With --max-drop the "
        "certified policy is stored too, as max-drop-P-C.\n"
        "--score and --fit-temperature change how the exits of the stored network are scored; "
        "policies of an earlier scoring are taken out.\n"
        "Use data that the network was not trained on.",
    .examples =
        "fovea calibrate m.fovea --data cifar10 --split val -o calibrated.fovea\n"
        "fovea calibrate m.fovea --data pictures/ --split val --in-place --default "
        "official-0.80\n"
        "fovea calibrate m.fovea --data cifar10 --split val -o c.fovea --max-drop 1% "
        "--confidence 95%",
    .options = options,
    .run = run,
};

}  // namespace fovea::app
