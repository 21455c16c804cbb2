// Confidence scores of logits (specs/survey.md 3.2): one definition for every executor.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "graph/attributes.h"

namespace fovea {

/// How a score is made from logits or gate values; larger = more confident.
enum class Metric : uint8_t {
  kMaxSoftmax,  ///< max_c softmax_c, in [1/C, 1]
  kNegEntropy,  ///< 1 − H(softmax)/log C, in [0, 1]
  kMargin,      ///< difference of the two largest softmax values, in [0, 1]
  kIdentity,    ///< the value itself (gates)
};
template <>
inline constexpr std::array<std::string_view, 4> kEnumNames<Metric>{"max_softmax", "neg_entropy",
                                                                    "margin", "identity"};

/// How an exit's confidence is made from its logits.
struct Scoring {
  Metric metric = Metric::kMaxSoftmax;
  float temperature = 1;  ///< above 0; logits are divided by it (the identity's are not)
  bool operator==(const Scoring&) const = default;
};

/// Score of one row in float32. A row with NaN gives NaN, which never passes a threshold.
float score_of(Metric metric, std::span<const float> row, float temperature = 1);
inline float score_of(const Scoring& scoring, std::span<const float> row) {
  return score_of(scoring.metric, row, scoring.temperature);
}

/// Softmax of one row divided by a temperature, in float32, shifted by its maximum.
void softmax_of(std::span<const float> row, std::span<float> probabilities, float temperature = 1);

/// Index of the first maximum; NaN counts as smaller than everything.
int64_t first_maximum(std::span<const float> row);

/// The rule of every threshold: leaves (or is chosen) where score >= threshold in float32.
inline bool passes(float score, float threshold) { return score >= threshold; }

/// One sample's run of asked exits that give the same answer, for a policy's patience (PABEE,
/// specs/survey.md 3.2).
struct Agreement {
  int64_t answer = -1;
  int exits = 0;  ///< in a row, up to the exit added last
  /// Adds the next asked exit and gives the length of the run that it ends. A score that is no
  /// number agrees with nothing.
  int add(int64_t next_answer, float score) {
    const bool is_number = score == score;
    exits = !is_number ? 0 : (exits > 0 && next_answer == answer ? exits + 1 : 1);
    answer = next_answer;
    return exits;
  }
};

}  // namespace fovea
