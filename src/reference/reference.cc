#include "reference/reference.h"

#include <cstring>
#include <numeric>

#include "graph/cost.h"
#include "graph/params.h"
#include "ops/exit/exit.h"

namespace fovea {
namespace {

/// One run of one graph: the values of the living rows, and what has been decided.
class Run {
 public:
  Run(const Graph& graph, const std::vector<Tensor>& params, Mode mode,
      const ResolvedPolicy& policy, const RunOptions& options, int64_t n, Outputs& outputs)
      : graph_(graph),
        params_(params),
        mode_(mode),
        policy_(policy),
        options_(options),
        n_(n),
        outputs_(outputs) {
    rows_.resize(static_cast<size_t>(n));
    std::iota(rows_.begin(), rows_.end(), 0);
    left_.assign(static_cast<size_t>(n), 0);
    agreement_.resize(static_cast<size_t>(n));
    macs_.assign(static_cast<size_t>(n), 0);
  }

  void execute(const NamedTensors& inputs, const std::vector<ValueId>& taps,
               const std::vector<std::string>& tap_names);

 private:
  class Bodies final : public RefBodies {
   public:
    Bodies(Run& run, const Node& node) : run_(run), node_(node) {}
    std::vector<Tensor> run(int body, std::span<const Tensor> inputs,
                            std::span<const int64_t> cells) override {
      const Block& block = node_.bodies[static_cast<size_t>(body)];
      run_.outputs_.work.body_cells[node_.name + "/" + block.name] +=
          static_cast<int64_t>(cells.size());
      return run_.execute_body(block, inputs, cells);
    }

   private:
    Run& run_;
    const Node& node_;
  };

  std::vector<Tensor> run_node(const Node& node, const Block& block, std::span<const Tensor> inputs,
                               std::span<const int64_t> samples);
  std::vector<Tensor> execute_body(const Block& block, std::span<const Tensor> inputs,
                                   std::span<const int64_t> cells);
  void take_exit(int exit, bool is_final);
  bool leaves(int exit, int64_t sample, float score, std::span<const float> logits, bool is_final);
  void keep(const std::vector<int64_t>& places);

  const Graph& graph_;
  const std::vector<Tensor>& params_;
  Mode mode_;
  const ResolvedPolicy& policy_;
  const RunOptions& options_;
  int64_t n_;
  Outputs& outputs_;
  std::vector<int64_t> rows_;          ///< sample of each living row
  std::vector<char> left_;             ///< by sample
  std::vector<Agreement> agreement_;   ///< by sample
  std::vector<int64_t> macs_;          ///< by sample
  std::vector<Tensor> values_;         ///< main block, rows as rows_
  std::vector<int64_t> body_samples_;  ///< samples of the rows of the body being run
};

std::vector<Tensor> Run::run_node(const Node& node, const Block& block,
                                  std::span<const Tensor> inputs,
                                  std::span<const int64_t> samples) {
  const NodeView view(node, block, graph_.params());
  const auto n = static_cast<int64_t>(samples.size());
  std::vector<Tensor> params;
  for (const ParamId id : node.params) params.push_back(params_[static_cast<size_t>(id)]);
  std::vector<Tensor> out;
  for (int i = 0; i < view.n_outputs(); ++i) {
    const ValueType& type = view.output_type(i);
    if (type.decision && mode_ != Mode::kSoft) {
      out.push_back(Tensor::i64({n}));
    } else {
      out.push_back(Tensor::f32(type.shape.batched(n)));
    }
  }
  DecisionAnswer answer;
  std::vector<int64_t> replayed;
  if (const auto at = policy_.points.find(node.name); at != policy_.points.end()) {
    answer.threshold = at->second.threshold;
    answer.force = at->second.force;
  }
  if (policy_.replay) {
    if (const auto at = policy_.replay->points.find(node.name);
        at != policy_.replay->points.end()) {
      for (const int64_t s : samples)
        replayed.push_back(at->second.data<int64_t>()[static_cast<size_t>(s)]);
      answer.replay = replayed;
    }
  }
  std::vector<int64_t> macs(samples.size(), 0);
  Bodies bodies(*this, node);
  const std::vector<int64_t> outer = body_samples_;
  body_samples_.assign(samples.begin(), samples.end());
  find_ref_op(node.op->name)
      ->run({.node = view,
             .in = inputs,
             .params = params,
             .out = out,
             .n = n,
             .macs = macs.data(),
             .mode = mode_,
             .bodies = &bodies,
             .answer = &answer});
  body_samples_ = outer;
  outputs_.work.launches += 1;
  for (size_t i = 0; i < samples.size(); ++i) {
    macs_[static_cast<size_t>(samples[i])] += macs[i];
    outputs_.work.macs += macs[i];
  }
  if (options_.trace != nullptr && !out.empty() && out[0].dtype() == DType::kI64) {
    auto [at, is_new] = options_.trace->points.try_emplace(node.name, Tensor::i64({n_}));
    if (is_new) std::fill_n(at->second.data<int64_t>().begin(), n_, -1);
    for (size_t i = 0; i < samples.size(); ++i) {
      at->second.data<int64_t>()[static_cast<size_t>(samples[i])] = out[0].data<int64_t>()[i];
    }
  }
  return out;
}

std::vector<Tensor> Run::execute_body(const Block& block, std::span<const Tensor> inputs,
                                      std::span<const int64_t> cells) {
  std::vector<int64_t> samples;
  for (const int64_t cell : cells) samples.push_back(body_samples_[static_cast<size_t>(cell)]);
  std::vector<Tensor> values(block.values.size());
  for (size_t i = 0; i < inputs.size(); ++i)
    values[static_cast<size_t>(block.inputs[i])] = inputs[i];
  for (const Node& node : block.nodes) {
    std::vector<Tensor> in;
    for (const ValueId id : node.inputs) in.push_back(values[static_cast<size_t>(id)]);
    const std::vector<Tensor> out = run_node(node, block, in, samples);
    for (size_t i = 0; i < out.size(); ++i) values[static_cast<size_t>(node.outputs[i])] = out[i];
  }
  std::vector<Tensor> results;
  for (const ValueId id : block.results) results.push_back(values[static_cast<size_t>(id)]);
  return results;
}

bool Run::leaves(int exit, int64_t sample, float score, std::span<const float> logits,
                 bool is_final) {
  bool leave = is_final;
  if (policy_.replay) {
    const auto at = policy_.replay->points.find("exit");
    if (at != policy_.replay->points.end())
      leave = at->second.data<int64_t>()[static_cast<size_t>(sample)] == exit;
  }
  const auto& threshold = policy_.thresholds[static_cast<size_t>(exit)];
  if (threshold && passes(score, *threshold)) leave = true;
  if (policy_.patience > 0 && agreement_[static_cast<size_t>(sample)].add(
                                  first_maximum(logits), score) >= policy_.patience) {
    leave = true;
  }
  if (options_.on_exit) {
    const Anytime answer =
        options_.on_exit({.sample = sample, .exit = exit, .logits = logits, .score = score});
    if (answer == Anytime::kLeave) leave = true;
  }
  return leave;
}

void Run::keep(const std::vector<int64_t>& places) {
  for (Tensor& value : values_) {
    if (value.defined()) value = value.gather_rows(places);
  }
  std::vector<int64_t> rows;
  for (const int64_t place : places) rows.push_back(rows_[static_cast<size_t>(place)]);
  rows_ = std::move(rows);
}

void Run::take_exit(int exit, bool is_final) {
  const Tensor& logits = values_[static_cast<size_t>(graph_.exit_logits(exit))];
  const int64_t c = logits.shape()[1];
  const Node& node =
      graph_.main().nodes[static_cast<size_t>(graph_.exits()[static_cast<size_t>(exit)])];
  const Scoring scoring = node.attributes->as<Exit>().scoring();
  std::vector<int64_t> survivors;
  for (size_t r = 0; r < rows_.size(); ++r) {
    const int64_t sample = rows_[r];
    const auto row =
        logits.data<float>().subspan(r * static_cast<size_t>(c), static_cast<size_t>(c));
    if (options_.policy == nullptr) {
      std::memcpy(outputs_.exit_logits[static_cast<size_t>(exit)].f() + sample * c, row.data(),
                  row.size_bytes());
      if (options_.on_exit) leaves(exit, sample, score_of(scoring, row), row, is_final);
      survivors.push_back(static_cast<int64_t>(r));
      continue;
    }
    if (left_[static_cast<size_t>(sample)] != 0) continue;
    const float score = score_of(scoring, row);
    if (!leaves(exit, sample, score, row, is_final)) {
      survivors.push_back(static_cast<int64_t>(r));
      continue;
    }
    left_[static_cast<size_t>(sample)] = 1;
    std::memcpy(outputs_.logits.f() + sample * c, row.data(), row.size_bytes());
    outputs_.exit.data<int64_t>()[static_cast<size_t>(sample)] = exit;
    outputs_.score.f()[sample] = score;
  }
  if (options_.policy != nullptr && mode_ == Mode::kCompact && survivors.size() != rows_.size())
    keep(survivors);
}

void Run::execute(const NamedTensors& inputs, const std::vector<ValueId>& taps,
                  const std::vector<std::string>& tap_names) {
  const Block& main = graph_.main();
  values_.resize(main.values.size());
  for (const ValueId id : main.inputs)
    values_[static_cast<size_t>(id)] = inputs.find(main.value(id).name)->second;
  for (size_t t = 0; t < taps.size(); ++t) {
    outputs_.taps[tap_names[t]] = Tensor::f32(main.value(taps[t]).type.shape.batched(n_));
  }
  std::vector<char> done(main.nodes.size(), 0);
  const auto store_taps = [&](ValueId id) {
    for (size_t t = 0; t < taps.size(); ++t) {
      if (taps[t] != id) continue;
      Tensor& tap = outputs_.taps[tap_names[t]];
      const Tensor& value = values_[static_cast<size_t>(id)];
      const size_t row = tap.bytes() / static_cast<size_t>(n_);
      for (size_t r = 0; r < rows_.size(); ++r) {
        std::memcpy(tap.raw() + static_cast<size_t>(rows_[r]) * row, value.raw() + r * row, row);
      }
    }
  };
  for (const ValueId id : main.inputs) store_taps(id);
  for (size_t s = 0; s < policy_.asked.size() && !rows_.empty(); ++s) {
    const std::vector<char> needed = needed_by(graph_, std::span(policy_.asked).subspan(0, s + 1));
    for (size_t k = 0; k < main.nodes.size(); ++k) {
      const Node& node = main.nodes[k];
      if (needed[k] == 0 || done[k] != 0 || node.op->name == "exit") continue;
      done[k] = 1;
      std::vector<Tensor> in;
      for (const ValueId id : node.inputs) in.push_back(values_[static_cast<size_t>(id)]);
      const std::vector<Tensor> out = run_node(node, main, in, rows_);
      for (size_t i = 0; i < out.size(); ++i) {
        values_[static_cast<size_t>(node.outputs[i])] = out[i];
        store_taps(node.outputs[i]);
      }
    }
    take_exit(policy_.asked[s], s + 1 == policy_.asked.size());
  }
  outputs_.macs = Tensor::i64({n_});
  std::copy(macs_.begin(), macs_.end(), outputs_.macs.data<int64_t>().begin());
  if (options_.trace != nullptr && options_.policy != nullptr)
    options_.trace->points["exit"] = outputs_.exit.clone();
}

}  // namespace

ReferenceExecutor::ReferenceExecutor(const Graph& graph, const NamedTensors& params,
                                     ReferenceOptions options)
    : graph_(graph),
      params_(params_by_id(graph, params)),
      options_(std::move(options)),
      tap_values_(tap_values(graph, options_.taps)) {}

Status ReferenceExecutor::run(const NamedTensors& inputs, const RunOptions& options,
                              Outputs& outputs) {
  if (options.ledger != nullptr) options.ledger->clear();
  const Result<int64_t> n = batch_size(graph_, inputs);
  if (!n.ok()) return n.error();
  ResolvedPolicy policy;
  if (options.policy != nullptr) {
    Result<ResolvedPolicy> resolved = resolve(*options.policy, graph_, n.value());
    if (!resolved.ok()) return resolved.error();
    policy = std::move(resolved).value();
  } else {
    policy = every_exit(graph_);
  }
  outputs = Outputs{};
  const int64_t c = graph_.n_classes();
  if (options.policy == nullptr) {
    for (int e = 0; e < graph_.n_exits(); ++e)
      outputs.exit_logits.push_back(Tensor::f32({n.value(), c}));
  } else {
    outputs.logits = Tensor::f32({n.value(), c});
    outputs.exit = Tensor::i64({n.value()});
    outputs.score = Tensor::f32({n.value()});
  }
  if (options.trace != nullptr) options.trace->points.clear();
  Run(graph_, params_, options_.mode, policy, options, n.value(), outputs)
      .execute(inputs, tap_values_, options_.taps);
  return {};
}

}  // namespace fovea
