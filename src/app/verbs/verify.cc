// fovea verify: does leaving early give what the full run's scores say, and what does it save?
#include "eval/verify.h"

#include "app/calibration_data.h"
#include "app/data_argument.h"
#include "app/execution.h"
#include "app/policy_argument.h"
#include "app/table.h"
#include "app/timed.h"
#include "app/verbs/verbs.h"
#include "calibrate/certificate.h"
#include "eval/report_json.h"

namespace fovea::app {
namespace {

constexpr int64_t kUsualBatch = 64;
constexpr size_t kMostShown = 20;

OptionSpecs options() {
  return network_options() + data_options() + broken_options() + policy_options() +
         executor_options() + batch_options();
}

std::string report_text(const Verification& found) {
  Table table({{"pass", Table::Align::kLeft}, {"Mmacs a sample"}, {"ms a sample"}});
  table.add({"full", millions(found.macs_full), fixed(found.ms_full, 3)});
  table.add({"adaptive", millions(found.macs_adaptive), fixed(found.ms_adaptive, 3)});
  std::string out = std::to_string(found.agree) + " of " + std::to_string(found.n) +
                    " samples agree with the full pass\n" + table.text();
  if (found.macs_adaptive > 0 && found.ms_adaptive > 0) {
    out += fixed(found.macs_full / found.macs_adaptive, 2) + " times fewer multiply-adds, " +
           fixed(found.ms_full / found.ms_adaptive, 2) + " times faster\n";
  }
  if (found.realisation) {
    out += "realisation " + fixed(*found.realisation, 3) +
           " (1 says that leaving early costs nothing)\n";
  }
  return out;
}

/// What the samples lose against the last exit, and what that says about a certificate.
std::string promise_text(const Verification& found, const std::optional<Promise>& promise) {
  if (found.changes.n == 0) return "";
  std::string out = "accuracy drops by " + fixed(100 * found.changes.drop(), 2) +
                    " points against the last exit (" + std::to_string(found.changes.lost) +
                    " answers lost, " + std::to_string(found.changes.gained) + " gained)\n";
  if (!promise) return out;
  const double bound = 100 * drop_upper_bound(found.changes, promise->delta());
  return out + "certificate " + certificate_name(*promise) + ": " +
         std::string(recheck_name(recheck(*promise, found.changes))) +
         "; these samples bound the " + "drop by " + fixed(bound, 2) + " points\n";
}

/// How many of the samples the model's calibration used, which say nothing new about its
/// certificate: this is told. Nothing where the file does not say.
std::optional<int64_t> known_samples(const Arguments& arguments, const Model& model,
                                     const Dataset& data, int threads, const Console& console) {
  const CalibrationRecord record = stored_calibration(model, "the model's calibration").value();
  constexpr const char* kNothingNew =
      " the model's calibration: they say nothing new about its certificate";
  if (record.pictures.empty()) {
    const bool same_name = record.data == json_text(arguments.needed("--data")) &&
                           record.split == json_text(arguments.value_or("--split", ""));
    if (same_name) console.note(std::string("note: data and split are those of") + kNothingNew);
    return std::nullopt;
  }
  const int64_t known = n_calibrated_on(record, picture_hashes(data, threads));
  if (known > 0) {
    console.note("note: " + std::to_string(known) + " of these " + std::to_string(data.size()) +
                 " samples are those of" + kNothingNew);
  }
  return known;
}

int run(Context& context, const Arguments& arguments) {
  const Execution execution = execution_from(context, arguments);
  const int64_t batch = arguments.count("--batch", kUsualBatch, 1, 1 << 16);
  const Network network = network_from(arguments, Weights::kNeeded);
  arguments.expect_inputs(0, network.file.empty() ? 0 : 1, "one MODEL");
  const DatasetPtr data = labelled_data_from(arguments, network, context.console);
  const auto source = std::make_unique<DatasetSource>(data, transform_of(network),
                                                      input_name(network), execution.threads);
  const RunTimes times = run_times(context, network, execution, batch, source.get());
  const std::optional<SolvedPolicy> solved = solved_policy(arguments, network.model, &times);
  const Policy policy = policy_or_default(
      arguments, network.model, {.console = &context.console, .times = &times, .solved = &solved});
  const auto executor = make_executor(context, network, execution);
  SegmentRecorder recorder(*executor, execution.threads);
  Progress progress(context.console, "verified");
  VerifyOptions verify_options{.pass = {.batch = batch, .progress = progress.callback()}};
  if (execution.kind == ExecutorKind::kRuntime) verify_options.segment_ms = recorder.clock();
  const Verification found = verify(recorder, recorder, *source, policy, verify_options).value();
  std::optional<Promise> promise;
  std::optional<int64_t> known;
  if (const auto certificate = certificate_of(solved, network.model, policy)) {
    promise = certificate->promise;
    known = known_samples(arguments, network.model, *data, execution.threads, context.console);
  }
  for (size_t i = 0; i < found.disagree.size() && i < kMostShown; ++i) {
    context.console.note(found.disagree[i].text());
  }
  if (context.console.json()) {
    context.console.result(verification_json(found, promise, known, reported(policy, solved)) +
                           "\n");
  } else {
    context.console.result(report_text(found) + promise_text(found, promise));
  }
  if (found.disagree.empty()) {
    if (promise && recheck(*promise, found.changes) == Recheck::kBroken) {
      throw Error({.kind = ErrorKind::kCheckFailed,
                   .what = "these samples contradict the certificate",
                   .where = network.source,
                   .expected = "a drop of at most " + fixed(promise->max_drop, 2) + " points",
                   .found = fixed(100 * found.changes.drop(), 2)});
    }
    return 0;
  }
  throw Error(
      {.kind = ErrorKind::kCheckFailed,
       .what = "the adaptive pass disagrees with the full pass",
       .where = network.source,
       .expected = std::to_string(found.n) + " of " + std::to_string(found.n) + " samples to agree",
       .found = std::to_string(found.agree)});
}

}  // namespace

const Verb kVerifyVerb{
    .name = "verify",
    .summary = "check that leaving early gives exactly what the full run says, and what it saves",
    .usage = "MODEL --data D --split S [policy] [options]",
    .description =
        "Runs every exit of every sample, applies the policy to the recorded scores in hindsight, "
        "runs the adaptive pass separately, and compares every answer, exit and bit of the logits. "
        "Exit code 5 where any sample disagrees.\n"
        "Where the policy has a certificate (--max-drop, or stored), the data's labels re-check "
        "it: "
        "kept, open (too few samples to say) or broken (exit code 5).\n"
        "realisation is the full run's time of exactly the segments that the adaptive run "
        "executed, "
        "divided by the adaptive run's wall time.",
    .examples =
        "fovea verify models/NAME.fovea --data cifar10 --split test --threshold 0.9\n"
        "fovea verify models/NAME.fovea --data pictures/ --policy official-1.00 --batch 32 "
        "--threads 1 --json\n"
        "fovea verify calibrated.fovea --data cifar10 --split test --max-drop 1%",
    .options = options,
    .run = run,
};

}  // namespace fovea::app
