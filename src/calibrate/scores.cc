#include "calibrate/scores.h"

#include <algorithm>
#include <string>

namespace fovea {
namespace {

ErrorInfo bad(std::string what, std::string_view source, std::string expected = {},
              std::string found = {}) {
  return {.kind = ErrorKind::kBadInput,
          .what = std::move(what),
          .where = std::string(source),
          .expected = std::move(expected),
          .found = std::move(found)};
}

std::string described(const Tensor& tensor) {
  return std::string(dtype_name(tensor.dtype())) + " " + tensor.shape().text();
}

/// An I64 vector of the tensors.
Result<std::vector<int64_t>> integers(const NamedTensors& tensors, const std::string& key,
                                      std::string_view source) {
  const auto at = tensors.find(key);
  if (at == tensors.end()) return bad("the scores lack '" + key + "'", source, "I64 [n]");
  if (at->second.dtype() != DType::kI64 || at->second.shape().rank() != 1) {
    return bad("'" + key + "' has the wrong type", source, "I64 [n]", described(at->second));
  }
  const auto data = at->second.data<int64_t>();
  return std::vector<int64_t>(data.begin(), data.end());
}

}  // namespace

std::span<const float> Scores::row(int exit, int64_t sample) const {
  return {values.f() + (exit * n() + sample) * n_classes(), static_cast<size_t>(n_classes())};
}

Status check_scores(const Scores& scores, std::string_view source) {
  if (!scores.values.defined() || scores.values.dtype() != DType::kF32 ||
      scores.values.shape().rank() != 3 || scores.values.numel() == 0) {
    return bad("the scores have the wrong type", source, "F32 [exits,samples,classes]",
               scores.values.defined() ? described(scores.values) : "nothing");
  }
  const auto n_exits = static_cast<size_t>(scores.n_exits());
  const auto n = static_cast<size_t>(scores.n());
  if (scores.labels.size() != n) {
    return bad("labels and scores differ in number", source, std::to_string(n),
               std::to_string(scores.labels.size()));
  }
  if (scores.costs.size() != n_exits) {
    return bad("costs and exits differ in number", source, std::to_string(n_exits),
               std::to_string(scores.costs.size()));
  }
  if (!scores.scoring.empty() && scores.scoring.size() != n_exits) {
    return bad("scorings and exits differ in number", source, std::to_string(n_exits),
               std::to_string(scores.scoring.size()));
  }
  for (const int64_t label : scores.labels) {
    if (label < -1 || label >= scores.n_classes()) {
      return bad("a label is no class", source, "0 to " + std::to_string(scores.n_classes() - 1),
                 std::to_string(label));
    }
  }
  return {};
}

Result<Scores> scores_from_tensors(const NamedTensors& tensors, std::string_view split,
                                   std::string_view source) {
  const std::string prefix(split);
  Scores scores{.form = ScoreForm::kProbabilities};
  auto at = tensors.find(prefix + "_probs");
  if (at == tensors.end()) {
    scores.form = ScoreForm::kLogits;
    at = tensors.find(prefix + "_logits");
  }
  if (at == tensors.end()) {
    return bad("the scores lack '" + prefix + "_probs'", source,
               "F32 [exits,samples,classes], or '" + prefix + "_logits'");
  }
  scores.values = at->second;
  Result<std::vector<int64_t>> labels = integers(tensors, prefix + "_targets", source);
  if (!labels.ok()) return labels.error();
  Result<std::vector<int64_t>> costs = integers(tensors, "flops", source);
  if (!costs.ok()) return costs.error();
  scores.labels = std::move(labels).value();
  scores.costs = std::move(costs).value();
  const Status fits = check_scores(scores, std::string(source) + ", '" + at->first + "'");
  if (!fits.ok()) return fits.error();
  return scores;
}

std::span<const float> ExitTable::confidences(int exit) const {
  return {confidence.data() + exit * n, static_cast<size_t>(n)};
}

ExitTable exit_table(const Scores& scores) {
  ExitTable table{.n_exits = scores.n_exits(), .n = scores.n()};
  const auto cells = static_cast<size_t>(table.n_exits * table.n);
  table.confidence.reserve(cells);
  table.answer.reserve(cells);
  for (int exit = 0; exit < table.n_exits; ++exit) {
    const Scoring scoring =
        scores.scoring.empty() ? Scoring{} : scores.scoring[static_cast<size_t>(exit)];
    for (int64_t sample = 0; sample < table.n; ++sample) {
      const auto row = scores.row(exit, sample);
      const int64_t answer = first_maximum(row);
      table.answer.push_back(answer);
      table.confidence.push_back(scores.form == ScoreForm::kProbabilities
                                     ? row[static_cast<size_t>(answer)]
                                     : score_of(scoring, row));
    }
  }
  return table;
}

std::vector<Scoring> exit_scoring(const Graph& graph) {
  std::vector<Scoring> out;
  for (const int node : graph.exits()) {
    const Attributes& attributes = *graph.main().nodes[static_cast<size_t>(node)].attributes;
    Scoring scoring;
    double temperature = 1;
    // The exit's struct belongs to a higher layer; its fields can be read by name.
    for (const auto& [name, text] : attributes.type().non_default(attributes)) {
      std::string expected;
      if (name == "metric") FOVEA_CHECK(parse_attribute(text, scoring.metric, expected));
      if (name == "temperature") FOVEA_CHECK(parse_attribute(text, temperature, expected));
    }
    scoring.temperature = static_cast<float>(temperature);
    out.push_back(scoring);
  }
  return out;
}

}  // namespace fovea
