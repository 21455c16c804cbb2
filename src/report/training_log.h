// Training curves from a model's record or a run's metrics.jsonl.
#pragma once

#include <optional>
#include <string_view>

#include "fovea/error.h"
#include "report/facts.h"

namespace fovea::report {

/// From the training record of a model file; nothing where the text is empty.
/// Errors (kBadInput): no JSON object.
[[nodiscard]] Result<std::optional<TrainingFacts>> training_from_record(std::string_view json,
                                                                        std::string_view source);

/// Replaces the curves by those of metrics.jsonl: lines of kind "epoch". Lines that are no JSON,
/// such as a last one that is being written, are passed over.
void take_metrics(TrainingFacts& facts, std::string_view lines, std::string_view source);

}  // namespace fovea::report
