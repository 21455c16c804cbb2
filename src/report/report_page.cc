// Puts the sections together.
#include "report/sections.h"
#include "report/text.h"

namespace fovea::report {
namespace {

std::string tile(const std::string& value, const std::string& what) {
  return "<div class=\"tile\"><b>" + value + "</b><span>" + what + "</span></div>\n";
}

/// The figures of one model; `whose` is empty or says which model's they are.
std::string tiles(const ModelFacts& model, const std::string& whose) {
  std::string out;
  if (!whose.empty())
    out += "<p class=\"sub\"><b>" + whose + "</b> " + escaped(model.source) + "</p>\n";
  out += "<div class=\"tiles\">\n";
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

std::string model_words(const ModelFacts& model) {
  return escaped(model.name) + ", " + std::to_string(model.costs.size()) +
         (model.costs.size() == 1 ? " exit, " : " exits, ") +
         counted(static_cast<double>(model.n_params)) + " parameters" +
         (model.data ? " · " + escaped(data_words(model)) : "");
}

std::string head_of(const Subject& subject) {
  const ModelFacts& model = subject.model;
  const bool two = subject.other != nullptr;
  std::string out = "<p class=\"sub\">" + (two ? "<b>A</b> " : std::string()) + model_words(model);
  if (two) out += "<br/><b>B</b> " + model_words(*subject.other);
  out += "<br/>" + escaped(machine_words(subject.setup)) + "</p>\n<p class=\"sub\"><code>" +
         escaped(subject.setup.command) + "</code></p>\n";
  if (model.data && !model.data->extent.empty()) {
    out += "<p><b>Not all of the data:</b> " + escaped(model.data->extent) +
           ". Everything below is of this part.</p>\n";
  }
  out += tiles(model, two ? "A" : "");
  if (two) out += tiles(*subject.other, "B");
  return out;
}

/// Sections of measured data, in the order of the page.
void add_measured(const Subject& subject, std::vector<Section>& sections) {
  const ModelFacts& model = subject.model;
  const bool two = subject.other != nullptr && subject.other->data;
  if (two) sections.push_back(compare_section(subject));
  const auto add = [&](Section section) {
    if (two) section.title += " (of A)";
    sections.push_back(std::move(section));
  };
  add(accuracy_section(subject));
  add(exits_section(subject));
  add(reliability_section(subject));
  add(pictures_section(subject));
  add(confusion_section(subject));
  if (model.data->shift) add(shift_section(model));
  if (two && subject.other->data->shift) {
    sections.push_back(shift_section(*subject.other, "-b"));
    sections.back().title += " (of B)";
  }
}

}  // namespace

Page report_page(const Subject& subject) {
  const ModelFacts& model = subject.model;
  const std::string of_a = subject.other != nullptr ? " (of A)" : "";
  Page page{.title = model.source + (subject.other ? " and " + subject.other->source : "")};
  page.head = head_of(subject);
  if (model.data) {
    add_measured(subject, page.sections);
  } else {
    page.sections.push_back(costs_section(subject));
  }
  const auto add = [&](Section section) {
    section.title += of_a;
    page.sections.push_back(std::move(section));
  };
  if (model.training && !model.training->epochs.empty()) add(training_section(subject));
  if (!model.layers.empty()) add(layers_section(subject));
  if (model.data) add(ledger_section(subject));
  page.sections.push_back(setup_section(subject));
  page.foot = "<p class=\"note\">Made by fovea " + escaped(subject.setup.version) +
              "; this file is complete and asks nothing from the network.</p>\n";
  return page;
}

}  // namespace fovea::report
