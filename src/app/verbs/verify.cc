// fovea verify: does leaving early give what the full run's scores say, and what does it save?
#include "eval/verify.h"

#include "app/data_argument.h"
#include "app/execution.h"
#include "app/policy_argument.h"
#include "app/table.h"
#include "app/timed.h"
#include "app/verbs/verbs.h"
#include "eval/report_json.h"

namespace fovea::app {
namespace {

constexpr int64_t kUsualBatch = 64;
constexpr size_t kMostShown = 20;

OptionSpecs options() {
  return network_options() + data_options() + policy_options() + executor_options() +
         batch_options();
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

int run(Context& context, const Arguments& arguments) {
  const Execution execution = execution_from(context, arguments);
  const int64_t batch = arguments.count("--batch", kUsualBatch, 1, 1 << 16);
  const Network network = network_from(arguments, Weights::kNeeded);
  arguments.expect_inputs(0, network.file.empty() ? 0 : 1, "one MODEL");
  const Policy policy = policy_or_default(arguments, network.model);
  const auto source = source_from(arguments, network, context.console);
  const auto executor = make_executor(context, network, execution);
  SegmentRecorder recorder(*executor, execution.threads);
  Progress progress(context.console, "verified");
  VerifyOptions verify_options{.pass = {.batch = batch, .progress = progress.callback()}};
  if (execution.kind == ExecutorKind::kRuntime) verify_options.segment_ms = recorder.clock();
  const Verification found = verify(recorder, recorder, *source, policy, verify_options).value();
  for (size_t i = 0; i < found.disagree.size() && i < kMostShown; ++i) {
    context.console.note(found.disagree[i].text());
  }
  if (context.console.json()) {
    context.console.result(verification_json(found) + "\n");
  } else {
    context.console.result(report_text(found));
  }
  if (found.disagree.empty()) return 0;
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
        "realisation is the full run's time of exactly the segments that the adaptive run "
        "executed, "
        "divided by the adaptive run's wall time.",
    .examples =
        "fovea verify models/NAME.fovea --data cifar10 --split test --threshold 0.9\n"
        "fovea verify models/NAME.fovea --data pictures/ --policy official-1.00 --batch 32 "
        "--threads 1 --json",
    .options = options,
    .run = run,
};

}  // namespace fovea::app
