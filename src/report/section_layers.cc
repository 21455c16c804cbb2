// Where the work of the network is.
#include <algorithm>
#include <cmath>

#include "report/sections.h"
#include "report/style.h"
#include "report/text.h"

namespace fovea::report {
namespace {

Figure figure_of(const Subject& subject, const std::string& name, const std::string& what,
                 double LayerFacts::*value, double factor) {
  const ModelFacts& model = subject.model;
  const int n_exits = static_cast<int>(model.costs.size());
  Chart chart{.title = what + " of every step of the network",
              .x = {.label = "step, in the order of execution", .whole = true, .tight = true},
              .y = {.label = what, .from_zero = true},
              .width = 880,
              .height = 230};
  std::vector<char> seen(static_cast<size_t>(n_exits), 0);
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const LayerFacts& layer = model.layers[i];
    const double y = layer.*value * factor;
    chart.bars.push_back({.from = static_cast<double>(i) + 0.05,
                          .to = static_cast<double>(i) + 0.95,
                          .y = y,
                          .colour = exit_class(layer.exit, n_exits),
                          .hint = layer.name + " (" + layer.op + "): " + shortest(y) + " " + what});
    seen[static_cast<size_t>(layer.exit)] = 1;
  }
  for (int e = 0; e < n_exits; ++e) {
    if (seen[static_cast<size_t>(e)] != 0) {
      chart.bar_legend.emplace_back("segment of exit " + std::to_string(e), exit_class(e, n_exits));
    }
  }
  return {.name = name, .svg = draw(chart), .wide = true};
}

std::string csv_of(const std::vector<LayerFacts>& layers) {
  Csv csv({"step", "name", "op", "kernel", "exit", "macs", "ms"});
  for (size_t i = 0; i < layers.size(); ++i) {
    const LayerFacts& layer = layers[i];
    csv.add({std::to_string(i), layer.name, layer.op, layer.kernel, std::to_string(layer.exit),
             shortest(layer.macs), shortest(layer.ms)});
  }
  return csv.text();
}

std::string layers_table(const std::vector<LayerFacts>& layers) {
  std::vector<std::vector<std::string>> rows;
  for (const LayerFacts& layer : layers) {
    rows.push_back({escaped(layer.name), escaped(layer.op), escaped(layer.kernel),
                    std::to_string(layer.exit), counted(layer.macs), fixed(1e3 * layer.ms, 1),
                    layer.ms > 0 && layer.macs > 0 ? fixed(2e-6 * layer.macs / layer.ms, 1) : ""});
  }
  return "<details><summary>All " + std::to_string(layers.size()) + " steps</summary>" +
         table({"step", "operator", "kernel", "exit", "multiply-adds", "µs", "GFLOP/s"}, rows, 3) +
         "</details>\n";
}

}  // namespace

Section layers_section(const Subject& subject) {
  const std::vector<LayerFacts>& layers = subject.model.layers;
  Section section{.id = "layers",
                  .title = "Cost per layer",
                  .lead =
                      "<p>A segment is what an exit needs and no earlier one did; a sample that "
                      "leaves never sees the segments behind.</p>\n",
                  .tail = layers_table(layers)};
  Figure macs =
      figure_of(subject, "layers-macs", "million multiply-adds a sample", &LayerFacts::macs, 1e-6);
  macs.caption = "Derived from the graph; point at a bar for its name.";
  macs.csv = csv_of(layers);
  section.figures.push_back(std::move(macs));
  const bool timed =
      std::any_of(layers.begin(), layers.end(), [](const auto& layer) { return layer.ms > 0; });
  if (timed) {
    Figure ms = figure_of(subject, "layers-time", "µs a sample", &LayerFacts::ms, 1e3);
    ms.csv = csv_of(layers);
    ms.caption = "Measured step by step on one thread with random inputs, best of many runs." +
                 origin(subject.setup.machine + ", 1 thread");
    section.figures.push_back(std::move(ms));
  }
  return section;
}

}  // namespace fovea::report
