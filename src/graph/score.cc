#include "graph/score.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace fovea {

void softmax_of(std::span<const float> row, std::span<float> probabilities, float temperature) {
  const float scale = 1.0F / temperature;
  float top = -std::numeric_limits<float>::infinity();
  for (const float v : row) top = std::max(top, v);
  float sum = 0;
  for (size_t i = 0; i < row.size(); ++i) {
    probabilities[i] = std::exp((row[i] - top) * scale);
    sum += probabilities[i];
  }
  for (float& p : probabilities) p /= sum;
}

float score_of(Metric metric, std::span<const float> row, float temperature) {
  if (metric == Metric::kIdentity) return row[0];
  float top = -std::numeric_limits<float>::infinity();
  for (const float v : row) {
    if (std::isnan(v)) return v;
    top = std::max(top, v);
  }
  // Multiplying by 1 changes no bit.
  const float scale = 1.0F / temperature;
  float sum = 0;
  float weighted = 0;
  float second = -std::numeric_limits<float>::infinity();
  bool seen_top = false;
  for (const float v : row) {
    const float logit = (v - top) * scale;
    const float e = std::exp(logit);
    sum += e;
    weighted += e == 0 ? 0 : e * logit;
    if (v == top && !seen_top) {
      seen_top = true;
    } else {
      second = std::max(second, v);
    }
  }
  switch (metric) {
    case Metric::kMaxSoftmax:
      return 1.0F / sum;
    case Metric::kMargin:
      return row.size() < 2 ? 1.0F : (1.0F - std::exp((second - top) * scale)) / sum;
    case Metric::kNegEntropy:
      return row.size() < 2 ? 1.0F
                            : 1.0F - (std::log(sum) - weighted / sum) /
                                         std::log(static_cast<float>(row.size()));
    case Metric::kIdentity:
      break;
  }
  return row[0];
}

int64_t first_maximum(std::span<const float> row) {
  size_t best = 0;
  float top = -std::numeric_limits<float>::infinity();
  for (size_t i = 0; i < row.size(); ++i) {
    if (row[i] > top) {
      top = row[i];
      best = i;
    }
  }
  return static_cast<int64_t>(best);
}

}  // namespace fovea
