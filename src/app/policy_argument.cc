#include "app/policy_argument.h"

#include <algorithm>

#include "base/file.h"
#include "base/words.h"
#include "model/safetensors.h"

namespace fovea::app {
namespace {

constexpr uint64_t kMaxPolicyBytes = uint64_t{1} << 24;

ErrorInfo usage(std::string what, std::string expected, std::string_view found) {
  return {.kind = ErrorKind::kUsage,
          .what = std::move(what),
          .where = "command line",
          .expected = std::move(expected),
          .found = shown_path(found)};
}

/// A policy that stands in a file or model must be right there; it is no slip of the command line.
Policy parse_stored(std::string_view text, const std::string& where) {
  Result<Policy> policy = parse_policy_json(text, load_trace);
  if (policy.ok()) return std::move(policy).value();
  ErrorInfo error = policy.error();
  error.kind = ErrorKind::kBadInput;
  error.where = where + (error.where.empty() ? "" : ": " + error.where);
  throw Error(std::move(error));
}

Policy named_policy(const std::string& text, const Model& model) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && text[first] == '{') {
    return parse_policy_json(text, load_trace).value();
  }
  const auto stored = model.policies.find(text);
  if (stored != model.policies.end()) {
    return parse_stored(stored->second, "policy '" + shown_path(text) + "' of the model");
  }
  const Result<std::string> file = read_file(text, kMaxPolicyBytes);
  if (file.ok()) return parse_stored(file.value(), shown_path(text));
  // A word that looks like a path is a file that is missing; any other is a name that is unknown.
  if (text.find('/') != std::string::npos || text.ends_with(".json")) throw Error(file.error());
  std::vector<std::string> names;
  for (const auto& each : model.policies) names.push_back(each.first);
  ErrorInfo error =
      usage("no such policy", "a name stored in the model, a JSON file, or {...}", text);
  const auto near = nearest(text, names);
  if (near) {
    error.hint = "perhaps '" + *near + "'";
  } else if (!names.empty()) {
    error.hint = "the model stores " + joined(std::span<const std::string>(names), ", ");
  }
  throw Error(std::move(error));
}

template <typename T>
std::optional<T> smaller(const std::optional<T>& a, const std::optional<T>& b) {
  if (!a) return b;
  return b ? std::min(*a, *b) : a;
}

Policy policy_of_options(const Arguments& arguments, int n_exits) {
  Policy out;
  if (const auto text = arguments.value("--threshold")) {
    out.thresholds = parse_thresholds(*text, n_exits).value();
  }
  if (const auto text = arguments.value("--patience")) {
    const auto exits = parse_int(*text);
    if (!exits || *exits < 2 || *exits > n_exits) {
      throw Error(usage(
          "--patience is no number of exits",
          "2 to one less than the exits asked (the network has " + std::to_string(n_exits) + ")",
          *text));
    }
    out.patience = static_cast<int>(*exits);
  }
  if (const auto text = arguments.value("--exit")) {
    const auto exit = parse_int(*text);
    if (!exit || *exit < 0 || *exit >= n_exits) {
      throw Error(usage("no such exit", "0 to " + std::to_string(n_exits - 1), *text));
    }
    out.exit = static_cast<int>(*exit);
  }
  if (const auto text = arguments.value("--max-macs")) {
    out.max_macs = parse_count(*text);
    if (!out.max_macs) {
      throw Error(usage("--max-macs is no count", "multiply-adds such as 30M or 1.5G", *text));
    }
  }
  if (const auto text = arguments.value("--deadline")) {
    out.deadline_ms = parse_milliseconds(*text);
    if (!out.deadline_ms || !(*out.deadline_ms >= 0)) {
      throw Error(usage("--deadline is no time", "a time such as 2ms or 0.1s", *text));
    }
  }
  return out;
}

void check(const Policy& policy, const Model& model) {
  const Result<ResolvedPolicy> fits = resolve(policy, model.graph);
  if (!fits.ok()) throw Error(fits.error());
}

}  // namespace

OptionSpecs policy_options() {
  return OptionSpecs{
             {"--threshold", "T[,T...]",
              "leave where the confidence is at least T; one for all exits, or one per exit but "
              "the last; "
              "in [0,1]; '-' switches an exit off"},
             {"--patience", "P",
              "leave where P exits in a row give the same answer, at least 2; without --threshold "
              "every exit is asked"},
             {"--exit", "E", "everybody leaves at exit E, counted from 0"},
             {"--max-macs", "N", "the last exit within N multiply-adds (30M, 1.5G)"},
             {"--deadline", "T", "the last exit that is ready after T (2ms, 0.1s)"},
             {"--policy", "P",
              "a policy stored in the model, a JSON file, or JSON such as "
              "{\"thresholds\":[0.9,null]}, "
              "{\"patience\":2}, {\"exit\":3}, {\"max_macs\":30000000}, {\"deadline_ms\":5}, "
              "{\"replay\":\"trace.safetensors\"}; policies combine: a sample leaves at the first "
              "that "
              "says so"},
         } +
         budget_options();
}

Result<Trace> load_trace(const std::string& path) {
  Result<TensorFile> file = read_safetensors(path);
  if (!file.ok()) return file.error();
  return Trace{.points = std::move(file.value().tensors)};
}

Result<std::vector<std::optional<float>>> parse_thresholds(std::string_view text, int n_exits) {
  std::vector<std::optional<float>> out;
  for (const std::string_view part : split(text, ',')) {
    if (part == "-") {
      out.emplace_back();
      continue;
    }
    const auto value = parse_double(part);
    if (!value || !(*value >= 0 && *value <= 1)) {
      return usage("a threshold is out of range", "a number from 0 to 1, or '-'", part);
    }
    out.emplace_back(static_cast<float>(*value));
  }
  const size_t wanted = n_exits > 0 ? static_cast<size_t>(n_exits - 1) : 0;
  if (out.size() == 1) {
    const std::optional<float> all = out.front();
    out.assign(wanted, all);
  } else if (out.size() != wanted) {
    return usage("--threshold has another number of values than the network has exits",
                 std::to_string(wanted) + " (one per exit but the last), or 1",
                 std::to_string(out.size()));
  }
  return out;
}

Policy combined(const Policy& a, const Policy& b) {
  Policy out;
  out.thresholds.resize(std::max(a.thresholds.size(), b.thresholds.size()));
  for (size_t i = 0; i < out.thresholds.size(); ++i) {
    const auto of = [i](const Policy& policy) {
      return i < policy.thresholds.size() ? policy.thresholds[i] : std::nullopt;
    };
    out.thresholds[i] = smaller(of(a), of(b));
  }
  out.patience = smaller(a.patience, b.patience);
  out.exit = smaller(a.exit, b.exit);
  out.max_macs = smaller(a.max_macs, b.max_macs);
  out.deadline_ms = smaller(a.deadline_ms, b.deadline_ms);
  out.replay = a.replay ? a.replay : b.replay;
  out.points = a.points;
  out.points.insert(b.points.begin(), b.points.end());
  return out;
}

std::optional<Policy> policy_from(const Arguments& arguments, const Model& model,
                                  const PolicyHelp& help) {
  const std::optional<SolvedPolicy> solved =
      help.solved != nullptr ? *help.solved : solved_policy(arguments, model, help.times);
  const bool any = solved || arguments.has("--threshold") || arguments.has("--patience") ||
                   arguments.has("--exit") || arguments.has("--max-macs") ||
                   arguments.has("--deadline") || arguments.has("--policy");
  if (!any) return std::nullopt;
  Policy policy = policy_of_options(arguments, model.graph.n_exits());
  if (const auto text = arguments.value("--policy")) {
    policy = combined(policy, named_policy(*text, model));
  }
  if (solved) {
    policy = combined(policy, solved->policy);
    if (help.console != nullptr) help.console->note(solved->note);
  }
  check(policy, model);
  return policy;
}

std::map<std::string, Policy> stored_policies(const Model& model) {
  std::map<std::string, Policy> out;
  for (const auto& [name, text] : model.policies) {
    Policy policy = parse_stored(text, "policy '" + shown_path(name) + "' of the model");
    check(policy, model);
    out.emplace(name, std::move(policy));
  }
  return out;
}

Policy policy_or_default(const Arguments& arguments, const Model& model, const PolicyHelp& help) {
  if (auto policy = policy_from(arguments, model, help)) return std::move(*policy);
  const auto stored = model.policies.find("default");
  if (stored == model.policies.end()) return Policy::last_exit();
  Policy policy = parse_stored(stored->second, "policy 'default' of the model");
  check(policy, model);
  return policy;
}

}  // namespace fovea::app
