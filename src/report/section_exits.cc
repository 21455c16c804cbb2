// What every exit is worth, and who leaves where.
#include <algorithm>
#include <numeric>

#include "report/sections.h"
#include "report/stacked.h"
#include "report/style.h"
#include "report/text.h"

namespace fovea::report {
namespace {

constexpr size_t kMostRows = 40;

std::string exits_table(const DataFacts& data) {
  std::vector<std::vector<std::string>> rows;
  const int n_exits = static_cast<int>(data.exits.size());
  for (int e = 0; e < n_exits; ++e) {
    const auto i = static_cast<size_t>(e);
    const ExitFacts& exit = data.exits[i];
    const auto top5 = exit.accuracy.top5_percent();
    rows.push_back({"<span class=\"key\" style=\"background:var(--" + exit_class(e, n_exits) +
                        ")\"></span>" + std::to_string(e),
                    with_interval(exit.accuracy.top1, exit.accuracy.n),
                    top5 ? fixed(*top5, 2) : "-", counted(static_cast<double>(exit.cost.macs)),
                    counted(static_cast<double>(exit.cost.macs_single)),
                    counted(static_cast<double>(exit.cost.params)),
                    data.fixed[i].ms ? fixed(*data.fixed[i].ms, 3) : "-",
                    fixed(100 * exit.reliability.ece, 2), grouped(data.chosen.counts[i])});
  }
  return table({"exit", "top-1, %", "top-5, %", "multiply-adds", "this exit alone", "parameters",
                "ms alone", "ECE, %", "leave here"},
               rows);
}

/// Shares of samples that leave at each exit: all of them, then by class, early leavers first.
Figure histogram(const Subject& subject) {
  const DataFacts& data = *subject.model.data;
  const size_t n_exits = data.exits.size();
  const auto n_classes = static_cast<size_t>(data.scores.n_classes());
  std::vector<std::vector<int64_t>> counts(n_classes, std::vector<int64_t>(n_exits, 0));
  for (size_t i = 0; i < data.scores.labels.size(); ++i) {
    const int64_t label = data.scores.labels[i];
    if (label >= 0) {
      ++counts[static_cast<size_t>(label)][static_cast<size_t>(data.adaptive.exits[i])];
    }
  }
  const auto sum = [](const std::vector<int64_t>& row) {
    return std::accumulate(row.begin(), row.end(), int64_t{0});
  };
  const auto mean_exit = [&](size_t label) {
    double mean = 0;
    for (size_t e = 0; e < n_exits; ++e) {
      mean += static_cast<double>(e) * static_cast<double>(counts[label][e]);
    }
    return mean / static_cast<double>(sum(counts[label]));
  };
  std::vector<size_t> order;
  for (size_t label = 0; label < n_classes; ++label) {
    if (sum(counts[label]) > 0) order.push_back(label);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return mean_exit(a) < mean_exit(b); });
  StackedChart chart{.title = "share of samples that leave at each exit, by class",
                     .unit = "% of the samples",
                     .share = true};
  std::vector<std::string> heads{"class", "n"};
  for (size_t e = 0; e < n_exits; ++e) {
    chart.legend.emplace_back("exit " + std::to_string(e),
                              exit_class(static_cast<int>(e), static_cast<int>(n_exits)));
    heads.push_back("exit " + std::to_string(e));
  }
  Csv csv(heads);
  const auto add = [&](const std::string& name, const std::vector<int64_t>& row, bool drawn) {
    StackedRow bar{.name = name};
    std::vector<std::string> fields{name, std::to_string(sum(row))};
    for (const int64_t count : row) {
      bar.parts.push_back(100.0 * static_cast<double>(count) / static_cast<double>(sum(row)));
      fields.push_back(std::to_string(count));
    }
    csv.add(fields);
    if (drawn) chart.rows.push_back(std::move(bar));
  };
  add("all", data.adaptive.counts, true);
  for (size_t k = 0; k < order.size(); ++k) {
    const bool drawn =
        order.size() <= kMostRows || k < kMostRows / 2 || k + kMostRows / 2 >= order.size();
    add(label_of(subject.model, static_cast<int64_t>(order[k])), counts[order[k]], drawn);
  }
  std::string caption =
      "Under " + escaped(data.chosen.name) + ". Classes whose samples leave early stand above.";
  if (order.size() > kMostRows) {
    caption += " The earliest and the latest " + std::to_string(kMostRows / 2) + " of " +
               std::to_string(order.size()) + " classes.";
  }
  return {.name = "exits-by-class",
          .svg = draw(chart),
          .caption = caption + origin(data_words(subject.model)),
          .csv = csv.text()};
}

/// Of the samples that leave at an exit: was it right to let them go?
Figure verdicts(const Subject& subject) {
  const DataFacts& data = *subject.model.data;
  const int last = data.table.n_exits - 1;
  StackedChart chart{.title = "answers at the exit taken and at the last exit",
                     .legend = {{"right at both", "good"},
                                {"right only here", "s0"},
                                {"right only at the last exit", "bad"},
                                {"wrong at both", "quiet"}},
                     .unit = "samples that leave here"};
  Csv csv({"exit", "right_at_both", "right_only_here", "right_only_at_last", "wrong_at_both"});
  for (int e = 0; e <= last; ++e) {
    std::vector<double> parts(4, 0.0);
    for (int64_t i = 0; i < data.scores.n(); ++i) {
      const auto place = static_cast<size_t>(i);
      const int64_t label = data.scores.labels[place];
      if (label < 0 || data.adaptive.exits[place] != e) continue;
      const bool here = data.table.answer_at(e, i) == label;
      const bool there = data.table.answer_at(last, i) == label;
      ++parts[here ? (there ? 0 : 1) : (there ? 2 : 3)];
    }
    csv.add({std::to_string(e), shortest(parts[0]), shortest(parts[1]), shortest(parts[2]),
             shortest(parts[3])});
    std::string total;
    if (std::accumulate(parts.begin(), parts.end(), 0.0) == 0) {
      total = "nobody";
    } else if (e < last) {
      total = "+" + grouped(static_cast<int64_t>(parts[1])) + " −" +
              grouped(static_cast<int64_t>(parts[2]));
    }
    chart.rows.push_back(
        {.name = "exit " + std::to_string(e), .parts = std::move(parts), .total = total});
  }
  return {.name = "exits-verdicts",
          .svg = draw(chart),
          .caption =
              "Under " + escaped(data.chosen.name) +
              ". + counts samples that only this exit answers rightly, − those that only the last "
              "exit would have: deeper is not always better." +
              origin(data_words(subject.model)),
          .csv = csv.text()};
}

}  // namespace

Section exits_section(const Subject& subject) {
  Section section{
      .id = "exits",
      .title = "Exits",
      .lead = exits_table(*subject.model.data) +
              "<p class=\"note\">multiply-adds: all that stands before the exit; [low, high]: "
              "95 % interval (Wilson); ECE: expected calibration error, 15 bins; "
              "leave here: samples under this report's policy.</p>\n"};
  section.figures.push_back(histogram(subject));
  section.figures.push_back(verdicts(subject));
  return section;
}

}  // namespace fovea::report
