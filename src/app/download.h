// `data get`: the official archives of published data sets.
#pragma once

#include <span>
#include <string>

#include "app/console.h"
#include "fovea/overwrite.h"

namespace fovea::app {

/// An archive, where it is published and what it is.
struct PublishedData {
  std::string name;
  std::string url;
  std::string sha256;  ///< 64 hexadecimal digits in lower case
};
[[nodiscard]] std::span<const PublishedData> published_data();

/// Fetches an archive (or takes the one at `archive` where that is not empty), checks its digest
/// and unpacks its files into `folder`, which appears only when all is there. The folder that all
/// files of an archive lie in is left out. A folder that is there is replaced under kAllow, where
/// it holds files of the archive alone. Throws Error: kBadInput where nothing can be fetched, the
/// digest differs or the archive holds no file; kCannotWrite; kInterrupted; kNotInBuild where the
/// machine has neither curl nor wget.
void get_data(const PublishedData& data, const std::string& archive, const std::string& folder,
              Overwrite overwrite, const Console& console);

}  // namespace fovea::app
