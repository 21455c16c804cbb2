// Accuracy and cost on corrupted pictures.
#include <algorithm>

#include "report/sections.h"
#include "report/text.h"

namespace fovea::report {
namespace {

constexpr double kMillion = 1e6;
constexpr double kSmallWidth = 330;
constexpr double kSmallHeight = 250;

/// One way to leave, in every row that measured it.
struct Way {
  std::string name;
  std::string colour;
  Mark mark;
  Line line;
  const AdaptiveReport* (*of)(const ShiftRow&);
};

std::vector<Way> ways_of(const ShiftReport& shift) {
  std::vector<Way> out{
      {"last exit", "s5", Mark::kDiamond, Line::kDashed,
       [](const ShiftRow& row) { return &row.last; }},
      {"policy", "s0", Mark::kCircle, Line::kSolid,
       [](const ShiftRow& row) { return &row.policy; }},
      {"under a cap", "s2", Mark::kTriangle, Line::kSolid,
       [](const ShiftRow& row) { return row.cap ? &*row.cap : nullptr; }},
      {"under control", "s1", Mark::kSquare, Line::kSolid,
       [](const ShiftRow& row) { return row.control ? &*row.control : nullptr; }},
  };
  std::erase_if(out, [&](const Way& way) { return way.of(shift.rows.front()) == nullptr; });
  return out;
}

using Value = double (*)(const AdaptiveReport&);

double top1_of(const AdaptiveReport& report) { return report.top1.value_or(0); }
double macs_of(const AdaptiveReport& report) { return report.mean_macs / kMillion; }

/// Rows of one kind, the pictures as they are first.
std::vector<const ShiftRow*> rows_of(const ShiftReport& shift, CorruptionKind kind) {
  std::vector<const ShiftRow*> out;
  for (const ShiftRow& row : shift.rows) {
    if (!row.corruption || row.corruption->kind == kind) out.push_back(&row);
  }
  return out;
}

/// A mean that is to be kept, drawn as a line.
struct Limit {
  std::string name;
  double macs;
};

std::optional<Limit> limit_of(const ShiftReport& shift) {
  const auto& control = shift.rows.front().control;
  if (control && control->control) {
    return Limit{"budget " + counted(control->control->budget), control->control->budget};
  }
  if (!shift.max_macs) return std::nullopt;
  const auto cap = static_cast<double>(*shift.max_macs);
  return Limit{"cap " + counted(cap), cap};
}

/// The range of a value over all kinds, so that the charts of one value can be compared.
std::pair<double, double> range_of(const ShiftReport& shift, Value value,
                                   const std::optional<Limit>& limit) {
  double low = value(shift.rows.front().last);
  double high = low;
  if (limit) {
    low = std::min(low, limit->macs / kMillion);
    high = std::max(high, limit->macs / kMillion);
  }
  for (const Way& way : ways_of(shift)) {
    for (const ShiftRow& row : shift.rows) {
      low = std::min(low, value(*way.of(row)));
      high = std::max(high, value(*way.of(row)));
    }
  }
  return {low, high};
}

/// What grows from strength 1 to 5.
std::string strength_words(CorruptionKind kind) {
  const std::string name(corruption_name(kind));
  return kind == CorruptionKind::kContrast ? "strength of the loss of contrast"
                                           : "strength of " + name;
}

/// What is drawn of every row.
struct Drawn {
  std::string name;
  std::string label;
  Value value;
  std::optional<Limit> limit;
};

Figure figure_of(const ModelFacts& model, const std::string& suffix, CorruptionKind kind,
                 const Drawn& drawn) {
  const ShiftReport& shift = *model.data->shift;
  const std::string kind_name(corruption_name(kind));
  const auto [low, high] = range_of(shift, drawn.value, drawn.limit);
  // Three stand beside each other: drawn small, their text stays as large as that of others.
  Chart chart{.title = drawn.label + " by " + strength_words(kind),
              .x = {.label = strength_words(kind), .whole = true},
              .y = {.label = drawn.label, .low = low, .high = high},
              .width = kSmallWidth,
              .height = kSmallHeight};
  if (drawn.limit) {
    const double y = drawn.limit->macs / kMillion;
    chart.series.push_back({.name = drawn.limit->name,
                            .colour = "quiet",
                            .mark = Mark::kNone,
                            .line = Line::kDashed,
                            .points = {{.x = 0, .y = y}, {.x = kMaxCorruption, .y = y}}});
  }
  Csv csv({"way", "strength", "top1", "macs"});
  for (const Way& way : ways_of(shift)) {
    Series series{.name = way.name, .colour = way.colour, .mark = way.mark, .line = way.line};
    for (const ShiftRow* row : rows_of(shift, kind)) {
      const int strength = row->corruption ? row->corruption->strength : 0;
      const AdaptiveReport& report = *way.of(*row);
      series.points.push_back({.x = static_cast<double>(strength),
                               .y = drawn.value(report),
                               .hint = way.name + ", " + kind_name + " " +
                                       std::to_string(strength) + ": " + fixed(top1_of(report), 2) +
                                       " %, " + counted(report.mean_macs) + " multiply-adds"});
      csv.add({way.name, std::to_string(strength), shortest(top1_of(report)),
               shortest(report.mean_macs)});
    }
    chart.series.push_back(std::move(series));
  }
  return {.name = "shift-" + drawn.name + "-" + kind_name + suffix,
          .svg = draw(chart),
          .caption = "Strength 0: the pictures as they are." + origin(data_words(model)),
          .csv = csv.text()};
}

std::string table_of(const ShiftReport& shift) {
  const std::vector<Way> ways = ways_of(shift);
  std::vector<std::string> heads{"pictures"};
  for (const Way& way : ways) {
    heads.push_back(way.name + ", %");
    heads.emplace_back("Mmacs");
  }
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const std::string& name, const ShiftRow& row) {
    rows.push_back({name});
    for (const Way& way : ways) {
      const AdaptiveReport& report = *way.of(row);
      rows.back().push_back(fixed(top1_of(report), 2));
      rows.back().push_back(fixed(macs_of(report), 2));
    }
  };
  for (const ShiftRow& row : shift.rows) {
    add(row.corruption ? row.corruption->text() : "as they are", row);
  }
  add("one after the other", shift.sequence);
  return table(heads, rows) + "<p class=\"note\">Mmacs: million multiply-adds a sample.</p>\n";
}

/// Says what the ways are, of those that are drawn.
std::string lead_of(const ModelFacts& model) {
  const ShiftReport& shift = *model.data->shift;
  std::string out = "<p>Noise, blur and loss of contrast at five strengths. <i>Policy</i> is " +
                    escaped(model.data->chosen.name) + ", its thresholds fixed";
  if (shift.max_macs) {
    out += "; <i>under a cap</i> no sample costs more than " +
           counted(static_cast<double>(*shift.max_macs)) + " multiply-adds";
  }
  const auto& control = shift.rows.front().control;
  if (control && control->control) {
    out +=
        "; <i>under control</i> thresholds follow what was spent, so that the mean keeps the "
        "budget of " +
        counted(control->control->budget) + " multiply-adds";
  }
  return out + ". All are judged on the same recorded scores.</p>\n";
}

}  // namespace

Section shift_section(const ModelFacts& model, const std::string& suffix) {
  const ShiftReport& shift = *model.data->shift;
  Section section{.id = "shift" + suffix,
                  .title = "Pictures of another kind",
                  .lead = lead_of(model),
                  .small_figures = true,
                  .tail = table_of(shift)};
  for (const Drawn& drawn :
       {Drawn{"accuracy", "top-1 accuracy, %", top1_of, {}},
        Drawn{"cost", "million multiply-adds a sample", macs_of, limit_of(shift)}}) {
    for (const CorruptionKind kind : kCorruptionKinds) {
      section.figures.push_back(figure_of(model, suffix, kind, drawn));
    }
  }
  return section;
}

}  // namespace fovea::report
