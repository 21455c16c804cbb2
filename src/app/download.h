// `data get`: the official archives of published data sets.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "app/console.h"
#include "fovea/overwrite.h"

namespace fovea::app {

/// An archive and the digest that its publisher names.
struct PublishedData {
  std::string_view name;
  std::string_view url;
  std::string_view md5;
};
[[nodiscard]] std::span<const PublishedData> published_data();

/// Fetches an archive (or takes the one at `archive` where that is not empty), checks its digest
/// and unpacks its files into `folder`, which appears only when all is there. Throws Error:
/// kBadInput where nothing can be fetched or the digest differs, kCannotWrite, kNotInBuild where
/// the machine has neither curl nor wget.
void get_data(const PublishedData& data, const std::string& archive, const std::string& folder,
              Overwrite overwrite, const Console& console);

}  // namespace fovea::app
