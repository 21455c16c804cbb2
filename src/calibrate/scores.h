// What a held-out set said at every exit, recorded once; thresholds are judged on it in hindsight.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "fovea/error.h"
#include "fovea/graph.h"
#include "fovea/tensor.h"
#include "graph/score.h"

namespace fovea {

enum class ScoreForm : uint8_t {
  kLogits,         ///< confidence is the exit's score of the row (score_of)
  kProbabilities,  ///< confidence is the largest entry of the row
};

/// Recorded scores of K exits for n samples and C classes.
/// Thread-safety: a value.
struct Scores {
  Tensor values;  ///< F32 [K,n,C]
  ScoreForm form = ScoreForm::kLogits;
  std::vector<int64_t> labels;   ///< [n]; 0..C-1, or -1 where the class is not known
  std::vector<int64_t> costs;    ///< [K], what leaving at each exit costs; any unit
  std::vector<Scoring> scoring;  ///< [K], for logits; empty = max_softmax at every exit

  [[nodiscard]] int n_exits() const { return static_cast<int>(values.shape()[0]); }
  [[nodiscard]] int64_t n() const { return values.shape()[1]; }
  [[nodiscard]] int64_t n_classes() const { return values.shape()[2]; }
  [[nodiscard]] std::span<const float> row(int exit, int64_t sample) const;
};

/// Checks that all parts fit each other. Errors are kBadInput; `source` stands in messages.
[[nodiscard]] Status check_scores(const Scores& scores, std::string_view source);

/// Scores out of a file's tensors: SPLIT_probs (preferred) or SPLIT_logits [K,n,C], SPLIT_targets
/// I64 [n], flops I64 [K]. Errors (kBadInput) name `source` and the key.
[[nodiscard]] Result<Scores> scores_from_tensors(const NamedTensors& tensors,
                                                 std::string_view split, std::string_view source);

/// Confidence and answer of every sample at every exit.
struct ExitTable {
  int n_exits = 0;
  int64_t n = 0;
  std::vector<float> confidence;  ///< [K,n]; NaN never passes a threshold
  std::vector<int64_t> answer;    ///< [K,n], first maximum of the row

  [[nodiscard]] std::span<const float> confidences(int exit) const;
  [[nodiscard]] float confidence_at(int exit, int64_t sample) const {
    return confidence[static_cast<size_t>(exit * n + sample)];
  }
  [[nodiscard]] int64_t answer_at(int exit, int64_t sample) const {
    return answer[static_cast<size_t>(exit * n + sample)];
  }
};
[[nodiscard]] ExitTable exit_table(const Scores& scores);

/// How every exit of a network is scored.
[[nodiscard]] std::vector<Scoring> exit_scoring(const Graph& graph);

}  // namespace fovea
