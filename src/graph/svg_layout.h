// What a drawing shows, before it has places and colours: columns of cells, rows, edges.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "fovea/graph.h"

namespace fovea::drawing {

/// The part of a column that works at one resolution.
struct Cell {
  int row = 0;
  int64_t macs = 0;
  Shape shape;  ///< of the last value
};

enum class ColumnKind : uint8_t {
  kTrunk,     ///< nodes of one scope
  kHead,      ///< nodes that make one exit's logits and nothing else
  kDecision,  ///< a node that decides
  kDynamic,   ///< a node with bodies
};

struct Body {
  std::string name;
  int64_t macs = 0;
};

/// Neighbouring nodes that are drawn together.
struct Column {
  ColumnKind kind = ColumnKind::kTrunk;
  std::string label;
  std::string op;  ///< of a decision or a dynamic node: operator and attributes
  int n_nodes = 0;
  int64_t macs = 0;
  int exit = -1;             ///< of a head
  std::vector<Cell> cells;   ///< by row; a head's are not drawn
  std::vector<Body> bodies;  ///< of a dynamic node
};

/// From a cell to a later one; column -1 is the input with that index.
struct Edge {
  int from_column = 0;
  int from_row = 0;  ///< of inputs: index of the input
  int to_column = 0;
  int to_row = 0;
  bool decision = false;

  friend bool operator<(const Edge& a, const Edge& b) {
    const auto key = [](const Edge& e) {
      return std::tie(e.from_column, e.from_row, e.to_column, e.to_row, e.decision);
    };
    return key(a) < key(b);
  }
};

struct Input {
  std::string name;
  Shape shape;
  int row = 0;
};

struct Layout {
  std::vector<std::string> rows;  ///< labels, finest resolution first
  std::vector<Column> columns;    ///< in order of execution
  std::vector<Edge> edges;
  std::vector<Input> inputs;
  std::vector<int64_t> exit_macs;  ///< cumulative
};

/// Groups nodes by their scopes, so finely that about ten to forty columns arise.
Layout layout_of(const Graph& graph);

}  // namespace fovea::drawing
