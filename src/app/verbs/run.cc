// fovea run: tensors in, tensors out.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/execution.h"
#include "app/network.h"
#include "app/output.h"
#include "app/policy_argument.h"
#include "app/table.h"
#include "app/tensor_files.h"
#include "app/verbs/verbs.h"
#include "eval/full_pass.h"

namespace fovea::app {
namespace {

OptionSpecs options() {
  return network_options() +
         OptionSpecs{
             {"--input", "A.safetensors",
              "holds the input [N, shape] under the network's name for "
              "it, `input`; other tensors are ignored"},
             output_option("B.safetensors", "receives the answers"),
             force_option(),
         } +
         policy_options() + executor_options() + batch_options() +
         OptionSpecs{
             {"--tap", "NAME", "also write this value of the network; may be repeated",
              Takes::kMany},
             {"--trace", "FILE", "write the decisions, to be replayed with {\"replay\":\"FILE\"}"},
         };
}

/// The runtime takes all samples at once and cuts them itself; the others get pieces of --batch.
NamedTensors piece_of(const NamedTensors& inputs, int64_t begin, int64_t end) {
  NamedTensors out;
  for (const auto& [name, tensor] : inputs) out[name] = tensor.rows(begin, end);
  return out;
}

/// Copies the rows of one piece behind those of the pieces before.
void append(Tensor& all, const Tensor& piece, int64_t begin, int64_t n) {
  if (!piece.defined()) return;
  if (!all.defined()) all = Tensor(piece.dtype(), piece.shape().per_sample().batched(n));
  const size_t row =
      piece.shape()[0] == 0 ? 0 : piece.bytes() / static_cast<size_t>(piece.shape()[0]);
  std::copy_n(piece.raw(), piece.bytes(), all.raw() + row * static_cast<size_t>(begin));
}

/// All samples, `batch` at a time.
class PieceByPiece {
 public:
  explicit PieceByPiece(int64_t n) : n_(n) {}

  void run(Executor& executor, const NamedTensors& inputs, const Policy* policy, int64_t begin,
           int64_t end) {
    const Policy rules = policy != nullptr ? policy_for_rows(*policy, begin, end) : Policy{};
    Trace trace;
    Outputs out;
    executor
        .run(piece_of(inputs, begin, end),
             {.policy = policy != nullptr ? &rules : nullptr, .trace = &trace}, out)
        .value();
    all_.exit_logits.resize(out.exit_logits.size());
    for (size_t e = 0; e < out.exit_logits.size(); ++e) {
      append(all_.exit_logits[e], out.exit_logits[e], begin, n_);
    }
    append(all_.logits, out.logits, begin, n_);
    append(all_.exit, out.exit, begin, n_);
    append(all_.macs, out.macs, begin, n_);
    append(all_.score, out.score, begin, n_);
    for (const auto& [name, tensor] : out.taps) append(all_.taps[name], tensor, begin, n_);
    for (const auto& [name, tensor] : trace.points) append(trace_.points[name], tensor, begin, n_);
  }

  [[nodiscard]] const Outputs& outputs() const { return all_; }
  [[nodiscard]] const Trace& trace() const { return trace_; }

 private:
  int64_t n_;
  Outputs all_;
  Trace trace_;
};

NamedTensors named(const Outputs& outputs) {
  NamedTensors out;
  for (const auto& [name, tensor] : outputs.taps) out[name] = tensor;
  for (size_t e = 0; e < outputs.exit_logits.size(); ++e) {
    out["logits." + std::to_string(e)] = outputs.exit_logits[e];
  }
  if (outputs.logits.defined()) {
    out["logits"] = outputs.logits;
    out["exit"] = outputs.exit;
    out["macs"] = outputs.macs;
    out["score"] = outputs.score;
  }
  return out;
}

double mean(const Tensor& counts) {
  double sum = 0;
  for (const int64_t each : counts.data<int64_t>()) sum += static_cast<double>(each);
  return sum / static_cast<double>(counts.numel());
}

/// The network's inputs out of a file; the tensors that the network does not know stay unread.
NamedTensors inputs_from(const std::string& path, const Graph& graph) {
  std::set<std::string> names;
  for (const ValueId id : graph.main().inputs) names.insert(graph.main().value(id).name);
  NamedTensors out = read_some_tensors(path, names);
  const Result<int64_t> n = batch_size(graph, out);
  if (n.ok()) return out;
  ErrorInfo error = n.error();
  error.where = shown_path(path) + ": " + error.where;
  throw Error(std::move(error));
}

int run(Context& context, const Arguments& arguments) {
  Execution execution = execution_from(context, arguments);
  const std::string input = arguments.needed("--input");
  const std::string output = arguments.needed("--output");
  const auto trace_file = arguments.value("--trace");
  const Overwrite overwrite = overwrite_from(arguments);
  require_writable(output, overwrite);
  if (trace_file) require_writable(*trace_file, overwrite);
  execution.taps = arguments.values("--tap");
  const int64_t batch = arguments.count("--batch", 0, 1, 1 << 20);

  const Network network = network_from(arguments, Weights::kNeeded);
  arguments.expect_inputs(0, network.file.empty() ? 0 : 1, "one MODEL");
  const NamedTensors inputs = inputs_from(input, network.graph());
  const int64_t n = batch_size(network.graph(), inputs).value();
  constexpr int64_t kMostTimed = 64;
  const RunTimes times =
      run_times(context, network, execution, std::min(n, batch == 0 ? kMostTimed : batch), nullptr);
  const std::optional<Policy> policy =
      policy_from(arguments, network.model, {.console = &context.console, .times = &times});
  if (policy) (void)resolve(*policy, network.graph(), n).value();

  constexpr int64_t kMostTogether = 64;  // the largest micro-batch of a plan
  execution.micro_batch = static_cast<int>(std::min(batch, kMostTogether));
  const auto executor = make_executor(context, network, execution);
  const bool whole = execution.kind == ExecutorKind::kRuntime || batch == 0;
  PieceByPiece pieces(n);
  const Stopwatch watch;
  for (int64_t begin = 0; begin < n; begin += whole ? n : batch) {
    pieces.run(*executor, inputs, policy ? &*policy : nullptr, begin,
               std::min(n, whole ? n : begin + batch));
  }
  const double ms = watch.ms();
  write_safetensors(output, named(pieces.outputs()),
                    {{"format", "fovea run"}, {"network", network.graph().name()}}, overwrite)
      .value();
  if (trace_file) {
    write_safetensors(*trace_file, pieces.trace().points, {{"format", "fovea trace"}}, overwrite)
        .value();
  }
  const double macs = mean(pieces.outputs().macs);
  if (context.console.json()) {
    context.console.json_result(
        nlohmann::ordered_json{{"n", n},
                               {"output", json_text(output)},
                               {"executor", std::string(executor_name(execution.kind))},
                               {"threads", execution.threads},
                               {"mean_macs", macs},
                               {"ms", ms / static_cast<double>(n)}});
  }
  context.console.note("wrote " + shown_path(output) + ": " + std::to_string(n) + " samples, " +
                       millions(macs) + " Mmacs and " + fixed(ms / static_cast<double>(n), 3) +
                       " ms each");
  return 0;
}

}  // namespace

const Verb kRunVerb{
    .name = "run",
    .summary = "run a network on tensors",
    .usage = "MODEL --input A.safetensors --output B.safetensors [policy] [options]",
    .description =
        "Without a policy the output holds the logits of all exits, logits.0 to logits.K-1 [N,C]. "
        "With one it holds logits [N,C], exit, macs (executed multiply-adds of that sample) and "
        "score of the exit that each sample took. Taps are written under their names; a sample "
        "that left before a tapped value was computed has zeros there.\n"
        "A sample's logits at an exit have the same bits alone and in any batch.",
    .examples =
        "fovea run m.fovea --input x.safetensors --output y.safetensors\n"
        "fovea run m.fovea --input x.safetensors -o y.safetensors --threshold 0.9\n"
        "fovea run m.fovea --input x.safetensors -o y.safetensors --threshold 0.5,-,0.9 "
        "--trace t.safetensors\n"
        "fovea run m.fovea --input x.safetensors -o z.safetensors --policy "
        "'{\"replay\":\"t.safetensors\"}'\n"
        "fovea run m.fovea --input x.safetensors -o y.safetensors --executor reference "
        "--tap block.0.0.out",
    .options = options,
    .run = run,
};

}  // namespace fovea::app
