// What a model says of itself: costs from its graph, accuracies from its training record.
#include "report/sections.h"
#include "report/text.h"

namespace fovea::report {
namespace {

constexpr double kMillion = 1e6;

/// Accuracies of the finished model, of the test data where they are known.
struct Recorded {
  std::string of;
  std::vector<double> top1;
};

Recorded recorded(const ModelFacts& model) {
  if (!model.training) return {};
  const TrainingFacts& training = *model.training;
  if (training.test_top1.size() == model.costs.size()) return {"test data", training.test_top1};
  if (training.val_top1.size() == model.costs.size()) {
    return {"held-out training data", training.val_top1};
  }
  return {};
}

std::string exits_table(const ModelFacts& model) {
  const auto cell = [&](const std::vector<double>& top1, size_t e) {
    return top1.size() == model.costs.size() ? fixed(top1[e], 2) : std::string("-");
  };
  const TrainingFacts training = model.training.value_or(TrainingFacts{});
  std::vector<std::vector<std::string>> rows;
  for (size_t e = 0; e < model.costs.size(); ++e) {
    const ExitCost& cost = model.costs[e];
    rows.push_back({std::to_string(e), counted(static_cast<double>(cost.macs)),
                    counted(static_cast<double>(cost.macs_needed)),
                    counted(static_cast<double>(cost.macs_single)),
                    counted(static_cast<double>(cost.params)), cell(training.test_top1, e),
                    cell(training.val_top1, e)});
  }
  return table({"exit", "multiply-adds", "asking all exits", "this exit alone", "parameters",
                "test top-1, %", "held-out top-1, %"},
               rows);
}

std::string training_words(const ModelFacts& model) {
  if (!model.training) return "The file has no training record.";
  const TrainingFacts& training = *model.training;
  std::string out = "Trained with seed " + escaped(training.seed) + " on " +
                    grouped(training.n_train) + " samples, " + grouped(training.n_val) +
                    " held out";
  if (training.n_test > 0) out += ", tested on " + grouped(training.n_test);
  if (!training.epochs.empty())
    out += "; " + grouped(static_cast<int64_t>(training.epochs.size())) + " epochs";
  return out + ".";
}

std::string text_of(const ModelFacts& model, const std::string& name) {
  std::string out;
  if (!name.empty()) out += "<h3>" + name + ": " + escaped(model.source) + "</h3>\n";
  return out + exits_table(model) + "<p class=\"note\">" + training_words(model) + "</p>\n";
}

void add_curve(Chart& chart, Csv& csv, const ModelFacts& model, Series series) {
  const Recorded accuracies = recorded(model);
  for (size_t e = 0; e < accuracies.top1.size(); ++e) {
    const double x = static_cast<double>(model.costs[e].macs_single) / kMillion;
    series.points.push_back({.x = x,
                             .y = accuracies.top1[e],
                             .hint = "exit " + std::to_string(e) + ": " +
                                     fixed(accuracies.top1[e], 2) + " %, " + shortest(x) +
                                     " million multiply-adds"});
    csv.add(
        {series.name, std::to_string(e), shortest(x), shortest(accuracies.top1[e]), accuracies.of});
  }
  if (series.points.empty()) return;
  series.points = sorted_by_x(std::move(series.points));
  series.name += ", " + accuracies.of;
  chart.series.push_back(std::move(series));
}

}  // namespace

Section costs_section(const Subject& subject) {
  const bool two = subject.other != nullptr;
  Section section{.id = "costs",
                  .title = "Exits and their costs",
                  .tail = text_of(subject.model, two ? "A" : "")};
  if (two) section.tail += text_of(*subject.other, "B");
  section.tail +=
      "<p class=\"note\">multiply-adds: all that stands before the exit; asking all exits: what is "
      "run of a sample that leaves here after every exit before was asked. Costs are derived from "
      "the graph, accuracies are those of the training record; --data measures.</p>\n";
  Chart chart{.title = "recorded accuracy of every exit against multiply-adds",
              .x = {.label = "million multiply-adds a sample, this exit alone", .tight = true},
              .y = {.label = "top-1 accuracy, %"}};
  Csv csv({"model", "exit", "million_macs", "top1", "of"});
  add_curve(chart, csv, subject.model, {.name = two ? "A" : "exits", .colour = "s0"});
  if (two) {
    add_curve(chart, csv, *subject.other, {.name = "B", .colour = "s1", .mark = Mark::kSquare});
  }
  if (!chart.series.empty()) {
    section.figures.push_back({.name = "costs",
                               .svg = draw(chart),
                               .caption = "Everybody leaves at one exit. Different data cannot be "
                                          "compared.",
                               .csv = csv.text()});
  }
  return section;
}

}  // namespace fovea::report
