// The JSON part of a stored calibration (docs/model-format.md).
#pragma once

#include <string>
#include <string_view>

#include "calibrate/record.h"

namespace fovea {

[[nodiscard]] std::string calibration_to_json(const CalibrationRecord& record);

/// Fills all but the samples, which `record` holds already. Throws Error (kBadInput).
void read_calibration_json(std::string_view json, std::string_view source,
                           CalibrationRecord& record);

}  // namespace fovea
