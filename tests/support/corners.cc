#include "support/corners.h"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/words.h"

namespace fovea {

Graph without_corners(const Graph& graph) {
  std::string out;
  std::map<std::string, std::string, std::less<>> renamed;
  const std::string text = to_text(graph);
  for (const std::string_view line : split(text, '\n')) {
    const size_t call = line.find(" = relu(");
    if (call != std::string_view::npos) {
      const std::string source(line.substr(call + 8, line.find(')', call) - call - 8));
      renamed[std::string(line.substr(0, call))] =
          renamed.contains(source) ? renamed[source] : source;
      continue;
    }
    if (line.starts_with("tap ")) continue;
    const size_t open = line.find('(');
    const size_t close = line.find(')');
    if (line.find(" = ") == std::string_view::npos || open == std::string_view::npos) {
      out += std::string(line) + "\n";
      continue;
    }
    std::vector<std::string> inputs;
    for (const std::string_view part : split(line.substr(open + 1, close - open - 1), ',')) {
      const std::string name(part.substr(part.starts_with(' ') ? 1 : 0));
      inputs.push_back(renamed.contains(name) ? renamed[name] : name);
    }
    out += std::string(line.substr(0, open + 1)) +
           joined(std::span<const std::string>(inputs), ", ") + std::string(line.substr(close)) +
           "\n";
  }
  return parse_graph(out, "without corners").value();
}

}  // namespace fovea
