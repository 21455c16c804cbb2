// Puts the sections together.
#include "report/sections.h"
#include "report/text.h"

namespace fovea::report {
namespace {

std::string tile(const std::string& value, const std::string& what) {
  return "<div class=\"tile\"><b>" + value + "</b><span>" + what + "</span></div>\n";
}

std::string tiles(const ModelFacts& model) {
  std::string out = "<div class=\"tiles\">\n";
  if (!model.data) {
    out += tile(counted(static_cast<double>(model.costs.back().macs)), "multiply-adds");
    out += tile(counted(static_cast<double>(model.n_params)), "parameters");
    return out + tile(std::to_string(model.costs.size()), "exits") + "</div>\n";
  }
  const DataFacts& data = *model.data;
  const PolicyPoint& last = data.fixed.back();
  out += tile(fixed(data.chosen.top1(), 2) + " %", "top-1, adaptive");
  out += tile(fixed(last.top1(), 2) + " %", "top-1, last exit");
  out += tile(counted(data.chosen.macs), "multiply-adds, adaptive");
  out += tile(counted(last.macs), "multiply-adds, last exit");
  if (data.chosen.ms && last.ms) {
    out += tile(fixed(*data.chosen.ms, 3) + " ms", "a sample, adaptive");
    out += tile(fixed(*last.ms, 3) + " ms", "a sample, last exit");
  }
  return out + "</div>\n";
}

}  // namespace

Page report_page(const Subject& subject) {
  const ModelFacts& model = subject.model;
  Page page{.title = model.source + (subject.other ? " and " + subject.other->source : "")};
  page.head = "<p class=\"sub\">" + escaped(model.name) + ", " +
              std::to_string(model.costs.size()) + " exits, " +
              counted(static_cast<double>(model.n_params)) + " parameters" +
              (model.data ? " · " + escaped(data_words(model)) : "") + " · " +
              escaped(machine_words(subject.setup)) + "</p>\n<p class=\"sub\"><code>" +
              escaped(subject.setup.command) + "</code></p>\n" + tiles(model);
  if (model.data) page.sections.push_back(accuracy_section(subject));
  if (model.data && subject.other != nullptr && subject.other->data) {
    page.sections.push_back(compare_section(subject));
  }
  if (model.data) {
    page.sections.push_back(exits_section(subject));
    page.sections.push_back(reliability_section(subject));
    page.sections.push_back(pictures_section(subject));
    page.sections.push_back(confusion_section(subject));
    if (model.data->shift) page.sections.push_back(shift_section(subject));
  }
  if (model.training && !model.training->epochs.empty()) {
    page.sections.push_back(training_section(subject));
  }
  if (!model.layers.empty()) page.sections.push_back(layers_section(subject));
  if (model.data) page.sections.push_back(ledger_section(subject));
  page.sections.push_back(setup_section(subject));
  page.foot = "<p class=\"note\">Made by fovea " + escaped(subject.setup.version) +
              "; this file is complete and asks nothing from the network.</p>\n";
  return page;
}

}  // namespace fovea::report
