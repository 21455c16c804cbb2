// Graph -> text form. The grammar is in docs/graph-text.md.
#include <set>

#include "fovea/graph.h"
#include "graph/op_def.h"
#include "graph/text_names.h"

namespace fovea {
namespace {

class Writer {
 public:
  explicit Writer(const Graph& graph) : graph_(graph) {}

  std::string write() {
    out_ = "fovea-graph 1\ngraph " + quoted_if_needed(graph_.name()) + "\n";
    std::set<std::string> used;
    collect_ops(graph_.main(), used);
    out_ += "ops";
    for (const std::string& op : used) out_ += " " + op;
    out_ += "\n";
    const Block& main = graph_.main();
    for (const ValueId id : main.inputs) {
      out_ += "input " + quoted_if_needed(main.value(id).name) + " " + main.value(id).type.text() +
              "\n";
    }
    write_nodes(main, "");
    for (const Tap& tap : graph_.taps()) {
      out_ += "tap " + quoted_if_needed(tap.name) + " = " +
              quoted_if_needed(main.value(tap.value).name) + "\n";
    }
    return std::move(out_);
  }

 private:
  static void collect_ops(const Block& block, std::set<std::string>& used) {
    for (const Node& node : block.nodes) {
      used.insert(std::string(node.op->name) + "@" + std::to_string(node.op->version));
      for (const Block& body : node.bodies) collect_ops(body, used);
    }
  }

  void write_nodes(const Block& block, const std::string& indent) {
    for (const Node& node : block.nodes) write_node(block, node, indent);
  }

  /// A bare name at the start of a line must not be one of the words that start other lines.
  static std::string statement_name(const std::string& name) {
    const bool is_word = name == "input" || name == "tap" || name == "return";
    return is_word ? quoted(name) : quoted_if_needed(name);
  }

  void write_node(const Block& block, const Node& node, const std::string& indent) {
    out_ += indent + statement_name(node.name) + " = " + std::string(node.op->name) + "(";
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      out_ += (i == 0 ? "" : ", ") + quoted_if_needed(block.value(node.inputs[i]).name);
    }
    out_ += ")";
    for (const auto& [name, text] : node.attributes->type().non_default(*node.attributes)) {
      out_ += " " + std::string(name) + "=" + quoted_value(text);
    }
    write_params(block, node);
    if (!node.bodies.empty()) {
      out_ += " {\n";
      for (const Block& body : node.bodies) write_body(body, indent + "  ");
      out_ += indent + "}";
    } else if (!node.outputs.empty()) {
      out_ += "  #";
      for (const ValueId id : node.outputs) out_ += " " + block.value(id).type.text();
    }
    out_ += "\n";
  }

  void write_params(const Block& block, const Node& node) {
    if (node.op->params == nullptr) return;
    const NodeView view(node, block, graph_.params());
    const std::vector<ParamSlot> slots = node.op->params(view);
    std::string other;
    for (size_t i = 0; i < slots.size(); ++i) {
      const std::string& name = graph_.param(node.params[i]).name;
      if (name == node.name + "." + std::string(slots[i].slot)) continue;
      other +=
          (other.empty() ? "" : ", ") + std::string(slots[i].slot) + "=" + quoted_if_needed(name);
    }
    if (!other.empty()) out_ += " params(" + other + ")";
  }

  void write_body(const Block& body, const std::string& indent) {
    out_ += indent + "body " + quoted_if_needed(body.name) + "(";
    for (size_t i = 0; i < body.inputs.size(); ++i) {
      const Value& value = body.value(body.inputs[i]);
      out_ += (i == 0 ? "" : ", ") + quoted_if_needed(value.name) + " " + value.type.text();
    }
    out_ += ") {\n";
    write_nodes(body, indent + "  ");
    out_ += indent + "  return ";
    for (size_t i = 0; i < body.results.size(); ++i) {
      out_ += (i == 0 ? "" : ", ") + quoted_if_needed(body.value(body.results[i]).name);
    }
    out_ += "\n" + indent + "}\n";
  }

  const Graph& graph_;
  std::string out_;
};

}  // namespace

std::string to_text(const Graph& graph) { return Writer(graph).write(); }

}  // namespace fovea
