// How the weights came about.
#include "report/sections.h"
#include "report/style.h"
#include "report/text.h"

namespace fovea::report {
namespace {

using PerExit = std::vector<double> EpochFacts::*;

void add_lines(Chart& chart, const TrainingFacts& training, PerExit values, Line line, bool named) {
  size_t n_exits = 0;
  for (const EpochFacts& epoch : training.epochs)
    n_exits = std::max(n_exits, (epoch.*values).size());
  for (size_t e = 0; e < n_exits; ++e) {
    Series series{.name = named ? "exit " + std::to_string(e) : "",
                  .colour = exit_class(static_cast<int>(e), static_cast<int>(n_exits)),
                  .mark = Mark::kNone,
                  .line = line};
    for (const EpochFacts& epoch : training.epochs) {
      if (e >= (epoch.*values).size()) continue;
      series.points.push_back({.x = epoch.epoch, .y = (epoch.*values)[e]});
    }
    chart.series.push_back(std::move(series));
  }
}

std::string csv_of(const TrainingFacts& training) {
  Csv csv({"epoch", "lr", "exit", "loss", "train_top1", "val_top1"});
  for (const EpochFacts& epoch : training.epochs) {
    for (size_t e = 0; e < epoch.loss_per_exit.size(); ++e) {
      const auto field = [e](const std::vector<double>& values) {
        return e < values.size() ? shortest(values[e]) : std::string();
      };
      csv.add({shortest(epoch.epoch), shortest(epoch.rate), std::to_string(e),
               field(epoch.loss_per_exit), field(epoch.train_top1), field(epoch.val_top1)});
    }
  }
  return csv.text();
}

}  // namespace

Section training_section(const Subject& subject) {
  const TrainingFacts& training = *subject.model.training;
  Section section{.id = "training", .title = "Training"};
  const std::string where = "From " + training.source + ", seed " + training.seed + ", " +
                            grouped(training.n_train) + " training and " + grouped(training.n_val) +
                            " held-out samples";
  Chart loss{.title = "training loss per exit",
             .x = {.label = "epoch", .whole = true, .tight = true},
             .y = {.label = "cross-entropy in training"}};
  add_lines(loss, training, &EpochFacts::loss_per_exit, Line::kSolid, true);
  section.figures.push_back({.name = "training-loss",
                             .svg = draw(loss),
                             .caption = "Mean loss of an epoch." + origin(where),
                             .csv = csv_of(training)});
  Chart top1{.title = "accuracy per exit in training",
             .x = {.label = "epoch", .whole = true, .tight = true},
             .y = {.label = "top-1 accuracy, %"}};
  add_lines(top1, training, &EpochFacts::val_top1, Line::kSolid, true);
  add_lines(top1, training, &EpochFacts::train_top1, Line::kDashed, false);
  section.figures.push_back(
      {.name = "training-accuracy",
       .svg = draw(top1),
       .caption = "Held-out samples after each epoch (solid), training samples "
                  "during it (dashed)." +
                  origin(where),
       .csv = csv_of(training)});
  return section;
}

}  // namespace fovea::report
