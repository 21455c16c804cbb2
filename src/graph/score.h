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

/// Score of one row in float32. A row with NaN gives NaN, which never passes a threshold.
float score_of(Metric metric, std::span<const float> row);

/// Softmax of one row in float32, shifted by its maximum.
void softmax_of(std::span<const float> row, std::span<float> probabilities);

/// Index of the first maximum; NaN counts as smaller than everything.
int64_t first_maximum(std::span<const float> row);

/// The rule of every threshold: leaves (or is chosen) where score >= threshold in float32.
inline bool passes(float score, float threshold) { return score >= threshold; }

}  // namespace fovea
