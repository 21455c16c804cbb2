// Where values and gradients of a graph live: parts of a concatenation inside its result.
#pragma once

#include <cstdint>
#include <vector>

#include "fast_training/maps.h"
#include "fovea/graph.h"

namespace fovea::fast {

/// Channels, height and width of a value; [C] is [C,1,1].
struct Extents {
  int64_t c = 1;
  int64_t h = 1;
  int64_t w = 1;
  bool operator==(const Extents&) const = default;
  [[nodiscard]] int64_t plane() const { return plane_vectors(h, w); }
};
[[nodiscard]] Extents extents_of(const Shape& shape);

/// Channels of a root; a root is a value that is part of no other.
struct Place {
  int root = -1;
  int64_t channel = 0;
};

/// Places of all values of the main block. A gradient lies in its root's gradient where the value
/// lies in the root, unless share_gradient() moved it. Thread-safe when read.
class Layout {
 public:
  explicit Layout(const Graph& graph);

  [[nodiscard]] int n_roots() const { return static_cast<int>(roots_.size()); }
  [[nodiscard]] const Extents& root(int root) const { return roots_[static_cast<size_t>(root)]; }
  [[nodiscard]] const Extents& extents(ValueId id) const { return extents_[at(id)]; }
  [[nodiscard]] Place value(ValueId id) const { return values_[at(id)]; }
  [[nodiscard]] Place gradient(ValueId id) const { return gradients_[at(id)]; }
  /// Whether the node is nothing to do: its result is its source under another name.
  [[nodiscard]] static bool is_view(const Block& block, const Node& node);
  /// Whether `part` lies at `channel` of `whole`, so that a concatenation need not copy it.
  [[nodiscard]] bool lies_in(ValueId part, ValueId whole, int64_t channel) const;
  /// Readers of a value, exits included.
  [[nodiscard]] int n_readers(ValueId id) const { return readers_[at(id)]; }
  /// Lets the gradient of a node's source replace that of its result, where nobody else reads the
  /// source and it is no part of another value; false where that is not so.
  bool share_gradient(ValueId source, ValueId result);

 private:
  static size_t at(ValueId id) { return static_cast<size_t>(id); }
  std::vector<Extents> extents_;
  std::vector<int> readers_;
  std::vector<char> own_root_;  ///< by value: a root with no other value in it
  std::vector<Place> values_;
  std::vector<Place> gradients_;
  std::vector<Extents> roots_;
};

}  // namespace fovea::fast
