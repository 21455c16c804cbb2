// Policies are data: they answer a network's decision points, and the first form is thresholds.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/error.h"
#include "fovea/graph.h"
#include "fovea/tensor.h"

namespace fovea {

/// The decisions of one run: per decision point an I64 tensor [N]; exits together as "exit".
/// A route that a sample did not reach holds -1.
struct Trace {
  NamedTensors points;
};

/// The answer for a decision point other than the exits.
struct PointRule {
  std::optional<float> threshold;  ///< binary: chosen where score >= threshold
  std::optional<int64_t> force;    ///< this choice for everybody
};

/// Where samples go. Parts combine: a sample leaves at the first that says so.
/// Thread-safety: a value; may be shared read-only.
struct Policy {
  /// Per exit but the last: a sample leaves where score >= threshold, compared in float32 (NaN
  /// goes on); nothing = the exit is switched off. Empty: no exit is asked before the last.
  std::vector<std::optional<float>> thresholds;
  /// A sample leaves where so many asked exits in a row gave the same answer (PABEE), at least 2.
  /// Without thresholds every exit is asked.
  std::optional<int> patience;
  std::optional<int> exit;              ///< everybody leaves here
  std::optional<int64_t> max_macs;      ///< last exit whose macs_needed is within the cap
  std::optional<double> deadline_ms;    ///< per sample: the last exit that is ready
  std::shared_ptr<const Trace> replay;  ///< decisions of an earlier run
  std::map<std::string, PointRule> points;

  /// The last exit for everybody.
  static Policy last_exit() { return {}; }
};

/// A policy made concrete for one network: which exits are asked, and when a sample leaves.
struct ResolvedPolicy {
  std::vector<int> asked;                        ///< exits whose heads are computed, ascending
  std::vector<std::optional<float>> thresholds;  ///< per exit of the network; last: nothing
  int patience = 0;                              ///< 0 = agreement is not looked at
  std::optional<double> deadline_ms;
  std::shared_ptr<const Trace> replay;
  std::map<std::string, PointRule> points;
};

/// Checks a policy against a network and says which exits it asks.
/// Errors (kUsage): more thresholds than exits, no such exit, a cap below the first exit,
/// a patience that no sample can reach before the last exit asked, a replay whose shape does not
/// fit, a point that the network does not have; thresholds must be finite. `n` is the number of
/// samples of the run, or 0 where it is not known yet.
[[nodiscard]] Result<ResolvedPolicy> resolve(const Policy& policy, const Graph& graph,
                                             int64_t n = 0);

/// All exits asked, nobody leaves early.
[[nodiscard]] ResolvedPolicy every_exit(const Graph& graph);

/// Parses the JSON form of interface.md: {"thresholds":[0.9,null,1e8]}, {"patience":2}, {"exit":3},
/// {"max_macs":30000000}, {"deadline_ms":5}, {"replay":"trace.safetensors"}, {"points":{…}}.
/// `load_trace` reads the file of a replay. Unknown keys are errors with the nearest name.
[[nodiscard]] Result<Policy> parse_policy_json(
    std::string_view json, Result<Trace> (*load_trace)(const std::string& path));
[[nodiscard]] std::string policy_to_json(const Policy& policy);

}  // namespace fovea
