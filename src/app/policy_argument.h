// Policies on the command line: --threshold, --patience, --exit, --max-macs, --deadline, --policy,
// and those in a user's units (budget_argument.h).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/budget_argument.h"
#include "app/verb.h"
#include "fovea/error.h"
#include "fovea/model.h"
#include "fovea/policy.h"

namespace fovea::app {

[[nodiscard]] OptionSpecs policy_options();

/// What a verb adds to the options. Nothing has to stand in it.
struct PolicyHelp {
  const Console* console = nullptr;  ///< is told what is expected of a solved policy
  const RunTimes* times = nullptr;   ///< without it a budget in milliseconds is refused
  /// What solved_policy gave, where the verb has asked already: solving takes a while.
  const std::optional<SolvedPolicy>* solved = nullptr;
};

/// The policy that the options say, or nothing where none of them is given. Parts combine: a sample
/// leaves at the first that says so. Already checked against the network.
/// Throws Error: kUsage for values that fit no network or not this one, kBadInput for files.
[[nodiscard]] std::optional<Policy> policy_from(const Arguments& arguments, const Model& model,
                                                const PolicyHelp& help = {});

/// All policies that a model stores, by name. Throws Error (kBadInput) for one that is damaged or
/// does not fit.
[[nodiscard]] std::map<std::string, Policy> stored_policies(const Model& model);

/// policy_from, else the stored policy `default`, else the last exit.
[[nodiscard]] Policy policy_or_default(const Arguments& arguments, const Model& model,
                                       const PolicyHelp& help = {});

/// The text of --threshold: "0.9", "0.5,-,0.9". One value stands for all exits but the last of
/// `n_exits`. Errors are kUsage: a value outside [0,1], nan, words, another number of values.
[[nodiscard]] Result<std::vector<std::optional<float>>> parse_thresholds(std::string_view text,
                                                                         int n_exits);

/// The policy under which a sample leaves where either of two says so.
[[nodiscard]] Policy combined(const Policy& a, const Policy& b);

/// Reads the trace of a replay.
[[nodiscard]] Result<Trace> load_trace(const std::string& path);

}  // namespace fovea::app
