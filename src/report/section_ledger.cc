// Where the time went.
#include <algorithm>

#include "report/sections.h"
#include "report/stacked.h"
#include "report/style.h"
#include "report/text.h"

namespace fovea::report {
namespace {

constexpr const char* kWholeNetwork = "whole network";

/// Parts of the pass at the last exit. Nobody is asked before it, so the network runs in one piece:
/// it is no segment in the sense of the adaptive pass.
std::vector<std::pair<std::string, double>> parts_of_last(const Ledger& ledger) {
  auto parts = ledger.parts();
  const auto is_segment = [](const auto& part) { return part.first.starts_with("segment "); };
  if (std::count_if(parts.begin(), parts.end(), is_segment) == 1) {
    std::find_if(parts.begin(), parts.end(), is_segment)->first = kWholeNetwork;
  }
  return parts;
}

std::string colour_of(const std::string& part, int n_exits) {
  if (part.starts_with("segment ")) return exit_class(std::stoi(part.substr(8)), n_exits);
  if (part == "decode") return "s3";
  if (part == "transform") return "s4";
  if (part == "network" || part == kWholeNetwork) return "x8";
  if (part == "input") return "s2";
  if (part == "decision") return "bad";
  if (part == "waiting") return "s5";
  return "quiet";
}

}  // namespace

Section ledger_section(const Subject& subject) {
  const DataFacts& data = *subject.model.data;
  const int n_exits = static_cast<int>(data.exits.size());
  const auto n = static_cast<double>(data.scores.n());
  StackedChart chart{.title = "where the wall time of a sample went", .unit = "µs a sample"};
  // Both passes have the parts of either, in one order.
  std::vector<std::string> names;
  struct Pass {
    std::string name;
    const Ledger& ledger;
    std::vector<std::pair<std::string, double>> parts;
  };
  std::vector<Pass> passes{{"last exit", data.full_ledger, parts_of_last(data.full_ledger)},
                           {"adaptive", data.adaptive_ledger, data.adaptive_ledger.parts()}};
  const auto position = [&](const std::string& name) {
    size_t at = 0;
    while (at < names.size() && names[at] != name) ++at;
    return at;
  };
  for (const Pass& pass : passes) {
    size_t at = 0;
    for (const auto& [name, ms] : pass.parts) {
      const size_t found = position(name);
      if (found == names.size()) {
        names.insert(names.begin() + static_cast<std::ptrdiff_t>(at), name);
        ++at;
      } else {
        at = found + 1;
      }
    }
  }
  names.emplace_back("other");
  for (const std::string& name : names) chart.legend.emplace_back(name, colour_of(name, n_exits));
  Csv csv({"pass", "part", "ms", "share"});
  std::vector<std::vector<std::string>> rows(names.size());
  for (size_t p = 0; p < names.size(); ++p) rows[p].push_back(names[p]);
  for (Pass& pass : passes) {
    StackedRow row{.name = pass.name,
                   .parts = std::vector<double>(names.size(), 0.0),
                   .total = fixed(1e3 * pass.ledger.wall_ms / n, 1) + " µs"};
    pass.parts.emplace_back("other", pass.ledger.other_ms());
    std::vector<double> of_name(names.size(), 0.0);
    for (const auto& [name, ms] : pass.parts) of_name[position(name)] = ms;
    for (size_t p = 0; p < names.size(); ++p) {
      row.parts[p] = 1e3 * of_name[p] / n;
      const double share = 100 * of_name[p] / pass.ledger.wall_ms;
      csv.add({pass.name, names[p], shortest(of_name[p]), shortest(share)});
      rows[p].push_back(fixed(row.parts[p], 2));
      rows[p].push_back(fixed(share, 2));
    }
    chart.rows.push_back(std::move(row));
  }
  Section section{.id = "ledger",
                  .title = "Ledger of time",
                  .lead =
                      "<p>Wall time of a pass over all samples: everybody at the last exit, and "
                      "under this report's policy. Each part has clock reads of its own; "
                      "<i>other</i> is what they leave unexplained. Times of threads side by "
                      "side are divided by their number.</p>\n"};
  section.figures.push_back(
      {.name = "ledger",
       .svg = draw(chart),
       .caption = "One pass each." +
                  origin(data_words(subject.model) + " · " + machine_words(subject.setup)),
       .csv = csv.text()});
  section.beside = table({"part", "last exit, µs", "%", "adaptive, µs", "%"}, rows);
  return section;
}

}  // namespace fovea::report
