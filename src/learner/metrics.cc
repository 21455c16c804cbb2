#include "learner/metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace fovea {
namespace {

using nlohmann::ordered_json;

std::vector<double> divided(std::vector<double> values, double by, double factor = 1) {
  for (double& value : values) value = factor * value / by;
  return values;
}

ordered_json line_of(std::string_view kind, const Progress& progress, double rate) {
  return {{"kind", kind}, {"epoch", progress.epoch}, {"step", progress.total_steps}, {"lr", rate}};
}

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string list(const std::vector<double>& values) {
  std::string out;
  for (const double value : values) out += " " + fixed(value, 2);
  return out;
}

}  // namespace

std::string rate_text(double rate) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", rate);
  return text.data();
}

std::string place_in_training(const Progress& progress) {
  return "epoch " + std::to_string(progress.epoch + 1) + ", step " +
         std::to_string(progress.step + 1);
}

std::string step_line(const Progress& progress, const BatchReport& report, double rate,
                      double images_per_s) {
  ordered_json line = line_of("step", progress, rate);
  line["loss"] = report.loss;
  line["loss_per_exit"] = report.loss_per_exit;
  line["top1_per_exit"] =
      divided(report.correct_per_exit, static_cast<double>(report.samples), 100);
  line["images_per_s"] = images_per_s;
  return line.dump();
}

std::string epoch_line(const Progress& progress, const std::vector<double>& val_top1, double rate,
                       double images_per_s) {
  const EpochSums& sums = progress.sums;
  const auto n = static_cast<double>(std::max<int64_t>(1, sums.samples));
  ordered_json line = line_of("epoch", progress, rate);
  line["loss"] = sums.loss / n;
  line["loss_per_exit"] = divided(sums.loss_per_exit, n);
  line["top1_per_exit"] = divided(sums.correct_per_exit, n, 100);
  line["images_per_s"] = images_per_s;
  line["val_top1_per_exit"] = val_top1;
  return line.dump();
}

std::string progress_line(const Progress& progress, const ProgressFacts& facts) {
  const auto n = static_cast<double>(std::max<int64_t>(1, progress.sums.samples));
  const int64_t steps_left =
      (facts.epochs - progress.epoch) * facts.steps_per_epoch - progress.step;
  const double seconds =
      static_cast<double>(steps_left * facts.batch) / std::max(1e-9, facts.images_per_s);
  return "epoch " + std::to_string(progress.epoch + 1) + "/" + std::to_string(facts.epochs) +
         " step " + std::to_string(progress.step) + "/" + std::to_string(facts.steps_per_epoch) +
         " loss " + fixed(progress.sums.loss / n, 4) + " top-1 %" +
         list(divided(progress.sums.correct_per_exit, n, 100)) + " rate " + rate_text(facts.rate) +
         ", " + fixed(facts.images_per_s, 0) + " images/s, " + fixed(seconds / 60, 1) + " min left";
}

std::string epoch_note(const Progress& progress, const std::vector<double>& val_top1,
                       double images_per_s) {
  const EpochSums& sums = progress.sums;
  const auto n = static_cast<double>(std::max<int64_t>(1, sums.samples));
  return "epoch " + std::to_string(progress.epoch + 1) + " done: loss " + fixed(sums.loss / n, 4) +
         ", top-1 %" + list(divided(sums.correct_per_exit, n, 100)) + ", held out" +
         (val_top1.empty() ? " nothing" : list(val_top1)) + ", " + fixed(images_per_s, 0) +
         " images/s";
}

std::string record_json(const RecordFacts& facts, const Progress& progress) {
  ordered_json record{
      {"recipe", facts.recipe},
      {"seed", facts.seed},
      {"threads", facts.threads},
      {"processes", facts.processes},
      {"path", facts.path},
      {"instruction_set", facts.instruction_set},
      {"device", facts.device},
      {"data", facts.data_digest},
      {"init", facts.init ? ordered_json{{"file", facts.init->file}, {"sha256", facts.init->sha256}}
                          : ordered_json()},
      {"n_train", facts.n_train},
      {"n_val", facts.n_val},
      {"n_test", facts.n_test},
      {"epochs", progress.epoch},
      {"steps", progress.total_steps},
      {"seconds", std::round(progress.seconds)},
      {"val_top1_per_exit", facts.val_top1},
      {"test_top1_per_exit", facts.test_top1},
      {"first_losses", progress.first_losses}};
  record["log"] = ordered_json::array();
  for (const std::string& line : progress.epoch_lines) {
    record["log"].push_back(ordered_json::parse(line));
  }
  return record.dump();
}

}  // namespace fovea
