// Folders whose labels stand in a list.csv, as `data make scenes` writes them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "data/core/augment.h"
#include "data/core/dataset.h"
#include "data/core/find.h"

namespace fovea::app {

/// The folder with a list.csv that a name and split lead to, or nothing: PLACE/SPLIT, else PLACE
/// itself, for the places that find_data looks at.
[[nodiscard]] std::optional<std::string> find_listed_folder(std::string_view name,
                                                            std::string_view split,
                                                            const FindOptions& options);

/// The pictures of FOLDER/list.csv in its order; its header must name the columns file, label and
/// class. Class numbers without a picture are called by their number. Errors (kBadInput) name the
/// line.
[[nodiscard]] Result<DatasetPtr> read_listed_folder(const std::string& folder);

/// Any labelled data by its name: listed folders, and all that open_data knows. "val" of a listed
/// folder that has none of its own is cut as `hold_out` says. Throws Error.
[[nodiscard]] DatasetPtr open_labelled(const std::string& name, const std::string& split,
                                       const HoldOutOptions& hold_out);

}  // namespace fovea::app
