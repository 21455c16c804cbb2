// Temperature scaling: one number per exit that makes its softmax say how often it is right.
// Source: Guo et al., 2017; specs/survey.md 3.2.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "calibrate/record.h"
#include "calibrate/scores.h"
#include "fovea/error.h"

namespace fovea {

/// Mean negative log-likelihood of the classes of `samples` at an exit, in nats, with its logits
/// divided by `temperature`. The samples' classes must be known; at least one sample.
[[nodiscard]] double mean_nll(const Scores& scores, int exit, std::span<const int64_t> samples,
                              double temperature);

/// The temperature in [0.05, 20] that minimises mean_nll, to a thousandth: the loss is convex in
/// 1/temperature. 1 where there is no sample.
[[nodiscard]] double fitted_temperature(const Scores& scores, int exit,
                                        std::span<const int64_t> samples);

/// Expected calibration error in [0, 1]: the mean over 15 bins of equal width, weighted by their
/// samples, of |accuracy - mean largest softmax value|. 0 where there is no sample.
[[nodiscard]] double calibration_error(const Scores& scores, int exit,
                                       std::span<const int64_t> samples, double temperature);

/// How well an exit's confidence says how often it is right, before and after a fit.
struct TemperatureFit {
  double temperature = 1;
  /// On the certifying half, with the scores' temperature and with the fitted one.
  struct Judged {
    double error = 0;  ///< calibration_error
    double nll = 0;    ///< mean_nll
  };
  Judged before;
  Judged after;
};
/// Fits every exit on the selecting half and judges it on the certifying one, or on the selecting
/// half where that is empty.
[[nodiscard]] std::vector<TemperatureFit> fit_temperatures(const Scores& scores,
                                                           const Halves& halves);

/// The graph with these scorings at its exits, one each. Throws Error (kUsage) for another number
/// of them; thresholds of the network's policies then mean something else.
[[nodiscard]] Graph with_scoring(const Graph& graph, std::span<const Scoring> scoring);

}  // namespace fovea
