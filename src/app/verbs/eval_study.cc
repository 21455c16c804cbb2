#include "app/verbs/eval_study.h"

#include <algorithm>
#include <array>
#include <optional>

#include "app/asked_policy.h"
#include "app/data_argument.h"
#include "app/execution.h"
#include "app/output.h"
#include "app/table.h"
#include "app/timed.h"
#include "base/file.h"
#include "data/codecs/archive.h"
#include "data/core/find.h"
#include "eval/references.h"
#include "eval/study.h"
#include "graph/cost.h"
#include "report/study_chart.h"

namespace fovea::app {
namespace {

constexpr int64_t kUsualBatch = 64;
constexpr uint64_t kMaxBoxBytes = uint64_t{1} << 28;
constexpr std::array<std::string_view, 4> kStudies{"--budgeted", "--baseline", "--boxes", "--svg"};

std::string per_cent(const std::optional<double>& value) { return value ? fixed(*value, 2) : "-"; }

/// The list of boxes: a file, or the file of that name inside the archive that the data is.
std::string box_text(const Arguments& arguments, const std::string& file) {
  const Result<std::string> there = read_file(file, kMaxBoxBytes);
  if (there.ok()) return there.value();
  const Result<DataPlace> place =
      find_data(arguments.needed("--data"), arguments.value_or("--split", ""), find_options());
  if (!place.ok() || place.value().kind != PlaceKind::kArchive) throw Error(there.error());
  std::optional<std::string> text;
  const Result<ArchiveSummary> read = read_archive(
      place.value().path,
      [&](std::string_view path) { return !text && (path == file || path.ends_with("/" + file)); },
      [&](std::string_view, std::string_view bytes) { text = bytes; },
      {.max_file_bytes = kMaxBoxBytes});
  if (!read.ok()) throw Error(read.error());
  if (text) return *text;
  throw Error({.kind = ErrorKind::kBadInput,
               .what = "no such list of boxes",
               .where = shown_path(file),
               .expected = "a file, or a file of that name in " + shown_path(place.value().path)});
}

/// What all parts of a study share.
struct Bench {
  Context& context;
  const Arguments& arguments;
  Execution execution;
  int64_t batch;
  bool executed;  ///< --mode asks for runs

  [[nodiscard]] Scores record(Executor& executor, const InputSource& source) const {
    Progress progress(context.console, "recorded");
    return record_scores(executor, source, {.batch = batch, .progress = progress.callback()})
        .value();
  }
};

/// What every exit gives, and what it is measured against.
Study exits_of(const Scores& scores, const Graph& graph) {
  Study study{.n = scores.n(), .accuracies = anytime_accuracy(scores)};
  study.anytime = anytime_curve(study.accuracies, graph);
  study.oracle = oracle_points(scores, graph);
  study.baselines = exits_as_static(study.accuracies, graph);
  return study;
}

/// A network of one answer, or the last exit of one with several.
CostPoint baseline(const Bench& bench, const std::string& file) {
  Network network{.model = load_model(file).value(), .source = shown_path(file), .file = file};
  const auto source = source_from(bench.arguments, network, bench.context.console);
  const auto executor = make_executor(bench.context, network, bench.execution);
  const Scores scores = bench.record(*executor, *source);
  const int last = network.graph().n_exits() - 1;
  const ExitAccuracy accuracy = anytime_accuracy(scores).back();
  CostPoint point{.name = network.source,
                  .macs = static_cast<double>(exit_costs(network.graph()).back().macs_single),
                  .top1 = accuracy.top1_percent(),
                  .top5 = accuracy.top5_percent()};
  if (bench.executed) {
    point.ms =
        evaluate_executed(*executor, *source, {.exit = last}, {.batch = bench.batch}).value().ms;
  }
  return point;
}

std::string points_text(std::string_view heading, const std::vector<CostPoint>& points) {
  Table table({{heading, Table::Align::kLeft}, {"Mmacs"}, {"top-1 %"}, {"top-5 %"}, {"ms"}});
  for (const CostPoint& point : points) {
    table.add({point.name, millions(point.macs), per_cent(point.top1), per_cent(point.top5),
               point.ms ? fixed(*point.ms, 3) : "-"});
  }
  return table.text();
}

std::string budgeted_text(const Study& study) {
  Table table({{"policy", Table::Align::kLeft},
               {"judged %"},
               {"Mmacs"},
               {"coin %"},
               {"executed %"},
               {"Mmacs"},
               {"ms"},
               {"leave at each exit", Table::Align::kLeft}});
  for (size_t i = 0; i < study.budgeted->rows.size(); ++i) {
    const BudgetedRow& row = study.budgeted->rows[i];
    const bool ran = i < study.executed.size();
    std::string counts;
    for (const int64_t count : ran ? study.executed[i].counts : row.test.counts) {
      counts += std::to_string(count) + " ";
    }
    table.add({row.point.name, per_cent(percent(row.test.correct, study.n)),
               millions(static_cast<double>(row.test.cost)),
               per_cent(random_top1(row.test.counts, study.accuracies)),
               ran ? per_cent(study.executed[i].top1) : "-",
               ran ? millions(study.executed[i].mean_macs) : "-",
               ran && study.executed[i].ms ? fixed(*study.executed[i].ms, 3) : "-", counts});
  }
  return table.text();
}

std::string sizes_text(const Study& study) {
  std::vector<std::string> headings;
  for (size_t e = 0; e < study.by_size.front().exit_top1.size(); ++e) {
    headings.push_back("exit " + std::to_string(e) + " %");
  }
  std::vector<Table::Column> columns{{"object's side", Table::Align::kLeft}, {"pictures"}};
  for (const std::string& heading : headings) columns.push_back({heading});
  columns.push_back({"adaptive %"});
  columns.push_back({"leave at each exit", Table::Align::kLeft});
  Table table(columns);
  for (const SizeBin& bin : study.by_size) {
    std::vector<std::string> cells{fixed(bin.low, 2) + " to " + fixed(bin.high, 2),
                                   std::to_string(bin.n)};
    for (const double top1 : bin.exit_top1) cells.push_back(fixed(top1, 2));
    cells.push_back(per_cent(bin.adaptive_top1));
    std::string counts;
    for (const int64_t count : bin.counts) counts += std::to_string(count) + " ";
    cells.push_back(counts);
    table.add(std::move(cells));
  }
  return table.text();
}

std::string adaptive_text(const Study& study) {
  const AdaptiveReport& adaptive = *study.adaptive;
  const auto random = random_top1(adaptive.counts, study.accuracies);
  std::string out = "adaptive: top-1 " + per_cent(adaptive.top1) + " %, " +
                    millions(adaptive.mean_macs) + " Mmacs a sample";
  if (adaptive.ms) out += ", " + fixed(*adaptive.ms, 3) + " ms a sample";
  out += "; leave at each exit:";
  for (const int64_t count : adaptive.counts) out += " " + std::to_string(count);
  return out + "\na coin with the same shares at each exit: top-1 " + per_cent(random) +
         " % at the same cost\n";
}

std::string study_text(const Study& study) {
  std::string out = std::to_string(study.n) + " samples\n" + adaptive_text(study);
  out += "\n" + points_text("anytime, from", study.anytime);
  out += "\n" + points_text("first right exit", study.oracle);
  if (study.budgeted) out += "\n" + budgeted_text(study);
  out += "\n" + points_text("not adaptive", study.baselines);
  if (!study.by_size.empty()) out += "\n" + sizes_text(study);
  return out;
}

}  // namespace

OptionSpecs study_options() {
  return {{"--budgeted", "",
           "the published budgeted evaluation: 39 policies from samples that the split does not "
           "hold, judged on the split, with --mode executed also run on it",
           Takes::kNothing},
          {"--baseline", "MODEL", "a network that does not adapt, on the same axes; repeatable",
           Takes::kMany},
          {"--boxes", "FILE",
           "accuracy by the size of the object: lines of file, x0, y0, x1, y1; a file, or one "
           "inside the archive that the data is"},
          {"--svg", "FILE", "draw accuracy over multiply-adds"},
          force_option()};
}

bool wants_study(const Arguments& arguments) {
  return std::any_of(kStudies.begin(), kStudies.end(),
                     [&](std::string_view name) { return arguments.has(name); });
}

int eval_study(Context& context, const Arguments& arguments) {
  const auto svg = arguments.value("--svg");
  if (svg) require_writable(*svg, overwrite_from(arguments));
  const Bench bench{.context = context,
                    .arguments = arguments,
                    .execution = execution_from(context, arguments),
                    .batch = arguments.count("--batch", kUsualBatch, 1, 1 << 16),
                    .executed = asked_mode(arguments) == EvalMode::kExecuted};
  const Network network = network_from(arguments, Weights::kNeeded);
  arguments.expect_inputs(0, network.file.empty() ? 0 : 1, "one MODEL");
  const DatasetPtr data = labelled_data_from(arguments, network, context.console);
  const Transform transform = transform_of(network);
  const int threads = bench.execution.threads;
  const DatasetSource source(data, transform, input_name(network), threads);
  const RunTimes times = run_times(context, network, bench.execution, bench.batch, &source);
  AskedPolicy policy(context, arguments, network.model, times);
  const auto executor = make_executor(context, network, bench.execution);

  const Scores scores = bench.record(*executor, source);
  Study study = exits_of(scores, network.graph());
  study.policy = policy.reported();
  {
    Progress progress(context.console, "executed");
    study.adaptive = policy.report(scores, *executor, source,
                                   {.batch = bench.batch, .progress = progress.callback()});
  }
  if (bench.executed) {
    Progress progress(context.console, "exits executed");
    time_exits(*executor, source, {.batch = bench.batch}, study.anytime, study.baselines,
               progress.callback())
        .value();
  }
  int64_t n_val = 0;
  if (arguments.has("--budgeted")) {
    const DatasetSource held_out(held_out_from(arguments, network, context.console), transform,
                                 input_name(network), threads);
    const Scores val = bench.record(*executor, held_out);
    n_val = val.n();
    study.budgeted = budgeted_batch(val, scores).value();
    if (bench.executed) {
      Progress progress(context.console, "policies executed");
      study.executed = execute_policies(*executor, source, *study.budgeted, {.batch = bench.batch},
                                        progress.callback())
                           .value();
    }
  }
  for (const std::string& file : arguments.values("--baseline")) {
    study.baselines.push_back(baseline(bench, file));
  }
  if (const auto boxes = arguments.value("--boxes")) {
    const std::string text = box_text(arguments, *boxes);
    const ObjectBoxes parsed = parse_boxes(text, shown_path(*boxes)).value();
    study.by_size = accuracy_by_size(scores, object_sizes(*data, parsed).value(), *study.adaptive);
  }
  if (svg) {
    const std::string title = network.source + " on " + shown_path(arguments.needed("--data"));
    write_file(*svg, report::study_svg(study, title), overwrite_from(arguments)).value();
  }
  context.console.result(context.console.json() ? study_json(study, n_val) + "\n"
                                                : study_text(study));
  return 0;
}

}  // namespace fovea::app
