// The networks that are known by name, and the families they belong to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fovea/graph.h"
#include "zoo/settings.h"

namespace fovea {

/// All named configurations, grouped by family.
std::vector<std::string> network_names();

/// ranet, msdnet, resnet, densenet, mobilenetv2.
std::vector<std::string> family_names();

/// Settings that a named configuration or a family takes, with the defaults they have there.
/// Throws Error (kUsage) for unknown names.
std::vector<SettingDoc> network_settings(std::string_view name);

/// A network by its name or by its family (case ignored) and settings; settings override those of
/// the name. The graph is called by the name or the family.
///
/// Throws Error of the given kind: an unknown name or setting (with the nearest), a value that does
/// not fit, a configuration that the family does not have. Settings out of a file are kBadInput.
Graph make_network(std::string_view name, const Settings& settings = {},
                   ErrorKind kind = ErrorKind::kUsage);

/// Text form of the transform that the network's published weights expect of pictures, such as
/// "resize=256,crop=224,mean=0.485,0.456,0.406,std=0.229,0.224,0.225". Errors as make_network.
std::string default_transform(std::string_view name, const Settings& settings = {},
                              ErrorKind kind = ErrorKind::kUsage);

/// Names of the classes, or nothing where the data set is not one whose names are known.
/// Errors as make_network.
std::vector<std::string> default_labels(std::string_view name, const Settings& settings = {},
                                        ErrorKind kind = ErrorKind::kUsage);

}  // namespace fovea
