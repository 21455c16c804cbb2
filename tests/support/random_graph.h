// Seeded random networks that are valid, small and use every operator; with parameters and inputs.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "fovea/graph.h"
#include "fovea/policy.h"
#include "fovea/tensor.h"

namespace fovea::testing_support {

struct RandomNetwork {
  Graph graph;
  NamedTensors params;
  NamedTensors inputs;
  int64_t n = 1;  ///< samples, 1 to 9
};

/// Network number `seed`: odd sizes, groups and depthwise convolutions, concatenation chains, every
/// resize mode, routes (binary and one of n, select and residual), one to four exits. Parameters
/// keep activations near one.
RandomNetwork random_network(uint64_t seed);

/// How many samples go on after the first exit, or into a body.
enum class Share : uint8_t { kNone, kOne, kSome, kAll };
Share share_of(int64_t chosen, int64_t n);

/// Thresholds between recorded scores so that, by `seed`, none, one, some or all leave at each
/// exit. `exit_logits` are those of a run of all exits.
Policy random_policy(uint64_t seed, const Graph& graph, const std::vector<Tensor>& exit_logits);

/// Adds to `counts` every operator of the graph ("conv2d", "resize/area", "route/select", …).
void count_operators(const Graph& graph, std::map<std::string, int>& counts);

/// Largest difference, relative to max(1, |expected|); infinite where shapes differ or a value is
/// NaN.
double worst_difference(const Tensor& got, const Tensor& expected);

}  // namespace fovea::testing_support
