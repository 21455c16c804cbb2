// A network as the command line names it: MODEL, --network NAME --set K=V, or --graph FILE.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/verb.h"
#include "fovea/graph.h"
#include "fovea/model.h"
#include "zoo/settings.h"

namespace fovea::app {

/// What a verb needs of a network's weights.
enum class Weights : uint8_t {
  kNone,     ///< nothing: a model file's header is read alone
  kNeeded,   ///< those of a file; a network with parameters and no file is a usage error
  kAnyWill,  ///< those of a file, else untrained ones
};

struct Network {
  Model model;         ///< for networks without a file: graph, weights, transform and labels
  std::string source;  ///< file or name, as messages show it
  std::string file;    ///< the path of a model file, or empty
  /// The inputs of the verb that follow the network.
  std::vector<std::string> rest;

  [[nodiscard]] const Graph& graph() const { return model.graph; }
};

[[nodiscard]] OptionSpecs network_options();
/// Throws Error: kUsage where no or more than one network is named.
[[nodiscard]] Network network_from(const Arguments& arguments, Weights weights);

/// --set key=value …; throws Error (kUsage) where there is no '='.
[[nodiscard]] Settings settings_from(const Arguments& arguments);

}  // namespace fovea::app
