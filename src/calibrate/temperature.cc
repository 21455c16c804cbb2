#include "calibrate/temperature.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace fovea {
namespace {

constexpr double kLowest = 0.05;
constexpr double kHighest = 20;

/// Log-likelihood of a class and the largest softmax value of one row.
struct RowSoftmax {
  double log_likelihood = 0;
  double largest = 0;
};

RowSoftmax softmax_at(std::span<const float> row, int64_t label, double temperature) {
  const double top = static_cast<double>(*std::max_element(row.begin(), row.end()));
  double sum = 0;
  for (const float v : row) sum += std::exp((static_cast<double>(v) - top) / temperature);
  const double of_label = static_cast<double>(row[static_cast<size_t>(label)]);
  return {.log_likelihood = (of_label - top) / temperature - std::log(sum), .largest = 1 / sum};
}

bool is_finite(std::span<const float> row) {
  return std::all_of(row.begin(), row.end(), [](float v) { return std::isfinite(v); });
}

/// Rows that a softmax can be made of: one that is not finite says nothing about temperature.
template <typename Visit>
void for_each_row(const Scores& scores, int exit, std::span<const int64_t> samples, Visit visit) {
  for (const int64_t i : samples) {
    const auto row = scores.row(exit, i);
    if (is_finite(row)) visit(row, scores.labels[static_cast<size_t>(i)]);
  }
}

}  // namespace

double mean_nll(const Scores& scores, int exit, std::span<const int64_t> samples,
                double temperature) {
  double sum = 0;
  int64_t n = 0;
  for_each_row(scores, exit, samples, [&](std::span<const float> row, int64_t label) {
    sum -= softmax_at(row, label, temperature).log_likelihood;
    ++n;
  });
  return n == 0 ? 0 : sum / static_cast<double>(n);
}

double fitted_temperature(const Scores& scores, int exit, std::span<const int64_t> samples) {
  if (samples.empty()) return 1;
  const double golden = 0.5 * (std::sqrt(5.0) - 1);
  const auto loss = [&](double log_t) { return mean_nll(scores, exit, samples, std::exp(log_t)); };
  double low = std::log(kLowest);
  double high = std::log(kHighest);
  double left = high - golden * (high - low);
  double right = low + golden * (high - low);
  double at_left = loss(left);
  double at_right = loss(right);
  constexpr double kPrecision = 1e-4;
  while (high - low > kPrecision) {
    if (at_left <= at_right) {
      high = right;
      right = left;
      at_right = at_left;
      left = high - golden * (high - low);
      at_left = loss(left);
    } else {
      low = left;
      left = right;
      at_left = at_right;
      right = low + golden * (high - low);
      at_right = loss(right);
    }
  }
  // More digits would say nothing, and graphs are read by people.
  constexpr double kThousand = 1000;
  return std::round(kThousand * std::exp(0.5 * (low + high))) / kThousand;
}

double calibration_error(const Scores& scores, int exit, std::span<const int64_t> samples,
                         double temperature) {
  constexpr size_t kBins = 15;
  struct Bin {
    double confidence = 0;
    double right = 0;
  };
  std::array<Bin, kBins> bins{};
  int64_t n = 0;
  for_each_row(scores, exit, samples, [&](std::span<const float> row, int64_t label) {
    const double confidence = softmax_at(row, label, temperature).largest;
    const auto place = static_cast<size_t>(confidence * static_cast<double>(kBins));
    Bin& bin = bins[std::min(place, kBins - 1)];
    bin.confidence += confidence;
    if (first_maximum(row) == label) bin.right += 1;
    ++n;
  });
  double sum = 0;
  for (const Bin& bin : bins) sum += std::abs(bin.confidence - bin.right);
  return n == 0 ? 0 : sum / static_cast<double>(n);
}

std::vector<TemperatureFit> fit_temperatures(const Scores& scores, const Halves& halves) {
  const std::vector<int64_t>& judges = halves.certify.empty() ? halves.select : halves.certify;
  std::vector<TemperatureFit> out;
  for (int exit = 0; exit < scores.n_exits(); ++exit) {
    const auto e = static_cast<size_t>(exit);
    const Scoring now = scores.scoring.empty() ? Scoring{} : scores.scoring[e];
    const double fitted = fitted_temperature(scores, exit, halves.select);
    const auto before = static_cast<double>(now.temperature);
    const auto judged = [&](double temperature) -> TemperatureFit::Judged {
      return {.error = calibration_error(scores, exit, judges, temperature),
              .nll = mean_nll(scores, exit, judges, temperature)};
    };
    out.push_back({.temperature = fitted, .before = judged(before), .after = judged(fitted)});
  }
  return out;
}

Graph with_scoring(const Graph& graph, std::span<const Scoring> scoring) {
  if (scoring.size() != static_cast<size_t>(graph.n_exits())) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "scorings and exits differ in number",
                 .where = "network '" + graph.name() + "'",
                 .expected = std::to_string(graph.n_exits()),
                 .found = std::to_string(scoring.size())});
  }
  Block main = graph.main();
  for (size_t e = 0; e < scoring.size(); ++e) {
    AttributesPtr& attributes = main.nodes[static_cast<size_t>(graph.exits()[e])].attributes;
    const auto set = [&attributes](std::string_view field, const std::string& text) {
      attributes = attributes->type().with_field(*attributes, field, text).value();
    };
    set("metric", attribute_text(scoring[e].metric));
    set("temperature", attribute_text(static_cast<double>(scoring[e].temperature)));
  }
  return {graph.name(), std::move(main), graph.params(), graph.taps()};
}

}  // namespace fovea
