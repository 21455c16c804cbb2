// Folders whose labels stand in a list.csv, as `data make scenes` writes them.
#pragma once

#include <string>

#include "data/core/dataset.h"
#include "fovea/error.h"

namespace fovea {

/// The pictures of FOLDER/list.csv in its order; its header must name the columns file, label and
/// class. Class numbers without a picture are called by their number. Errors (kBadInput) name the
/// line.
[[nodiscard]] Result<DatasetPtr> read_listed_folder(const std::string& folder);

}  // namespace fovea
