// Dynamic operators as the invariants suite sees them: a network in which one decision sends each
// sample to heavy work or past it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fovea/graph.h"
#include "fovea/policy.h"
#include "fovea/tensor.h"

namespace fovea::testing_support {

/// One dynamic operator in a small network with inputs "input" (what the decision reads) and
/// "detail" (what only heavy work reads).
struct Subject {
  std::string name;
  Graph graph;
  int n_choices = 2;
  /// Decides for each sample.
  std::function<Policy(const std::vector<int64_t>& choices)> decide;
  /// Multiply-adds of a sample that takes a choice, from the graph's formulas.
  std::function<int64_t(int64_t choice)> macs;
  /// Choices under which "detail" is not read.
  std::vector<int64_t> light;
  /// Prefixes of parameters that only these samples read: by choice.
  std::function<std::vector<std::string>(int64_t choice)> params_only_of;
  /// The network in which every sample takes a choice without any decision, with equal parameter
  /// names; nothing where the choice has no such form.
  std::function<std::optional<Graph>(int64_t choice)> plain;
  /// The knob: a policy for a threshold; larger = fewer samples do heavy work (sign < 0: more).
  std::function<Policy(float threshold)> knob;
  int knob_sign = 1;
};

std::vector<Subject> dynamic_subjects();

/// Seeded parameters and inputs for a subject.
NamedTensors subject_params(const Graph& graph, uint64_t seed);
NamedTensors subject_inputs(const Graph& graph, int64_t n, uint64_t seed);

}  // namespace fovea::testing_support
