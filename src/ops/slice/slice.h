// Parts and other views of a value: slice along one axis, flatten.
#pragma once

#include <tuple>

#include "graph/attributes.h"
#include "graph/op_def.h"

namespace fovea {

/// src -> elements begin..end-1 along `axis`; the rank stays.
struct Slice {
  int64_t axis = 0;
  int64_t begin = 0;
  int64_t end = 1;

  static constexpr auto fields() {
    return std::tuple{Field{"axis", &Slice::axis, "axis of the per-cell shape, from 0"},
                      Field{"begin", &Slice::begin, "first index"},
                      Field{"end", &Slice::end, "one behind the last index"}};
  }
  bool operator==(const Slice&) const = default;
};

const OpDef& op_slice();
/// src of any shape -> [number of elements].
const OpDef& op_flatten();

}  // namespace fovea
