// Small networks that the tests of the graph layer share.
#pragma once

#include <string>
#include <string_view>

#include "ops/builder.h"

namespace fovea {

/// input [3,8,8]; exit 0 behind one convolution; a binary residual route; exit 1.
inline Graph routed_network() {
  Builder b("routed");
  ValueHandle x = b.input("input", {3, 8, 8});
  x = b.relu("stem.relu",
             b.conv2d("stem.conv", x, {.channels = 4, .kernel = {3, 3}, .pad = Padding::all(1)}));
  b.exit(b.linear("head0", b.mean_hw("pool0", x), {.features = 5}));
  const ValueHandle gate =
      b.decide("gate", b.linear("score", b.mean_hw("pool_gate", x), {.features = 1}),
               {.rule = DecisionRule::kThreshold});
  Block body = b.body("more", {x}, [&b](const std::vector<ValueHandle>& in) {
    return std::vector<ValueHandle>{
        b.conv2d("more.conv", in[0], {.channels = 4, .kernel = {3, 3}, .pad = Padding::all(1)})};
  });
  std::vector<Block> bodies;
  bodies.push_back(std::move(body));
  x = b.route("route", gate, {x}, std::move(bodies), {.combine = Combine::kResidual});
  b.tap("after", x);
  b.exit(b.linear("head1", b.mean_hw("pool1", x), {.features = 5}));
  return b.finish();
}

/// A text with the header that every text form has, and the given statements.
inline std::string graph_text(std::string_view statements) {
  return "fovea-graph 1\ngraph test\nops\n" + std::string(statements);
}

/// The message of the error with which a text is refused.
inline std::string refusal(std::string_view statements) {
  const Result<Graph> graph = parse_graph(graph_text(statements), "net.txt");
  return graph.ok() ? "accepted" : graph.error().message();
}

}  // namespace fovea
