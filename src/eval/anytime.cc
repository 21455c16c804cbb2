#include "eval/anytime.h"

#include <cmath>
#include <limits>

namespace fovea {

std::optional<double> percent(int64_t part, int64_t whole) {
  if (whole == 0) return std::nullopt;
  return 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::optional<double> ExitAccuracy::top1_percent() const { return percent(top1, n); }
std::optional<double> ExitAccuracy::top5_percent() const { return percent(top5, n); }

int64_t rank_of(std::span<const float> row, int64_t label) {
  const auto ordered = [](float v) {
    return std::isnan(v) ? -std::numeric_limits<float>::infinity() : v;
  };
  const auto own_place = static_cast<size_t>(label);
  const float own = ordered(row[own_place]);
  int64_t rank = 0;
  for (size_t c = 0; c < row.size(); ++c) {
    const float other = ordered(row[c]);
    if (other > own || (other == own && c < own_place)) ++rank;
  }
  return rank;
}

std::vector<ExitAccuracy> anytime_accuracy(const Scores& scores) {
  constexpr int64_t kTop = 5;
  std::vector<ExitAccuracy> out(static_cast<size_t>(scores.n_exits()));
  for (int exit = 0; exit < scores.n_exits(); ++exit) {
    ExitAccuracy& accuracy = out[static_cast<size_t>(exit)];
    for (int64_t sample = 0; sample < scores.n(); ++sample) {
      const int64_t label = scores.labels[static_cast<size_t>(sample)];
      if (label < 0) continue;
      const int64_t rank = rank_of(scores.row(exit, sample), label);
      ++accuracy.n;
      accuracy.top1 += rank == 0 ? 1 : 0;
      accuracy.top5 += rank < kTop ? 1 : 0;
    }
  }
  return out;
}

}  // namespace fovea
