// A drawing of a network: what runs when, at which resolution, for how much work, and where samples
// may leave.
#pragma once

#include <string>

#include "fovea/graph.h"

namespace fovea {

/// A standalone SVG 1.1 picture. Columns are scopes in order of execution, their width grows with
/// their multiply-adds; rows are resolutions. Exits are flags with the multiply-adds up to them;
/// decisions are diamonds; operators with bodies show their bodies. Names are escaped, so any graph
/// gives well-formed XML.
[[nodiscard]] std::string to_svg(const Graph& graph);

}  // namespace fovea
