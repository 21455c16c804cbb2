#include "learner/executor.h"

#include <ATen/ops/from_blob.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <numeric>

#include "graph/cost.h"
#include "graph/params.h"
#include "graph/score.h"
#include "learner/device.h"
#include "learner/interpreter.h"
#include "learner/process.h"
#include "learner/torch_tensor.h"
#include "ops/exit/exit.h"

namespace fovea {
namespace {

using Clock = std::chrono::steady_clock;
double ms_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

/// The nodes of each segment: what an asked exit needs and no earlier one did.
std::vector<std::vector<int>> segments_of(const Graph& graph, const std::vector<int>& asked) {
  std::vector<std::vector<int>> out;
  std::vector<char> done(graph.main().nodes.size(), 0);
  for (const int exit : asked) {
    const std::vector<char> needed = needed_by(graph, std::span(&exit, 1));
    std::vector<int>& segment = out.emplace_back();
    for (size_t i = 0; i < needed.size(); ++i) {
      if (needed[i] == 0 || done[i] != 0 || graph.main().nodes[i].op == &op_exit()) continue;
      done[i] = 1;
      segment.push_back(static_cast<int>(i));
    }
  }
  return out;
}

/// One run: the living rows of the main block, and what has been decided.
class Run {
 public:
  Run(const Interpreter& interpreter, Mode mode, const ResolvedPolicy& policy,
      const RunOptions& options, int64_t n, Outputs& outputs)
      : interpreter_(interpreter),
        graph_(interpreter.graph()),
        policy_(policy),
        options_(options),
        n_(n),
        outputs_(outputs),
        settings_({.mode = mode, .policy = &policy, .record = &record_}) {
    record_.macs.assign(static_cast<size_t>(n), 0);
    left_.assign(static_cast<size_t>(n), 0);
    agreement_.resize(static_cast<size_t>(n));
    frame_.block = &graph_.main();
    frame_.values.resize(graph_.main().values.size());
    frame_.cells.resize(static_cast<size_t>(n));
    std::iota(frame_.cells.begin(), frame_.cells.end(), 0);
    segments_ = segments_of(graph_, policy.asked);
  }

  void execute(const NamedTensors& inputs, const at::Device& device,
               const std::vector<ValueId>& taps, const std::vector<std::string>& tap_names) {
    taps_ = taps;
    tap_names_ = tap_names;
    for (size_t t = 0; t < taps.size(); ++t) {
      outputs_.taps[tap_names[t]] =
          Tensor::f32(graph_.main().value(taps[t]).type.shape.batched(n_));
    }
    plan_releases();
    for (const ValueId id : graph_.main().inputs) {
      const auto& input = inputs.find(graph_.main().value(id).name)->second;
      frame_.values[static_cast<size_t>(id)] = to_torch(input, device);
      store_taps(id);
    }
    int position = 0;
    for (size_t s = 0; s < policy_.asked.size() && !frame_.cells.empty(); ++s) {
      const Clock::time_point start = Clock::now();
      const auto n_samples = static_cast<int64_t>(frame_.cells.size());
      for (const int index : segments_[s]) run_node(index, position++);
      take_exit(policy_.asked[s], s + 1 == policy_.asked.size());
      record_.work.segments.push_back(
          {.exit = policy_.asked[s], .samples = n_samples, .ms = ms_between(start, Clock::now())});
    }
    report();
  }

 private:
  void plan_releases() {
    std::vector<int> order;
    for (const auto& segment : segments_) order.insert(order.end(), segment.begin(), segment.end());
    last_use_ = last_uses(graph_.main(), order);
    // An exit's logits are read behind its segment.
    for (const int exit : policy_.asked) {
      last_use_[static_cast<size_t>(graph_.exit_logits(exit))] = static_cast<int>(order.size());
    }
  }

  void run_node(int index, int position) {
    const Node& node = graph_.main().nodes[static_cast<size_t>(index)];
    interpreter_.run_node(frame_, node, settings_);
    for (const ValueId id : node.outputs) store_taps(id);
    for (const ValueId id : node.inputs) {
      if (last_use_[static_cast<size_t>(id)] <= position) {
        frame_.values[static_cast<size_t>(id)] = at::Tensor();
      }
    }
  }

  void store_taps(ValueId id) {
    for (size_t t = 0; t < taps_.size(); ++t) {
      if (taps_[t] != id) continue;
      Tensor& tap = outputs_.taps[tap_names_[t]];
      const Tensor value = from_torch(frame_.values[static_cast<size_t>(id)]);
      const size_t row = tap.bytes() / static_cast<size_t>(n_);
      for (size_t r = 0; r < frame_.cells.size(); ++r) {
        std::memcpy(tap.raw() + static_cast<size_t>(frame_.cells[r]) * row, value.raw() + r * row,
                    row);
      }
    }
  }

  [[nodiscard]] bool leaves(int exit, const ExitReady& ready, bool is_last) {
    bool leave = is_last;
    if (policy_.replay) {
      const auto at = policy_.replay->points.find("exit");
      if (at != policy_.replay->points.end()) {
        leave = at->second.data<int64_t>()[static_cast<size_t>(ready.sample)] == exit;
      }
    }
    const auto& threshold = policy_.thresholds[static_cast<size_t>(exit)];
    if (threshold && passes(ready.score, *threshold)) leave = true;
    if (policy_.patience > 0 && agreement_[static_cast<size_t>(ready.sample)].add(
                                    first_maximum(ready.logits), ready.score) >= policy_.patience) {
      leave = true;
    }
    if (policy_.deadline_ms && ms_between(start_, Clock::now()) >= *policy_.deadline_ms) {
      leave = true;
    }
    if (options_.on_exit && options_.on_exit(ready) == Anytime::kLeave) leave = true;
    return leave;
  }

  void take_exit(int exit, bool is_last) {
    const Node& node =
        graph_.main().nodes[static_cast<size_t>(graph_.exits()[static_cast<size_t>(exit)])];
    const Scoring scoring = node.attributes->as<Exit>().scoring();
    const Tensor logits = from_torch(frame_.values[static_cast<size_t>(graph_.exit_logits(exit))]);
    const int64_t c = logits.shape()[1];
    std::vector<int64_t> stay;
    for (size_t r = 0; r < frame_.cells.size(); ++r) {
      const int64_t sample = frame_.cells[r];
      const auto row =
          logits.data<float>().subspan(r * static_cast<size_t>(c), static_cast<size_t>(c));
      if (options_.policy == nullptr) {
        std::memcpy(outputs_.exit_logits[static_cast<size_t>(exit)].f() + sample * c, row.data(),
                    row.size_bytes());
      }
      if (left_[static_cast<size_t>(sample)] != 0) continue;
      const float score = score_of(scoring, row);
      const bool leave =
          leaves(exit, {.sample = sample, .exit = exit, .logits = row, .score = score}, is_last);
      if (!leave || options_.policy == nullptr) {
        stay.push_back(static_cast<int64_t>(r));
        continue;
      }
      left_[static_cast<size_t>(sample)] = 1;
      std::memcpy(outputs_.logits.f() + sample * c, row.data(), row.size_bytes());
      outputs_.exit.data<int64_t>()[static_cast<size_t>(sample)] = exit;
      outputs_.score.f()[sample] = score;
    }
    if (settings_.mode == Mode::kCompact && stay.size() != frame_.cells.size()) keep(stay);
  }

  /// Packs the rows that go on.
  void keep(std::vector<int64_t>& rows) {
    std::vector<int64_t> cells;
    cells.reserve(rows.size());
    for (const int64_t row : rows) cells.push_back(frame_.cells[static_cast<size_t>(row)]);
    frame_.cells = std::move(cells);
    if (rows.empty()) return;
    const at::Tensor places =
        at::from_blob(rows.data(), {static_cast<int64_t>(rows.size())}, at::kLong).clone();
    for (at::Tensor& value : frame_.values) {
      if (value.defined()) value = value.index_select(0, places.to(value.device()));
    }
  }

  void report() {
    outputs_.work = std::move(record_.work);
    outputs_.macs = Tensor::i64({n_});
    std::copy(record_.macs.begin(), record_.macs.end(), outputs_.macs.data<int64_t>().begin());
    if (options_.trace == nullptr) return;
    for (const auto& [name, choices] : record_.decisions) {
      Tensor point = Tensor::i64({n_});
      std::copy(choices.begin(), choices.end(), point.data<int64_t>().begin());
      options_.trace->points[name] = std::move(point);
    }
    if (options_.policy != nullptr) options_.trace->points["exit"] = outputs_.exit.clone();
  }

  const Interpreter& interpreter_;
  const Graph& graph_;
  const ResolvedPolicy& policy_;
  const RunOptions& options_;
  int64_t n_;
  Outputs& outputs_;
  RunRecord record_;
  InterpreterSettings settings_;
  Frame frame_;
  std::vector<char> left_;            ///< by sample
  std::vector<Agreement> agreement_;  ///< by sample
  std::vector<std::vector<int>> segments_;
  std::vector<int> last_use_;
  std::vector<ValueId> taps_;
  std::vector<std::string> tap_names_;
  Clock::time_point start_ = Clock::now();
};

class LearnerExecutor final : public Executor {
 public:
  LearnerExecutor(const Graph& graph, const NamedTensors& params,
                  const LearnerExecutorOptions& options)
      : graph_(graph),
        options_(options),
        device_(device_of(options.device)),
        tap_values_(tap_values(graph, options.taps)) {
    if (options.threads > 0) set_learner_threads(options.threads);
    for (const Tensor& param : params_by_id(graph, params)) {
      params_.push_back(to_torch(param, device_));
    }
  }

  [[nodiscard]] const Graph& graph() const override { return graph_; }

  Status run(const NamedTensors& inputs, const RunOptions& options, Outputs& outputs) override {
    if (options.ledger != nullptr) options.ledger->clear();
    const Result<int64_t> n = batch_size(graph_, inputs);
    if (!n.ok()) return n.error();
    ResolvedPolicy policy = every_exit(graph_);
    if (options.policy != nullptr) {
      Result<ResolvedPolicy> resolved = resolve(*options.policy, graph_, n.value());
      if (!resolved.ok()) return resolved.error();
      policy = std::move(resolved).value();
    }
    outputs = Outputs{};
    const int64_t c = graph_.n_classes();
    if (options.policy == nullptr) {
      for (int e = 0; e < graph_.n_exits(); ++e) {
        outputs.exit_logits.push_back(Tensor::f32({n.value(), c}));
      }
    } else {
      outputs.logits = Tensor::f32({n.value(), c});
      outputs.exit = Tensor::i64({n.value()});
      outputs.score = Tensor::f32({n.value()});
    }
    if (options.trace != nullptr) options.trace->points.clear();
    const c10::InferenceMode inference;
    const Interpreter interpreter(graph_, params_);
    try {
      Run(interpreter, options_.mode, policy, options, n.value(), outputs)
          .execute(inputs, device_, tap_values_, options_.taps);
    } catch (const Error& error) {
      return error.info();
    }
    return {};
  }

 private:
  Graph graph_;
  LearnerExecutorOptions options_;
  at::Device device_;
  std::vector<ValueId> tap_values_;
  std::vector<at::Tensor> params_;  ///< by ParamId
};

}  // namespace

std::unique_ptr<Executor> make_learner_executor(const Graph& graph, const NamedTensors& params,
                                                const LearnerExecutorOptions& options) {
  return std::make_unique<LearnerExecutor>(graph, params, options);
}

}  // namespace fovea
