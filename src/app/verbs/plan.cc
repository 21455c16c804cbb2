// fovea plan: how the runtime would run a network.
#include <nlohmann/json.hpp>

#include "app/execution.h"
#include "app/measure.h"
#include "app/policy_argument.h"
#include "app/table.h"
#include "app/verbs/verbs.h"

namespace fovea::app {
namespace {

using Json = nlohmann::ordered_json;

OptionSpecs options() {
  return network_options() +
         OptionSpecs{
             {"--batch", "M", "micro-batch, 1 to 64; without it chosen from the sizes"},
             {"--threads", "T", "threads, for the memory of all sessions together"},
             {"--explain", "", "list every step: kernel, cost, time, and why others were refused",
              Takes::kNothing},
             {"--isa", "NAME", "instruction set of the kernels (AVX3, AVX2, SSE4); the best"},
         } +
         policy_options();
}

double mb(int64_t bytes) { return static_cast<double>(bytes) * 1e-6; }

struct Explained {
  PlanReport report;
  std::vector<double> step_ms;  ///< empty without --explain
  std::vector<int> asked;
  int threads = 1;
};

std::string text_of(const Network& network, const Explained& plan) {
  std::string asked;
  for (const int exit : plan.asked) asked += (asked.empty() ? "" : ", ") + std::to_string(exit);
  std::string out = network.graph().name() + "\n";
  out += "kernels      " + plan.report.isa + "\n";
  out += "micro-batch  " + std::to_string(plan.report.micro_batch) + "\n";
  out += "exits asked  " + asked + "\n";
  out += "steps        " + std::to_string(plan.report.steps.size()) + "\n";
  out += "constants    " + fixed(mb(plan.report.constant_bytes), 2) + " MB, shared by threads\n";
  out += "activations  " + fixed(mb(plan.report.block_bytes), 3) + " MB a sample in flight\n";
  out += "session      " + fixed(mb(plan.report.session_bytes), 2) + " MB a thread, " +
         std::to_string(plan.threads) + " thread(s)\n";
  if (plan.step_ms.empty()) return out;
  Table table({{"step", Table::Align::kLeft},
               {"exit"},
               {"kernel", Table::Align::kLeft},
               {"result", Table::Align::kLeft},
               {"Mmacs"},
               {"us"},
               {"GFLOP/s"},
               {"refused", Table::Align::kLeft}});
  for (size_t i = 0; i < plan.report.steps.size(); ++i) {
    const StepReport& step = plan.report.steps[i];
    const double ms = plan.step_ms[i];
    std::string refused;
    for (const std::string& each : step.refused) refused += (refused.empty() ? "" : "; ") + each;
    table.add({step.name, std::to_string(step.segment), step.kernel, step.layout,
               millions(static_cast<double>(step.macs)), ms > 0 ? fixed(ms * 1e3, 1) : "-",
               ms > 0 && step.macs > 0 ? fixed(2e-6 * static_cast<double>(step.macs) / ms, 1) : "-",
               refused});
  }
  return out + "\n" + table.text();
}

Json json_of(const Network& network, const Explained& plan) {
  Json out{{"name", network.graph().name()},
           {"isa", plan.report.isa},
           {"micro_batch", plan.report.micro_batch},
           {"threads", plan.threads},
           {"asked", plan.asked},
           {"n_steps", plan.report.steps.size()},
           {"constant_bytes", plan.report.constant_bytes},
           {"block_bytes", plan.report.block_bytes},
           {"session_bytes", plan.report.session_bytes}};
  if (plan.step_ms.empty()) return out;
  out["steps"] = Json::array();
  for (size_t i = 0; i < plan.report.steps.size(); ++i) {
    const StepReport& step = plan.report.steps[i];
    out["steps"].push_back({{"name", step.name},
                            {"op", step.op},
                            {"kernel", step.kernel},
                            {"refused", step.refused},
                            {"segment", step.segment},
                            {"layout", step.layout},
                            {"macs", step.macs},
                            {"constant_bytes", step.constant_bytes},
                            {"ms", plan.step_ms[i]}});
  }
  return out;
}

int run(Context& context, const Arguments& arguments) {
  const Execution execution = execution_from(context, arguments);
  const auto batch = static_cast<int>(arguments.count("--batch", 0, 1, 64));
  const Network network = network_from(arguments, Weights::kAnyWill);
  arguments.expect_inputs(0, network.file.empty() ? 0 : 1, "one MODEL");
  const RunTimes times = run_times(context, network, execution, std::max(batch, 1), nullptr);
  const auto asked =
      policy_from(arguments, network.model, {.console = &context.console, .times = &times});
  const bool has_policy = asked || network.model.policies.contains("default");
  const Policy policy = asked ? *asked : policy_or_default(arguments, network.model);
  const auto plan = Plan::make(network.graph(), network.model.params,
                               {.micro_batch = batch, .isa = arguments.value_or("--isa", "")});
  // Without any policy the plan is shown for all exits, as `run` would use it.
  Explained explained{.report = plan->report(),
                      .asked = has_policy ? resolve(policy, network.graph()).value().asked
                                          : every_exit(network.graph()).asked,
                      .threads = execution.threads};
  if (arguments.has("--explain")) {
    Policy stays;
    for (const int exit : explained.asked) {
      stays.thresholds.resize(static_cast<size_t>(std::max(network.graph().n_exits() - 1, 0)));
      // A threshold that nobody reaches asks the exit and lets everybody go on.
      if (exit != explained.asked.back()) stays.thresholds[static_cast<size_t>(exit)] = 2.0F;
    }
    if (explained.asked.back() + 1 < network.graph().n_exits()) stays.exit = explained.asked.back();
    constexpr double kSeconds = 0.5;
    explained.step_ms =
        step_times(plan, random_inputs(network.graph(), explained.report.micro_batch),
                   has_policy ? &stays : nullptr, kSeconds);
  }
  if (context.console.json()) {
    context.console.json_result(json_of(network, explained));
  } else {
    context.console.result(text_of(network, explained));
  }
  return 0;
}

}  // namespace

const Verb kPlanVerb{
    .name = "plan",
    .summary = "show how the runtime runs a network: kernels, memory, time of every step",
    .usage = "MODEL | --network NAME | --graph FILE  [--batch M] [--explain] [policy]",
    .description =
        "A network without a file gets untrained weights. --explain times every step on one thread "
        "on inputs of random numbers: us and GFLOP/s are per sample; exit is the one that needs "
        "the "
        "step first; refused says why kernels that stand higher on the list were not taken.",
    .examples =
        "fovea plan --network ranet-a-cifar10\n"
        "fovea plan m.fovea --batch 8 --explain\n"
        "fovea plan m.fovea --exit 2 --explain --json",
    .options = options,
    .run = run,
};

}  // namespace fovea::app
