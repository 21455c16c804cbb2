// fovea doctor: what this machine and its libraries mean for fovea, and what to do about it.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "app/data_argument.h"
#include "app/execution.h"
#include "app/machine.h"
#include "app/policy_argument.h"
#include "app/table.h"
#include "app/verbs/verbs.h"
#include "base/file.h"
#include "base/words.h"
#include "data/core/scenes.h"
#include "eval/executed.h"

namespace fovea::app {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr double kPaysBelow = 0.95;
constexpr int64_t kScenes = 256;

OptionSpecs options() {
  return network_options() + data_options() + broken_options() + policy_options() +
         batch_options() + OptionSpecs{{"--threads", "T", "threads of the model's measurement"}};
}

enum class Verdict : uint8_t { kFine, kNotice, kProblem };

struct Finding {
  std::string name;
  Verdict verdict = Verdict::kFine;
  std::string found;
  std::string advice;  ///< what to do; empty where all is fine
};

std::string_view word(Verdict verdict) {
  switch (verdict) {
    case Verdict::kFine:
      return "ok";
    case Verdict::kNotice:
      return "note";
    case Verdict::kProblem:
      return "problem";
  }
  return "ok";
}

Finding processor_finding(const MachineFacts& machine) {
  Finding out{.name = "processor",
              .found = (machine.processor.empty() ? "unknown" : machine.processor) + "; kernels: " +
                       joined(std::span<const std::string>(machine.kernel_sets), ", ")};
  const std::string& best = machine.kernel_sets.front();
  if (!best.starts_with("AVX") && best != "NEON") {
    out.verdict = Verdict::kNotice;
    out.advice = "this processor has no AVX2; everything works, several times slower";
  }
  return out;
}

Finding cores_finding(const MachineFacts& machine) {
  Finding out{.name = "cores",
              .found = std::to_string(machine.cores) + " of the machine, " +
                       std::to_string(machine.affinity) + " by affinity, " +
                       (machine.quota ? fixed(*machine.quota, 2) + " by control group"
                                      : std::string("no control group limit")) +
                       "; usual number of threads " + std::to_string(default_threads())};
  if (machine.quota && *machine.quota < machine.affinity) {
    out.verdict = Verdict::kNotice;
    out.advice =
        "the control group grants less than the cores that are visible; other programs "
        "that start a thread per core will be throttled";
  }
  return out;
}

/// Where the dynamic loader finds libraries, the usual places first asked.
std::vector<fs::path> library_folders() {
  std::vector<fs::path> out;
  if (const char* path = std::getenv("LD_LIBRARY_PATH")) {
    for (const std::string_view part : split(path, ':')) {
      if (!part.empty()) out.emplace_back(part);
    }
  }
  std::error_code code;
  for (const auto& entry : fs::directory_iterator("/usr/lib", code)) {
    if (entry.path().filename().string().find("-linux-gnu") != std::string::npos) {
      out.push_back(entry.path());
    }
  }
  out.insert(out.end(), {"/usr/lib64", "/usr/lib", "/usr/local/lib"});
  return out;
}

/// The file that a library's name leads to, or nothing.
std::optional<fs::path> find_library(const std::string& name) {
  for (const fs::path& folder : library_folders()) {
    std::error_code code;
    fs::path real = fs::canonical(folder / name, code);
    if (!code) return real;
  }
  return std::nullopt;
}

Finding blas_finding() {
  Finding out{.name = "blas"};
  const auto torch = find_library("libtorch_cpu.so").has_value()
                         ? find_library("libtorch_cpu.so")
                         : find_library("libtorch_cpu.so.1.13");
  const auto blas = find_library("libblas.so.3");
  if (!torch) {
    out.found = "LibTorch is not installed; nothing here depends on a BLAS";
    return out;
  }
  const std::string path = blas ? blas->string() : "none";
  out.found = "LibTorch is installed; libblas.so.3 is " + path;
  const bool fast =
      path.find("openblas") != std::string::npos || path.find("blis") != std::string::npos ||
      path.find("mkl") != std::string::npos || path.find("atlas") != std::string::npos;
  if (!fast) {
    out.verdict = Verdict::kProblem;
    out.advice =
        "this is the reference BLAS: LibTorch's matrix products are 10 to 15 times too "
        "slow; install libopenblas0-pthread";
  }
  return out;
}

/// Adaptive against full execution of one model, on data or on drawn pictures.
struct Payment {
  bool pays = false;
  int n_exits = 1;
  std::string data;
  std::string policy;
  double full_ms = 0;
  double adaptive_ms = 0;
  std::optional<double> share_early;
};

std::unique_ptr<InputSource> some_source(const Arguments& arguments, const Network& network,
                                         const Console& console, std::string& what) {
  if (const auto name = arguments.value("--data")) {
    what = shown_path(*name);
    return source_from(arguments, network, console);
  }
  what = std::to_string(kScenes) + " drawn pictures (give --data for your own)";
  const Transform transform = transform_of(network);
  return std::make_unique<DatasetSource>(std::make_shared<ScenesDataset>(ScenesOptions{}, kScenes),
                                         transform, input_name(network));
}

Payment measure_payment(Context& context, const Arguments& arguments) {
  const Execution execution = execution_from(context, arguments);
  const Network network = network_from(arguments, Weights::kNeeded);
  Payment out{.n_exits = network.graph().n_exits()};
  if (out.n_exits < 2) return out;
  const auto given = policy_from(arguments, network.model);
  Policy policy = given ? *given : policy_or_default(arguments, network.model);
  out.policy = "as given";
  if (!given) {
    out.policy = "the stored policy default";
    if (!network.model.policies.contains("default")) {
      constexpr float kThreshold = 0.9F;
      policy.thresholds.assign(static_cast<size_t>(out.n_exits - 1), kThreshold);
      out.policy = "threshold 0.9";
    }
  }
  const auto source = some_source(arguments, network, context.console, out.data);
  const auto executor = make_executor(context, network, execution);
  const PassOptions pass{.batch = arguments.count("--batch", 32, 1, 1 << 16)};
  // Interleaved, so that both see the same machine; the least of each counts.
  for (int round = 0; round < 3; ++round) {
    const AdaptiveReport full =
        evaluate_executed(*executor, *source, Policy::last_exit(), pass).value();
    const AdaptiveReport adaptive = evaluate_executed(*executor, *source, policy, pass).value();
    const auto take = [round](double& least, const std::optional<double>& ms) {
      if (ms && (round == 0 || *ms < least)) least = *ms;
    };
    take(out.full_ms, full.run_ms);
    take(out.adaptive_ms, adaptive.run_ms);
    const int64_t last = adaptive.counts.empty() ? 0 : adaptive.counts.back();
    out.share_early = 1.0 - static_cast<double>(last) / static_cast<double>(adaptive.n);
  }
  out.pays = out.adaptive_ms <= kPaysBelow * out.full_ms;
  return out;
}

Finding payment_finding(const Payment& payment) {
  Finding out{.name = "adaptivity"};
  if (payment.n_exits < 2) {
    out.verdict = Verdict::kNotice;
    out.found = "the network has no early exit";
    out.advice = "use a network with exits (ranet, msdnet), or run it as it is";
    return out;
  }
  out.found = fixed(payment.adaptive_ms, 3) + " ms adaptive (" + payment.policy + "), " +
              fixed(payment.full_ms, 3) + " ms full, " +
              fixed(100 * payment.share_early.value_or(0), 1) + " % leave early; on " +
              payment.data;
  if (!payment.pays) {
    out.verdict = Verdict::kNotice;
    out.advice =
        "leaving early does not pay here: calibrate on data like yours (`fovea "
        "calibrate`), lower the thresholds, or switch off exits that few take";
  }
  return out;
}

int run(Context& context, const Arguments& arguments) {
  const bool has_model =
      !arguments.inputs().empty() || arguments.has("--network") || arguments.has("--graph");
  arguments.expect_inputs(0, 1, "at most one MODEL");
  std::optional<Payment> payment;
  if (has_model) payment = measure_payment(context, arguments);
  const MachineFacts machine = machine_facts();
  const MachineSpeed speed = measure_machine();
  std::vector<Finding> findings{processor_finding(machine), cores_finding(machine), blas_finding()};
  findings.push_back({.name = "speed",
                      .found = fixed(speed.fma_gflops, 0) + " GFLOP/s float32 on one thread (" +
                               std::string(speed.fma_with) + "), reads " +
                               fixed(speed.read_gb_per_s, 1) + " GB/s"});
  if (payment) findings.push_back(payment_finding(*payment));

  if (!context.console.json()) {
    Table table({{"", Table::Align::kLeft}, {"", Table::Align::kLeft}, {"", Table::Align::kLeft}});
    for (const Finding& each : findings) {
      table.add({std::string(word(each.verdict)), each.name, each.found});
      if (!each.advice.empty()) table.add({"", "", "-> " + each.advice});
    }
    const std::string text = table.text();
    context.console.result(text.substr(text.find('\n') + 1));
    return 0;
  }
  Json out{{"processor", json_text(machine.processor)},
           {"features", machine.features},
           {"kernels", machine.kernel_sets},
           {"cores", machine.cores},
           {"affinity", machine.affinity},
           {"quota", machine.quota ? Json(*machine.quota) : Json()},
           {"threads", default_threads()},
           {"fma_gflops", speed.fma_gflops},
           {"read_gb_per_s", speed.read_gb_per_s},
           {"findings", Json::array()}};
  for (const Finding& each : findings) {
    out["findings"].push_back({{"name", each.name},
                               {"verdict", std::string(word(each.verdict))},
                               {"found", json_text(each.found)},
                               {"advice", each.advice}});
  }
  if (payment) {
    out["pays"] = payment->pays;
    out["exits"] = payment->n_exits;
    const bool measured = payment->n_exits > 1;
    out["ms_full"] = measured ? Json(payment->full_ms) : Json();
    out["ms_adaptive"] = measured ? Json(payment->adaptive_ms) : Json();
  }
  context.console.json_result(out);
  return 0;
}

}  // namespace

const Verb kDoctorVerb{
    .name = "doctor",
    .summary = "examine the machine, its libraries, and whether adaptivity pays for a model",
    .usage = "[MODEL [--data D --split S] [policy]] [--json]",
    .description =
        "Names what it found and what to do about it: instruction sets, cores against affinity and "
        "control group, the BLAS that LibTorch would use, measured peak and bandwidth. With a "
        "model "
        "it measures adaptive execution against the last exit alone, in one sitting; `pays` is "
        "false where adaptive takes more than 0.95 of the full time, or there is no early exit.",
    .examples =
        "fovea doctor\n"
        "fovea doctor models/NAME.fovea --data cifar10 --split test --threshold 0.9\n"
        "fovea doctor --json",
    .options = options,
    .run = run,
};

}  // namespace fovea::app
