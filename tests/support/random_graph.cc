#include "support/random_graph.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/noise.h"
#include "graph/score.h"
#include "ops/builder.h"

namespace fovea::testing_support {
namespace {

class Generator {
 public:
  explicit Generator(uint64_t seed)
      : noise_(Noise(seed, "random network")), b_("random-" + std::to_string(seed)) {}

  RandomNetwork make(uint64_t seed) {
    classes_ = 2 + below(6);
    pool_.push_back(b_.input("input", {1 + below(6), 1 + below(19), 1 + below(19)}));
    const int n_exits = 1 + static_cast<int>(below(4));
    for (int e = 0; e < n_exits; ++e) {
      const int steps = 2 + static_cast<int>(below(7));
      for (int i = 0; i < steps; ++i) step();
      head();
    }
    RandomNetwork out{.graph = b_.finish(), .params = {}, .inputs = {}, .n = 1 + below(9)};
    fill(out, seed);
    return out;
  }

 private:
  int64_t below(int64_t n) { return static_cast<int64_t>(noise_.below(static_cast<uint64_t>(n))); }
  bool coin() { return below(2) == 1; }
  std::string name() { return "n" + std::to_string(next_++); }
  ValueHandle any() {
    return pool_[static_cast<size_t>(below(static_cast<int64_t>(pool_.size())))];
  }
  /// A recent value, so that networks get deep.
  ValueHandle recent() {
    const auto n = static_cast<int64_t>(pool_.size());
    return pool_[static_cast<size_t>(n - 1 - below(std::min<int64_t>(n, 3)))];
  }
  ValueHandle push(ValueHandle v) {
    pool_.push_back(v);
    return v;
  }

  ValueHandle conv(Builder& b, ValueHandle x) {
    const Shape s = b.shape(x);
    Conv2d a{.kernel = {1 + 2 * below(3), 1 + 2 * below(2)},
             .bias = coin() ? Bias::kPresent : Bias::kNone};
    if (below(3) == 0) a.kernel = {1, 1};
    if (below(4) == 0) a.dilation = {1 + below(2), 1 + below(2)};
    if (below(3) == 0) a.stride = {1 + below(3), 1 + below(3)};
    a.pad = {a.dilation.h * (a.kernel.h / 2), a.dilation.w * (a.kernel.w / 2),
             a.dilation.h * (a.kernel.h / 2), a.dilation.w * (a.kernel.w / 2)};
    if (below(5) == 0) a.pad.bottom += 1;
    if (below(5) == 0) a.pad.right += 1;
    a.groups = below(3) == 0 ? s[0] : 1;
    a.channels = a.groups * (1 + below(a.groups > 1 ? 2 : 9));
    return b.conv2d(name(), x, a);
  }

  void step() {
    const ValueHandle x = recent();
    const Shape s = b_.shape(x);
    switch (below(12)) {
      case 0:
      case 1:
      case 2: {
        ValueHandle y = conv(b_, x);
        if (coin()) y = b_.batch_norm(name(), y);
        if (coin()) y = coin() ? b_.relu(name(), y) : b_.relu6(name(), y);
        push(y);
        break;
      }
      case 3:
        push(b_.batch_norm(name(), x));
        break;
      case 4:
        push(below(3) == 0 ? b_.sigmoid(name(), x)
             : coin()      ? b_.relu(name(), x)
                           : b_.relu6(name(), x));
        break;
      case 5: {
        const Pool2d a{.kernel = {std::min<int64_t>(s[1], 1 + below(3)),
                                  std::min<int64_t>(s[2], 1 + below(3))},
                       .stride = {1 + below(2), 1 + below(2)}};
        Pool2d padded = a;
        padded.pad = {a.kernel.h / 2, a.kernel.w / 2};
        push(coin() ? b_.max_pool2d(name(), x, coin() ? a : padded)
                    : b_.avg_pool2d(name(), x, coin() ? a : padded));
        break;
      }
      case 6: {
        const auto mode = static_cast<ResizeMode>(below(4));
        const Extent2 size =
            below(5) == 0 ? Extent2{s[1], s[2]} : Extent2{1 + below(20), 1 + below(20)};
        push(b_.resize(name(), x, {.size = size, .mode = mode}));
        break;
      }
      case 7:
        concat_chain(x);
        break;
      case 8:
        combine(x);
        break;
      case 9: {
        const int axis = static_cast<int>(below(3));
        const int64_t begin = below(s[axis]);
        push(b_.slice(name(), x,
                      {.axis = axis, .begin = begin, .end = begin + 1 + below(s[axis] - begin)}));
        break;
      }
      default:
        route(x);
        break;
    }
  }

  void concat_chain(ValueHandle x) {
    ValueHandle chain = x;
    const int links = 1 + static_cast<int>(below(4));
    for (int i = 0; i < links; ++i) {
      const Shape s = b_.shape(chain);
      ValueHandle fresh = b_.conv2d(
          name(), chain, {.channels = 1 + below(5), .kernel = {3, 3}, .pad = Padding::all(1)});
      if (coin()) fresh = b_.relu(name(), fresh);
      std::vector<ValueHandle> parts{chain};
      if (coin()) parts.push_back(b_.resize(name(), any(), {.size = {s[1], s[2]}}));
      parts.push_back(fresh);
      if (below(4) == 0) std::reverse(parts.begin(), parts.end());
      chain = b_.concat(name(), parts);
      if (coin()) push(chain);
    }
    push(chain);
  }

  void combine(ValueHandle x) {
    const Shape s = b_.shape(x);
    ValueHandle other = x;
    if (below(3) == 0) {
      other = b_.sigmoid(name(), b_.mean_hw(name(), x));
    } else if (coin()) {
      other = b_.conv2d(name(), x, {.channels = s[0], .kernel = {3, 3}, .pad = Padding::all(1)});
    } else if (s[0] > 1) {
      other = b_.slice(name(), x, {.axis = 0, .begin = 0, .end = 1});
    }
    ValueHandle y = coin() ? b_.add(name(), x, other) : b_.multiply(name(), x, other);
    if (coin()) y = b_.relu(name(), y);
    push(y);
  }

  void route(ValueHandle x) {
    const bool one_of_n = coin();
    const int64_t n = one_of_n ? 2 + below(2) : 2;
    const ValueHandle scores =
        b_.linear(name(), b_.mean_hw(name(), x), {.features = one_of_n ? n : 1});
    const ValueHandle gate = b_.decide(
        name(), scores, {.rule = one_of_n ? DecisionRule::kArgmax : DecisionRule::kThreshold});
    const bool residual = coin();
    const int64_t channels = residual ? b_.channels(x) : 1 + below(6);
    const int64_t n_bodies = residual && !one_of_n ? 1 : n;
    std::vector<Block> bodies;
    for (int64_t k = 0; k < n_bodies; ++k) {
      bodies.push_back(
          b_.body("body" + std::to_string(k), {x}, [&](const std::vector<ValueHandle>& in) {
            ValueHandle y = b_.conv2d(name(), in[0],
                                      {.channels = channels,
                                       .kernel = {1 + 2 * (k % 2), 3},
                                       .pad = {k % 2, 1, k % 2, 1}});
            if (coin()) y = b_.relu(name(), b_.batch_norm(name(), y));
            return std::vector<ValueHandle>{y};
          }));
    }
    push(b_.route(name(), gate, {x}, std::move(bodies),
                  {.combine = residual ? Combine::kResidual : Combine::kSelect}));
  }

  void head() {
    ValueHandle x = recent();
    if (coin())
      x = b_.conv2d(
          name(), x,
          {.channels = 4 + below(20), .kernel = {3, 3}, .stride = {2, 2}, .pad = Padding::all(1)});
    ValueHandle v = coin() ? b_.mean_hw(name(), x) : b_.flatten(name(), x);
    if (below(3) == 0) v = b_.relu(name(), b_.linear(name(), v, {.features = 5}));
    if (below(3) == 0) v = b_.softmax(name(), v);
    b_.exit(b_.linear(name(), v,
                      {.features = classes_, .bias = coin() ? Bias::kPresent : Bias::kNone}));
  }

  static void fill(RandomNetwork& out, uint64_t seed) {
    for (const Param& param : out.graph.params()) {
      if (param.role == ParamRole::kCounter) continue;
      Tensor tensor = Tensor::f32(param.shape);
      const Noise noise(seed, param.name);
      const double scale = param.role == ParamRole::kWeight && param.shape.rank() > 1
                               ? 1.5 / std::sqrt(static_cast<double>(param.fan_in))
                               : 0.4;
      for (int64_t i = 0; i < tensor.numel(); ++i) {
        const double u = noise.uniform(static_cast<uint64_t>(i)) * 2 - 1;
        const bool around_one = param.role == ParamRole::kRunningVar ||
                                (param.role == ParamRole::kWeight && param.shape.rank() == 1);
        tensor.f()[i] = static_cast<float>(around_one ? 1 + 0.4 * u : scale * u);
      }
      out.params[param.name] = tensor;
    }
    Tensor input =
        Tensor::f32(out.graph.main().value(out.graph.main().inputs[0]).type.shape.batched(out.n));
    const Noise noise(seed, "input");
    for (int64_t i = 0; i < input.numel(); ++i)
      input.f()[i] = static_cast<float>(noise.normal(static_cast<uint64_t>(i)));
    out.inputs["input"] = input;
  }

  NoiseCursor noise_;
  Builder b_;
  std::vector<ValueHandle> pool_;
  int64_t classes_ = 2;
  int next_ = 0;
};

void count_block(const Block& block, std::map<std::string, int>& counts) {
  for (const Node& node : block.nodes) {
    ++counts[std::string(node.op->name)];
    if (node.op->name == "resize") {
      ++counts["resize/" + std::string(kEnumNames<ResizeMode>[static_cast<size_t>(
                               node.attributes->as<Resize>().mode)])];
    }
    if (node.op->name == "route") {
      const auto& type = block.value(node.inputs[0]).type;
      ++counts["route/" +
               std::string(
                   kEnumNames<Combine>[static_cast<size_t>(node.attributes->as<Route>().combine)]) +
               (*type.decision == DecisionKind::kBinary ? "/binary" : "/one_of_n")];
    }
    for (const Block& body : node.bodies) count_block(body, counts);
  }
}

}  // namespace

RandomNetwork random_network(uint64_t seed) { return Generator(seed).make(seed); }

Share share_of(int64_t chosen, int64_t n) {
  if (chosen == 0) return Share::kNone;
  if (chosen == n) return Share::kAll;
  return chosen == 1 ? Share::kOne : Share::kSome;
}

Policy random_policy(uint64_t seed, const Graph& graph, const std::vector<Tensor>& exit_logits) {
  NoiseCursor noise(Noise(seed, "policy"));
  Policy policy;
  for (int e = 0; e + 1 < graph.n_exits(); ++e) {
    const Tensor& logits = exit_logits[static_cast<size_t>(e)];
    const auto n = static_cast<size_t>(logits.shape()[0]);
    std::vector<float> scores;
    for (size_t i = 0; i < n; ++i) {
      const auto c = static_cast<size_t>(logits.shape()[1]);
      scores.push_back(score_of(Metric::kMaxSoftmax, logits.data<float>().subspan(i * c, c)));
    }
    std::sort(scores.begin(), scores.end(), std::greater<>());
    const uint64_t wish = noise.below(6);
    if (wish == 4) {
      policy.thresholds.emplace_back();
      continue;
    }
    size_t leave = 0;
    if (wish == 1) leave = n - 1;
    if (wish == 2 || wish == 5) leave = n / 2;
    if (wish == 3) leave = n;
    float threshold = leave == 0 ? 2.0F : scores[leave - 1];
    if (leave > 0 && leave < n) threshold = (scores[leave - 1] + scores[leave]) / 2;
    policy.thresholds.emplace_back(threshold);
  }
  return policy;
}

void count_operators(const Graph& graph, std::map<std::string, int>& counts) {
  count_block(graph.main(), counts);
}

double worst_difference(const Tensor& got, const Tensor& expected) {
  if (got.shape() != expected.shape()) return std::numeric_limits<double>::infinity();
  double worst = 0;
  for (int64_t i = 0; i < got.numel(); ++i) {
    const double want = expected.f()[i];
    const double d =
        std::abs(static_cast<double>(got.f()[i]) - want) / std::max(1.0, std::abs(want));
    if (!(d <= worst)) worst = std::isnan(d) ? std::numeric_limits<double>::infinity() : d;
  }
  return worst;
}

}  // namespace fovea::testing_support
