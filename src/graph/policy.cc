#include "fovea/policy.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/words.h"
#include "fovea/executor.h"
#include "graph/cost.h"

namespace fovea {
namespace {

using nlohmann::json;

ErrorInfo usage(std::string what, std::string expected = {}, std::string found = {}) {
  return {.kind = ErrorKind::kUsage,
          .what = std::move(what),
          .where = "policy",
          .expected = std::move(expected),
          .found = std::move(found)};
}

/// The last exit whose macs_needed is within the cap.
Result<int> exit_within(const Graph& graph, int64_t cap) {
  const std::vector<ExitCost> costs = exit_costs(graph);
  int best = -1;
  for (size_t e = 0; e < costs.size(); ++e) {
    if (costs[e].macs_needed <= cap) best = static_cast<int>(e);
  }
  if (best < 0) {
    return usage("the cap on multiply-adds is below the first exit",
                 "at least " + std::to_string(costs[0].macs_needed), std::to_string(cap));
  }
  return best;
}

Status check_replay(const Trace& trace, int n_exits, int64_t n_samples) {
  for (const auto& [name, tensor] : trace.points) {
    const bool fits = tensor.dtype() == DType::kI64 && tensor.shape().rank() == 1 &&
                      (n_samples == 0 || tensor.shape()[0] == n_samples);
    if (!fits) {
      return usage("the trace's '" + name + "' does not fit",
                   "I64 [" + (n_samples == 0 ? "N" : std::to_string(n_samples)) + "]",
                   std::string(dtype_name(tensor.dtype())) + " " + tensor.shape().text());
    }
  }
  const auto found = trace.points.find("exit");
  if (found == trace.points.end()) return {};
  for (const int64_t exit : found->second.data<int64_t>()) {
    if (exit < 0 || exit >= n_exits) {
      return usage("the trace names an exit that the network does not have",
                   "0 to " + std::to_string(n_exits - 1), std::to_string(exit));
    }
  }
  return {};
}

/// Number of choices of every decision point of a block, bodies included.
void collect_points(const Block& block, std::map<std::string, int64_t>& points) {
  for (const Node& node : block.nodes) {
    for (const ValueId out : node.outputs) {
      const ValueType& type = block.value(out).type;
      if (type.decision) points[node.name] = type.shape[0];
    }
    for (const Block& body : node.bodies) collect_points(body, points);
  }
}

/// Rules and replays of decision points must name points that exist and choices that they have.
Status check_points(const Policy& policy, const Graph& graph) {
  std::map<std::string, int64_t> points;
  collect_points(graph.main(), points);
  for (const auto& [name, rule] : policy.points) {
    const auto at = points.find(name);
    if (at == points.end()) {
      std::vector<std::string> known;
      for (const auto& [point, choices] : points) known.push_back(point);
      ErrorInfo error =
          usage("no decision point '" + name + "'",
                known.empty() ? "a network with decision points other than exits"
                              : "one of " + joined(std::span<const std::string>(known), ", "));
      if (const auto near = nearest(name, known)) error.hint = "perhaps '" + *near + "'";
      return error;
    }
    if (rule.force && (*rule.force < 0 || *rule.force >= at->second)) {
      return usage("point '" + name + "' has no such choice",
                   "0 to " + std::to_string(at->second - 1), std::to_string(*rule.force));
    }
    if (rule.threshold && !std::isfinite(*rule.threshold))
      return usage("a threshold is a finite number");
  }
  if (!policy.replay) return {};
  for (const auto& [name, choices] : points) {
    const auto at = policy.replay->points.find(name);
    if (at == policy.replay->points.end()) continue;
    for (const int64_t choice : at->second.data<int64_t>()) {
      if (choice < -1 || choice >= choices) {
        return usage("the trace's '" + name + "' holds a choice that does not exist",
                     "-1 to " + std::to_string(choices - 1), std::to_string(choice));
      }
    }
  }
  return {};
}

/// Before the last exit asked, which everybody leaves at anyway, so many others must agree.
Status check_patience(int patience, int n_asked) {
  if (patience >= 2 && patience < n_asked) return {};
  return usage("no sample can leave early under this patience",
               n_asked < 3 ? "a policy that asks at least 3 exits"
                           : "2 to " + std::to_string(n_asked - 1) + " of the " +
                                 std::to_string(n_asked) + " exits asked",
               n_asked < 3 ? std::to_string(n_asked) + " asked" : std::to_string(patience));
}

/// {"threshold":T} or {"force":CHOICE}.
Result<PointRule> parse_point(const std::string& point, const json& rule) {
  PointRule parsed;
  if (rule.is_object() && rule.size() == 1 && rule.contains("threshold") &&
      rule["threshold"].is_number()) {
    parsed.threshold = static_cast<float>(rule["threshold"].get<double>());
  } else if (rule.is_object() && rule.size() == 1 && rule.contains("force") &&
             rule["force"].is_number_integer()) {
    parsed.force = rule["force"].get<int64_t>();
  } else {
    return usage("the rule of point '" + point + "' is unclear",
                 R"({"threshold":T} or {"force":CHOICE})", rule.dump());
  }
  return parsed;
}

}  // namespace

ResolvedPolicy every_exit(const Graph& graph) {
  ResolvedPolicy out;
  for (int e = 0; e < graph.n_exits(); ++e) out.asked.push_back(e);
  out.thresholds.resize(static_cast<size_t>(graph.n_exits()));
  return out;
}

Result<ResolvedPolicy> resolve(const Policy& policy, const Graph& graph, int64_t n_samples) {
  const int n = graph.n_exits();
  ResolvedPolicy out{.thresholds = std::vector<std::optional<float>>(static_cast<size_t>(n)),
                     .patience = policy.patience.value_or(0),
                     .deadline_ms = policy.deadline_ms,
                     .replay = policy.replay,
                     .points = policy.points};
  if (policy.thresholds.size() > static_cast<size_t>(std::max(0, n - 1))) {
    // The published rule writes one more for the last exit, which everybody reaches passes.
    if (policy.thresholds.size() > static_cast<size_t>(n)) {
      return usage("more thresholds than exits",
                   std::to_string(n - 1) + " (one per exit but the last)",
                   std::to_string(policy.thresholds.size()));
    }
  }
  if (!policy.thresholds.empty() && policy.thresholds.size() + 1 < static_cast<size_t>(n)) {
    return usage("fewer thresholds than exits",
                 std::to_string(n - 1) + " (one per exit but the last)",
                 std::to_string(policy.thresholds.size()));
  }
  int last = n - 1;
  if (policy.exit) {
    if (*policy.exit < 0 || *policy.exit >= n) {
      return usage("no such exit", "0 to " + std::to_string(n - 1), std::to_string(*policy.exit));
    }
    last = *policy.exit;
  }
  if (policy.max_macs) {
    const Result<int> capped = exit_within(graph, *policy.max_macs);
    if (!capped.ok()) return capped.error();
    last = std::min(last, capped.value());
  }
  if (policy.deadline_ms && !(*policy.deadline_ms >= 0)) {
    return usage("a deadline is a time of at least 0 ms");
  }
  std::set<int> asked{last};
  for (int e = 0; e < last; ++e) {
    const auto i = static_cast<size_t>(e);
    if (i < policy.thresholds.size()) {
      if (!policy.thresholds[i]) continue;
      if (!std::isfinite(*policy.thresholds[i])) return usage("a threshold is a finite number");
      out.thresholds[i] = policy.thresholds[i];
      asked.insert(e);
    } else if (policy.deadline_ms || policy.patience) {
      asked.insert(e);
    }
  }
  if (policy.replay) {
    const Status fits = check_replay(*policy.replay, n, n_samples);
    if (!fits.ok()) return fits.error();
  }
  const Status points = check_points(policy, graph);
  if (!points.ok()) return points.error();
  if (policy.replay) {
    const auto found = policy.replay->points.find("exit");
    if (found != policy.replay->points.end()) {
      asked.clear();
      for (const int64_t exit : found->second.data<int64_t>()) asked.insert(static_cast<int>(exit));
      if (asked.empty()) asked.insert(last);
      for (auto& threshold : out.thresholds) threshold.reset();
      out.patience = 0;
      out.asked.assign(asked.begin(), asked.end());
      return out;
    }
  }
  if (policy.patience) {
    const Status reachable = check_patience(*policy.patience, static_cast<int>(asked.size()));
    if (!reachable.ok()) return reachable.error();
  }
  out.asked.assign(asked.begin(), asked.end());
  return out;
}

Result<Policy> parse_policy_json(std::string_view text,
                                 Result<Trace> (*load_trace)(const std::string& path)) {
  const json value = json::parse(text, nullptr, false);
  if (!value.is_object())
    return usage("the policy is no JSON object", R"({"thresholds":[0.9,null]})");
  static const std::vector<std::string> kKeys{"thresholds", "exit",   "max_macs", "deadline_ms",
                                              "replay",     "points", "patience"};
  Policy policy;
  for (const auto& [key, item] : value.items()) {
    if (key == "thresholds" && item.is_array()) {
      for (const json& threshold : item) {
        if (threshold.is_null()) {
          policy.thresholds.emplace_back();
        } else if (threshold.is_number() &&
                   std::isfinite(static_cast<float>(threshold.get<double>()))) {
          policy.thresholds.emplace_back(static_cast<float>(threshold.get<double>()));
        } else {
          return usage("a threshold is a finite number or null", {}, threshold.dump());
        }
      }
    } else if (key == "exit" && item.is_number_integer()) {
      if (item.get<int64_t>() < 0 || item.get<int64_t>() > 1'000'000)
        return usage("no such exit", {}, item.dump());
      policy.exit = item.get<int>();
    } else if (key == "patience" && item.is_number_integer() &&
               std::abs(item.get<double>()) < 1e6) {
      policy.patience = item.get<int>();
    } else if (key == "max_macs" && item.is_number() && std::abs(item.get<double>()) < 9e18) {
      policy.max_macs =
          item.is_number_integer() ? item.get<int64_t>() : static_cast<int64_t>(item.get<double>());
    } else if (key == "deadline_ms" && item.is_number()) {
      policy.deadline_ms = item.get<double>();
    } else if (key == "replay" && item.is_string()) {
      Result<Trace> trace = load_trace(item.get<std::string>());
      if (!trace.ok()) return trace.error();
      policy.replay = std::make_shared<const Trace>(std::move(trace).value());
    } else if (key == "points" && item.is_object()) {
      for (const auto& [point, rule] : item.items()) {
        Result<PointRule> parsed = parse_point(point, rule);
        if (!parsed.ok()) return parsed.error();
        policy.points[point] = parsed.value();
      }
    } else if (std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end()) {
      return usage("the policy's '" + key + "' has the wrong type", {}, item.dump());
    } else {
      const auto near = nearest(key, kKeys);
      ErrorInfo error = usage("unknown key '" + key + "' in the policy",
                              joined(std::span<const std::string>(kKeys), ", "));
      if (near) error.hint = "perhaps '" + *near + "'";
      return error;
    }
  }
  return policy;
}

std::string policy_to_json(const Policy& policy) {
  json out = json::object();
  if (!policy.thresholds.empty()) {
    out["thresholds"] = json::array();
    for (const auto& t : policy.thresholds)
      out["thresholds"].push_back(t ? json(static_cast<double>(*t)) : json());
  }
  if (policy.patience) out["patience"] = *policy.patience;
  if (policy.exit) out["exit"] = *policy.exit;
  if (policy.max_macs) out["max_macs"] = *policy.max_macs;
  if (policy.deadline_ms) out["deadline_ms"] = *policy.deadline_ms;
  for (const auto& [name, rule] : policy.points) {
    if (rule.threshold) out["points"][name]["threshold"] = static_cast<double>(*rule.threshold);
    if (rule.force) out["points"][name]["force"] = *rule.force;
  }
  return out.dump();
}

Result<int64_t> batch_size(const Graph& graph, const NamedTensors& inputs) {
  int64_t n = -1;
  const Block& main = graph.main();
  for (const ValueId id : main.inputs) {
    const Value& value = main.value(id);
    const auto bad = [&](std::string what, std::string found) {
      return ErrorInfo{.kind = ErrorKind::kBadInput,
                       .what = std::move(what),
                       .where = "input '" + value.name + "'",
                       .expected = "F32 [N" + (value.type.shape.rank() == 0
                                                   ? "]"
                                                   : "," + value.type.shape.text().substr(1)),
                       .found = std::move(found)};
    };
    const auto at = inputs.find(value.name);
    if (at == inputs.end()) return bad("an input is missing", "no tensor of that name");
    const Tensor& tensor = at->second;
    const std::string found = std::string(dtype_name(tensor.dtype())) + " " + tensor.shape().text();
    if (tensor.dtype() != DType::kF32) return bad("an input has the wrong element type", found);
    if (tensor.shape().rank() < 1 || tensor.shape().per_sample() != value.type.shape) {
      return bad("an input has the wrong shape", found);
    }
    if (tensor.shape()[0] < 1) return bad("an input holds no sample", found);
    if (n >= 0 && tensor.shape()[0] != n)
      return bad("inputs hold different numbers of samples", found);
    n = tensor.shape()[0];
  }
  return n;
}

}  // namespace fovea
