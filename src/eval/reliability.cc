#include "eval/reliability.h"

#include <algorithm>
#include <cmath>

#include "graph/score.h"

namespace fovea {

Reliability reliability(const Scores& scores, int exit, int n_bins) {
  FOVEA_CHECK(n_bins >= 1);
  Reliability out;
  out.bins.resize(static_cast<size_t>(n_bins));
  for (int b = 0; b < n_bins; ++b) {
    auto& bin = out.bins[static_cast<size_t>(b)];
    bin.low = static_cast<double>(b) / n_bins;
    bin.high = static_cast<double>(b + 1) / n_bins;
  }
  const float temperature =
      scores.scoring.empty() ? 1 : scores.scoring[static_cast<size_t>(exit)].temperature;
  for (int64_t i = 0; i < scores.n(); ++i) {
    const int64_t label = scores.labels[static_cast<size_t>(i)];
    if (label < 0) continue;
    const auto row = scores.row(exit, i);
    float confidence = scores.form == ScoreForm::kProbabilities
                           ? row[static_cast<size_t>(first_maximum(row))]
                           : score_of(Metric::kMaxSoftmax, row, temperature);
    if (!(confidence >= 0)) confidence = 0;
    const int b = std::min(n_bins - 1, static_cast<int>(static_cast<double>(confidence) * n_bins));
    auto& bin = out.bins[static_cast<size_t>(b)];
    ++bin.n;
    ++out.n;
    bin.mean_confidence += static_cast<double>(confidence);
    if (first_maximum(row) == label) ++bin.correct;
  }
  for (ReliabilityBin& bin : out.bins) {
    if (bin.n == 0) continue;
    const auto n = static_cast<double>(bin.n);
    bin.mean_confidence /= n;
    const double gap = std::abs(static_cast<double>(bin.correct) / n - bin.mean_confidence);
    out.ece += n / static_cast<double>(out.n) * gap;
  }
  return out;
}

}  // namespace fovea
