#include "support/dynamic_subjects.h"

#include <cmath>

#include "base/noise.h"
#include "graph/cost.h"
#include "ops/builder.h"

namespace fovea::testing_support {
namespace {

constexpr int64_t kClasses = 4;
constexpr int64_t kChannels = 5;

Policy replay_of(const std::string& point, const std::vector<int64_t>& choices) {
  auto trace = std::make_shared<Trace>();
  Tensor tensor = Tensor::i64({static_cast<int64_t>(choices.size())});
  std::copy(choices.begin(), choices.end(), tensor.data<int64_t>().begin());
  trace->points[point] = tensor;
  Policy policy;
  policy.replay = trace;
  return policy;
}

ValueHandle body(Builder& b, const std::string& prefix, ValueHandle x, ValueHandle detail,
                 int64_t kernel) {
  const ValueHandle both = b.concat(prefix + ".both", {x, detail});
  const ValueHandle y = b.conv2d(
      prefix + ".conv", both,
      {.channels = kChannels, .kernel = {kernel, 3}, .pad = {kernel / 2, 1, kernel / 2, 1}});
  return b.relu(prefix + ".relu", b.batch_norm(prefix + ".norm", y));
}

ValueHandle classify(Builder& b, const std::string& prefix, ValueHandle x) {
  return b.linear(prefix + ".linear", b.mean_hw(prefix + ".mean", x), {.features = kClasses});
}

struct Stem {
  ValueHandle x;
  ValueHandle detail;
};
Stem stem(Builder& b) {
  const ValueHandle input = b.input("input", {3, 7, 9});
  const ValueHandle detail = b.input("detail", {2, 7, 9});
  return {b.relu("stem.relu",
                 b.conv2d("stem.conv", input,
                          {.channels = kChannels, .kernel = {3, 3}, .pad = Padding::all(1)})),
          detail};
}

Graph exit_graph() {
  Builder b("exit");
  const Stem s = stem(b);
  b.exit(classify(b, "first", s.x));
  b.exit(classify(b, "last", body(b, "body1", s.x, s.detail, 3)));
  return b.finish();
}

std::optional<Graph> exit_plain(int64_t choice) {
  Builder b("plain");
  const Stem s = stem(b);
  b.exit(choice == 0 ? classify(b, "first", s.x)
                     : classify(b, "last", body(b, "body1", s.x, s.detail, 3)));
  return b.finish();
}

Subject exit_subject() {
  return {.name = "exit",
          .graph = exit_graph(),
          .n_choices = 2,
          .decide = [](const std::vector<int64_t>& choices) { return replay_of("exit", choices); },
          // Both exits are asked where both occur; a decision alone never computes the other head.
          .macs =
              [](int64_t choice) {
                const Graph graph = exit_graph();
                return exit_costs(graph)[static_cast<size_t>(choice)].macs_needed;
              },
          .light = {0},
          .params_only_of =
              [](int64_t choice) {
                return choice == 0 ? std::vector<std::string>{}
                                   : std::vector<std::string>{"body1.", "last."};
              },
          .plain = exit_plain,
          .knob =
              [](float threshold) {
                Policy policy;
                policy.thresholds = {threshold};
                return policy;
              },
          .knob_sign = -1};
}

Graph route_graph(bool one_of_n, bool residual) {
  Builder b("route");
  const Stem s = stem(b);
  const int64_t n = one_of_n ? 3 : 2;
  const ValueHandle scores =
      b.linear("gate.linear", b.mean_hw("gate.mean", s.x), {.features = one_of_n ? n : 1});
  const ValueHandle gate = b.decide(
      "gate", scores, {.rule = one_of_n ? DecisionRule::kArgmax : DecisionRule::kThreshold});
  std::vector<Block> bodies;
  for (int64_t k = residual && !one_of_n ? 1 : 0; k < n; ++k) {
    const std::string prefix = "body" + std::to_string(k);
    bodies.push_back(b.body(prefix, {s.x, s.detail}, [&](const std::vector<ValueHandle>& in) {
      if (k > 0) return std::vector<ValueHandle>{body(b, prefix, in[0], in[1], 2 * k + 1)};
      return std::vector<ValueHandle>{
          b.conv2d(prefix + ".conv", in[0], {.channels = kChannels, .kernel = {1, 1}})};
    }));
  }
  const ValueHandle y = b.route("route", gate, {s.x, s.detail}, std::move(bodies),
                                {.combine = residual ? Combine::kResidual : Combine::kSelect});
  b.exit(classify(b, "last", y));
  return b.finish();
}

std::optional<Graph> route_plain(bool one_of_n, bool residual, int64_t choice) {
  Builder b("plain");
  const Stem s = stem(b);
  // The gate stays, so that the parameters are the same; nothing depends on it.
  b.linear("gate.linear", b.mean_hw("gate.mean", s.x), {.features = one_of_n ? 3 : 1});
  const std::string prefix = "body" + std::to_string(choice);
  ValueHandle y = s.x;
  if (choice > 0) {
    y = body(b, prefix, s.x, s.detail, 2 * choice + 1);
  } else if (one_of_n || !residual) {
    y = b.conv2d(prefix + ".conv", s.x, {.channels = kChannels, .kernel = {1, 1}});
  }
  if (residual && (choice > 0 || one_of_n)) y = b.add("sum", s.x, y);
  b.exit(classify(b, "last", y));
  return b.finish();
}

Subject route_subject(bool one_of_n, bool residual) {
  const auto route_macs = [=](int64_t choice) {
    const Graph graph = route_graph(one_of_n, residual);
    int64_t macs = 0;
    for (const Node& node : graph.main().nodes) {
      if (node.op->name != "route") {
        macs += node_cost(node, graph.main(), graph.params()).macs;
        continue;
      }
      const int64_t at = residual && !one_of_n ? choice - 1 : choice;
      if (at >= 0) macs += block_cost(node.bodies[static_cast<size_t>(at)], graph.params()).macs;
    }
    return macs;
  };
  return {.name = std::string(one_of_n ? "route_one_of_n" : "route_binary") +
                  (residual ? "_residual" : "_select"),
          .graph = route_graph(one_of_n, residual),
          .n_choices = one_of_n ? 3 : 2,
          .decide = [](const std::vector<int64_t>& choices) { return replay_of("gate", choices); },
          .macs = route_macs,
          .light = {0},
          .params_only_of =
              [](int64_t choice) {
                return std::vector<std::string>{"body" + std::to_string(choice) + "."};
              },
          .plain = [=](int64_t choice) { return route_plain(one_of_n, residual, choice); },
          .knob =
              [=](float threshold) {
                Policy policy;
                if (!one_of_n) policy.points["gate"].threshold = threshold;
                if (one_of_n)
                  policy.points["gate"].force = threshold < 0 ? 2 : threshold < 0.5F ? 1 : 0;
                return policy;
              }};
}

}  // namespace

std::vector<Subject> dynamic_subjects() {
  return {exit_subject(), route_subject(false, true), route_subject(false, false),
          route_subject(true, true), route_subject(true, false)};
}

NamedTensors subject_params(const Graph& graph, uint64_t seed) {
  NamedTensors out;
  for (const Param& param : graph.params()) {
    if (param.role == ParamRole::kCounter) continue;
    Tensor tensor = Tensor::f32(param.shape);
    const Noise noise(seed, param.name);
    const bool around_one = param.role == ParamRole::kRunningVar ||
                            (param.role == ParamRole::kWeight && param.shape.rank() == 1);
    for (int64_t i = 0; i < tensor.numel(); ++i) {
      const double u = 2 * noise.uniform(static_cast<uint64_t>(i)) - 1;
      tensor.f()[i] = static_cast<float>(
          around_one
              ? 1 + 0.3 * u
              : 1.5 * u / std::sqrt(static_cast<double>(std::max<int64_t>(param.fan_in, 1))));
    }
    out[param.name] = tensor;
  }
  return out;
}

NamedTensors subject_inputs(const Graph& graph, int64_t n, uint64_t seed) {
  NamedTensors out;
  for (const ValueId id : graph.main().inputs) {
    const Value& value = graph.main().value(id);
    Tensor tensor = Tensor::f32(value.type.shape.batched(n));
    const Noise noise(seed, value.name);
    for (int64_t i = 0; i < tensor.numel(); ++i)
      tensor.f()[i] = static_cast<float>(noise.normal(static_cast<uint64_t>(i)));
    out[value.name] = tensor;
  }
  return out;
}

}  // namespace fovea::testing_support
