#include "graph/svg_layout.h"

#include <algorithm>
#include <map>
#include <set>

#include "graph/cost.h"
#include "graph/op_def.h"

namespace fovea::drawing {
namespace {

constexpr size_t kFewestColumns = 10;
constexpr size_t kMostColumns = 40;
constexpr size_t kMostRows = 12;

/// The first `depth` parts of a name, without its last part unless there is only one.
std::string scope_prefix(std::string_view name, int depth) {
  size_t end = name.find('.');
  if (end == std::string_view::npos) return std::string(name);
  for (int i = 1; i < depth; ++i) {
    const size_t next = name.find('.', end + 1);
    if (next == std::string_view::npos) break;
    end = next;
  }
  return std::string(name.substr(0, end));
}

/// Extents of a map; 1x1 for everything that is no map.
std::pair<int64_t, int64_t> resolution(const Shape& shape) {
  return shape.rank() == 3 ? std::pair{shape[1], shape[2]} : std::pair<int64_t, int64_t>{1, 1};
}

/// "route combine=residual".
std::string written_op(const Node& node) {
  std::string out(node.op->name);
  for (const auto& [name, text] : node.attributes->type().non_default(*node.attributes)) {
    out += " " + std::string(name) + "=" + text;
  }
  return out;
}

/// Consecutive nodes of one column.
struct Group {
  ColumnKind kind = ColumnKind::kTrunk;
  std::string label;
  std::vector<int> nodes;
  int segment = 0;  ///< number of exits before it
  int exit = -1;
  int64_t macs = 0;
};

class Grouping {
 public:
  explicit Grouping(const Graph& graph) : graph_(graph), main_(graph.main()) {
    for (const Node& node : main_.nodes) {
      macs_.push_back(node_cost(node, main_, graph.params()).macs);
    }
    find_heads();
  }

  [[nodiscard]] std::vector<Group> groups() const {
    std::vector<Group> best;
    for (int depth = 1; depth <= 8; ++depth) {
      std::vector<Group> groups = runs(depth);
      absorb_free(groups);
      const auto columns =
          static_cast<size_t>(std::count_if(groups.begin(), groups.end(), [](const Group& group) {
            return group.kind == ColumnKind::kTrunk;
          }));
      if (!best.empty() && (columns > kMostColumns || groups.size() < best.size())) continue;
      best = std::move(groups);
      if (columns >= kFewestColumns) break;
    }
    while (join_smallest(best)) {
    }
    return best;
  }
  [[nodiscard]] int64_t macs(int node) const { return macs_[static_cast<size_t>(node)]; }

 private:
  /// head_of_[node]: the exit whose head the node belongs to, or -1.
  void find_heads() {
    const int n_exits = graph_.n_exits();
    std::vector<int> n_users(main_.nodes.size(), 0);
    std::vector<int> user(main_.nodes.size(), -1);
    for (int e = 0; e < n_exits; ++e) {
      const std::vector<char> needed = needed_by(graph_, std::vector<int>{e});
      for (size_t i = 0; i < needed.size(); ++i) {
        if (needed[i] == 0) continue;
        ++n_users[i];
        user[i] = e;
      }
    }
    head_of_.assign(main_.nodes.size(), -1);
    for (int e = 0; e < n_exits; ++e) {
      const auto at = static_cast<size_t>(graph_.exits()[static_cast<size_t>(e)]);
      head_of_[at] = e;
      const int maker = maker_of(graph_.exit_logits(e));
      if (maker < 0) continue;
      const std::string& name = main_.nodes[static_cast<size_t>(maker)].name;
      const size_t dot = name.rfind('.');
      const bool whole_scope = n_exits > 1 && dot != std::string::npos;
      for (size_t i = at; i-- > 0 && main_.nodes[i].op->name != "exit";) {
        const Node& node = main_.nodes[i];
        const bool belongs =
            node.name == name ||
            (whole_scope && node.name.starts_with(std::string_view(name).substr(0, dot + 1)));
        if (belongs && n_users[i] == 1 && user[i] == e && kind_of(node) == ColumnKind::kTrunk) {
          head_of_[i] = e;
        }
      }
    }
  }

  [[nodiscard]] int maker_of(ValueId value) const {
    for (size_t i = 0; i < main_.nodes.size(); ++i) {
      const auto& outputs = main_.nodes[i].outputs;
      if (std::find(outputs.begin(), outputs.end(), value) != outputs.end())
        return static_cast<int>(i);
    }
    return -1;
  }

  [[nodiscard]] ColumnKind kind_of(const Node& node) const {
    if (!node.bodies.empty()) return ColumnKind::kDynamic;
    const bool decides = std::any_of(node.outputs.begin(), node.outputs.end(), [&](ValueId id) {
      return main_.value(id).type.decision.has_value();
    });
    return decides ? ColumnKind::kDecision : ColumnKind::kTrunk;
  }

  /// Runs of nodes with an equal prefix; exits, decisions and dynamic nodes end a run.
  [[nodiscard]] std::vector<Group> runs(int depth) const {
    std::vector<Group> out;
    std::vector<Group> heads(static_cast<size_t>(graph_.n_exits()));
    int segment = 0;
    bool open = false;
    for (size_t i = 0; i < main_.nodes.size(); ++i) {
      const Node& node = main_.nodes[i];
      const int number = static_cast<int>(i);
      if (head_of_[i] >= 0) {
        Group& head = heads[static_cast<size_t>(head_of_[i])];
        head.kind = ColumnKind::kHead;
        head.exit = head_of_[i];
        head.segment = segment;
        head.nodes.push_back(number);
        head.macs = saturating_sum(head.macs, macs_[i]);
        if (node.op->name != "exit") continue;
        head.label = "exit " + std::to_string(head.exit);
        out.push_back(std::move(head));
        ++segment;
        open = false;
        continue;
      }
      const ColumnKind kind = kind_of(node);
      const std::string label =
          kind == ColumnKind::kTrunk ? scope_prefix(node.name, depth) : node.name;
      if (!open || kind != ColumnKind::kTrunk || out.back().label != label) {
        out.push_back({.kind = kind, .label = label, .segment = segment});
      }
      open = kind == ColumnKind::kTrunk;
      out.back().nodes.push_back(number);
      out.back().macs = saturating_sum(out.back().macs, macs_[i]);
    }
    return out;
  }

  static bool joinable(const Group& a, const Group& b) {
    return a.kind == ColumnKind::kTrunk && b.kind == ColumnKind::kTrunk && a.segment == b.segment;
  }

  static void join(Group& into, Group& other) {
    into.nodes.insert(into.nodes.end(), other.nodes.begin(), other.nodes.end());
    into.macs = saturating_sum(into.macs, other.macs);
  }

  /// Activations, poolings and the like need no column of their own beside one that works.
  static void absorb_free(std::vector<Group>& groups) {
    for (size_t i = 0; i + 1 < groups.size();) {
      const bool joins =
          joinable(groups[i], groups[i + 1]) && (groups[i].macs == 0 || groups[i + 1].macs == 0);
      if (!joins) {
        ++i;
        continue;
      }
      if (groups[i].macs == 0) groups[i].label = groups[i + 1].label;
      join(groups[i], groups[i + 1]);
      groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    }
  }

  /// Joins the two cheapest neighbours where there are too many columns; false where nothing is
  /// left to do.
  static bool join_smallest(std::vector<Group>& groups) {
    if (groups.size() <= 2 * kMostColumns) return false;
    size_t best = groups.size();
    for (size_t i = 0; i + 1 < groups.size(); ++i) {
      if (!joinable(groups[i], groups[i + 1])) continue;
      const auto sum = [&](size_t k) { return saturating_sum(groups[k].macs, groups[k + 1].macs); };
      if (best == groups.size() || sum(i) < sum(best)) best = i;
    }
    if (best == groups.size()) return false;
    if (!groups[best].label.ends_with("…")) groups[best].label += " …";
    join(groups[best], groups[best + 1]);
    groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    return true;
  }

  const Graph& graph_;
  const Block& main_;
  std::vector<int64_t> macs_;
  std::vector<int> head_of_;
};

class Planner {
 public:
  explicit Planner(const Graph& graph) : graph_(graph), main_(graph.main()), grouping_(graph) {}

  Layout plan() {
    const std::vector<Group> groups = grouping_.groups();
    place_of_.resize(main_.nodes.size());
    for (const Group& group : groups) add_column(group);
    for (const ValueId id : main_.inputs) {
      const Value& value = main_.value(id);
      layout_.inputs.push_back({.name = value.name, .shape = value.type.shape});
      resolutions_.insert(resolution(value.type.shape));
    }
    number_rows();
    add_edges();
    for (const ExitCost& cost : exit_costs(graph_)) layout_.exit_macs.push_back(cost.macs);
    return std::move(layout_);
  }

 private:
  using Resolution = std::pair<int64_t, int64_t>;
  struct Place {
    int column = 0;
    Resolution resolution{1, 1};
  };

  [[nodiscard]] Resolution node_resolution(const Node& node) const {
    if (node.outputs.empty()) return {1, 1};
    return resolution(main_.value(node.outputs[0]).type.shape);
  }

  void add_column(const Group& group) {
    Column column{.kind = group.kind,
                  .label = group.label,
                  .n_nodes = static_cast<int>(group.nodes.size()),
                  .macs = group.macs,
                  .exit = group.exit};
    std::map<Resolution, Cell> cells;
    for (const int number : group.nodes) {
      const Node& node = main_.nodes[static_cast<size_t>(number)];
      Cell& cell = cells[node_resolution(node)];
      cell.macs = saturating_sum(cell.macs, grouping_.macs(number));
      if (!node.outputs.empty()) cell.shape = main_.value(node.outputs[0]).type.shape;
      place_of_[static_cast<size_t>(number)] = {static_cast<int>(layout_.columns.size()),
                                                node_resolution(node)};
      if (group.kind == ColumnKind::kDynamic || group.kind == ColumnKind::kDecision) {
        column.op = written_op(node);
        for (const Block& body : node.bodies) {
          column.bodies.push_back({body.name, block_cost(body, graph_.params()).macs});
        }
      }
    }
    // Cells without work are left out where another one works.
    if (group.macs > 0)
      std::erase_if(cells, [](const auto& each) { return each.second.macs == 0; });
    while (group.macs == 0 && cells.size() > 1) cells.erase(cells.begin());
    if (group.kind != ColumnKind::kHead) {
      for (const auto& [where, cell] : cells) resolutions_.insert(where);
    }
    cells_.push_back(std::move(cells));
    layout_.columns.push_back(std::move(column));
  }

  void number_rows() {
    std::vector<Resolution> order(resolutions_.begin(), resolutions_.end());
    std::stable_sort(order.begin(), order.end(), [](const Resolution& a, const Resolution& b) {
      return a.first * a.second > b.first * b.second;
    });
    for (size_t i = 0; i < order.size(); ++i) {
      // The lowest rows are joined where there are too many.
      const size_t row = std::min(i, kMostRows - 1);
      row_of_[order[i]] = static_cast<int>(row);
      const std::string label =
          order[i] == Resolution{1, 1}
              ? std::string("vectors")
              : std::to_string(order[i].first) + "×" + std::to_string(order[i].second);
      if (row == layout_.rows.size()) layout_.rows.push_back(label);
    }
    if (order.size() > kMostRows) layout_.rows.back() += " and below";
    for (size_t c = 0; c < layout_.columns.size(); ++c) {
      std::map<int, Cell> by_row;
      for (const auto& [where, cell] : cells_[c]) {
        const auto row = row_of_.find(where);
        if (row == row_of_.end()) continue;
        Cell& joined = by_row[row->second];
        joined.row = row->second;
        joined.macs = saturating_sum(joined.macs, cell.macs);
        joined.shape = cell.shape;
      }
      for (const auto& [row, cell] : by_row) layout_.columns[c].cells.push_back(cell);
    }
    for (Input& input : layout_.inputs) input.row = row_of_[resolution(input.shape)];
  }

  /// The drawn row of a node: its own, or the dearest of its column where that is not drawn.
  [[nodiscard]] int drawn_row(const Place& place) const {
    const std::vector<Cell>& cells = layout_.columns[static_cast<size_t>(place.column)].cells;
    const auto row = row_of_.find(place.resolution);
    const Cell* dearest = nullptr;
    for (const Cell& cell : cells) {
      if (row != row_of_.end() && cell.row == row->second) return cell.row;
      if (dearest == nullptr || cell.macs > dearest->macs) dearest = &cell;
    }
    return dearest == nullptr ? 0 : dearest->row;
  }

  void add_edges() {
    std::vector<int> maker(main_.values.size(), -1);
    for (size_t i = 0; i < main_.nodes.size(); ++i) {
      for (const ValueId out : main_.nodes[i].outputs)
        maker[static_cast<size_t>(out)] = static_cast<int>(i);
    }
    std::map<ValueId, int> input_index;
    for (size_t i = 0; i < main_.inputs.size(); ++i)
      input_index[main_.inputs[i]] = static_cast<int>(i);
    std::set<Edge> edges;
    for (size_t i = 0; i < main_.nodes.size(); ++i) {
      const Place& to = place_of_[i];
      for (const ValueId in : main_.nodes[i].inputs) {
        Edge edge{.to_column = to.column,
                  .to_row = drawn_row(to),
                  .decision = main_.value(in).type.decision.has_value()};
        const int from = maker[static_cast<size_t>(in)];
        if (from < 0) {
          edge.from_column = -1;
          edge.from_row = input_index[in];
        } else {
          const Place& place = place_of_[static_cast<size_t>(from)];
          edge.from_column = place.column;
          edge.from_row = drawn_row(place);
        }
        if (edge.from_column == edge.to_column && edge.from_row == edge.to_row) continue;
        edges.insert(edge);
      }
    }
    layout_.edges.assign(edges.begin(), edges.end());
  }

  const Graph& graph_;
  const Block& main_;
  Grouping grouping_;
  Layout layout_;
  std::vector<Place> place_of_;
  std::vector<std::map<Resolution, Cell>> cells_;
  std::set<Resolution> resolutions_;
  std::map<Resolution, int> row_of_;
};

}  // namespace

Layout layout_of(const Graph& graph) { return Planner(graph).plan(); }

}  // namespace fovea::drawing
