// What samples a calibration uses: how they were chosen, whether the model was trained on them.
#pragma once

#include <cstdint>
#include <vector>

#include "app/verb.h"
#include "calibrate/record.h"
#include "data/core/dataset.h"
#include "fovea/model.h"

namespace fovea::app {

/// How many of the samples that the options name the model's training saw, by its own record: what
/// that training did not hold out of the training data. 0 where the record says nothing, or is of
/// other data (another number of samples, other classes). Throws Error where the data cannot be
/// opened.
[[nodiscard]] int64_t trained_on(const Arguments& arguments, const Model& model);

/// How the options choose samples.
[[nodiscard]] SampleChoice choice_from(const Arguments& arguments, const Model& model);

/// content_hash of every picture. Throws Error for one that cannot be read.
[[nodiscard]] std::vector<uint64_t> picture_hashes(const Dataset& data, int threads);

}  // namespace fovea::app
