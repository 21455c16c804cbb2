#include "ops/route/route.h"

#include <cmath>
#include <limits>

#include "graph/cost.h"
#include "op_testing.h"
#include "reference/reference.h"

namespace fovea {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::FloatNear;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::Pointwise;

/// input [2] is scored, decided on, and routed to bodies that multiply by a number.
Result<Graph> routed(const std::string& decide, const std::string& combine,
                     const std::vector<std::string>& bodies, const std::string& type = "[2]") {
  std::string text =
      "fovea-graph 1\ngraph routed\nops exit@1\ninput input [2]\ninput score [2]\n"
      "first = slice(score) begin=0 end=1\ngate = decide(" +
      decide + "\nmore = route(gate, input) combine=" + combine + " {\n";
  for (const std::string& body : bodies) {
    text.append("  body ").append(body).append("(x0 ").append(type).append(") {\n    ");
    text.append(body).append(".y = linear(x0) features=2 bias=none\n    return ");
    text.append(body).append(".y\n  }\n");
  }
  return parse_graph(text + "}\nexit.0 = exit(more)\n", "test");
}

const std::string kBinary = "first) threshold=0.5";
const std::string kOneOf2 = "score) rule=argmax";

/// Bodies called "x10" multiply by 10.
NamedTensors factors(const std::vector<std::string>& bodies) {
  NamedTensors params;
  for (const std::string& body : bodies) {
    const float f = std::stof(body.substr(1));
    params[body + ".y.weight"] = Tensor({2, 2}, std::vector<float>{f, 0, 0, f});
  }
  return params;
}

struct Routed {
  std::vector<float> values;
  std::map<std::string, int64_t> cells;
  std::vector<int64_t> macs;
};

/// Three samples (1,2), (3,4), (5,6), decided on by `scores` [3,2].
Routed run(const Graph& graph, const NamedTensors& params, const std::vector<float>& scores,
           Mode mode = Mode::kCompact) {
  ReferenceExecutor executor(graph, params, {.mode = mode});
  Outputs outputs;
  executor
      .run({{"input", Tensor({3, 2}, counting(6))}, {"score", Tensor({3, 2}, scores)}}, {}, outputs)
      .value();
  const auto values = outputs.exit_logits[0].data<float>();
  const auto macs = outputs.macs.data<int64_t>();
  return {{values.begin(), values.end()}, outputs.work.body_cells, {macs.begin(), macs.end()}};
}

TEST(Route, ResidualAddsTheBodyForSomeAndLeavesTheOthersAsTheyAre) {
  const Graph graph = routed(kBinary, "residual", {"x10"}).value();
  const Routed some = run(graph, factors({"x10"}), {1, 0, 0, 0, 1, 0});
  EXPECT_THAT(some.values, ElementsAre(11, 22, 3, 4, 55, 66));
  EXPECT_THAT(some.cells, ElementsAre(Pair("more/x10", 2)));
  EXPECT_THAT(some.macs, ElementsAre(4, 0, 4));
}

TEST(Route, LaunchesNothingForNoneAndEverythingForAll) {
  const Graph graph = routed(kBinary, "residual", {"x10"}).value();
  const Routed none = run(graph, factors({"x10"}), {0, 0, 0, 0, 0, 0});
  EXPECT_THAT(none.values, ElementsAreArray(counting(6)));
  EXPECT_THAT(none.cells, IsEmpty());
  const Routed one = run(graph, factors({"x10"}), {0, 0, 1, 0, 0, 0});
  EXPECT_THAT(one.values, ElementsAre(1, 2, 33, 44, 5, 6));
  const Routed all = run(graph, factors({"x10"}), {1, 0, 1, 0, 1, 0});
  EXPECT_THAT(all.values, ElementsAre(11, 22, 33, 44, 55, 66));
  EXPECT_THAT(all.cells, ElementsAre(Pair("more/x10", 3)));
}

TEST(Route, SelectTakesTheChosenBodysResult) {
  const std::vector<std::string> bodies{"x2", "x10"};
  const Graph binary = routed(kBinary, "select", bodies).value();
  EXPECT_THAT(run(binary, factors(bodies), {1, 0, 0, 0, 1, 0}).values,
              ElementsAre(10, 20, 6, 8, 50, 60));
  const Graph one_of_n = routed(kOneOf2, "select", bodies).value();
  const Routed result = run(one_of_n, factors(bodies), {1, 0, 0, 1, 1, 1});
  EXPECT_THAT(result.values, ElementsAre(2, 4, 30, 40, 10, 12));
  EXPECT_THAT(result.cells, ElementsAre(Pair("more/x10", 1), Pair("more/x2", 2)));
}

TEST(Route, ResidualOfOneOfNAddsTheChosenBody) {
  const std::vector<std::string> bodies{"x2", "x10"};
  const Graph graph = routed(kOneOf2, "residual", bodies).value();
  EXPECT_THAT(run(graph, factors(bodies), {1, 0, 0, 1, 1, 0}).values,
              ElementsAre(3, 6, 33, 44, 15, 18));
}

TEST(Route, DoesNotReadBodiesThatNobodyChose) {
  const std::vector<std::string> bodies{"x2", "x10"};
  const Graph graph = routed(kOneOf2, "select", bodies).value();
  NamedTensors params = factors(bodies);
  for (float& w : params["x10.y.weight"].data<float>()) {
    w = std::numeric_limits<float>::quiet_NaN();
  }
  EXPECT_THAT(run(graph, params, {1, 0, 1, 0, 1, 0}).values, ElementsAre(2, 4, 6, 8, 10, 12));
  EXPECT_TRUE(std::isnan(run(graph, params, {1, 0, 1, 0, 1, 0}, Mode::kMasked).values[0]));
}

TEST(Route, MaskedAndCompactGiveTheSame) {
  const std::vector<float> scores{1, 0, 0, 1, 0.5F, 0.7F};
  const std::vector<std::string> two{"x2", "x10"};
  for (const auto& [decide, combine, bodies] :
       {std::tuple{kBinary, "residual", std::vector<std::string>{"x10"}},
        {kBinary, "select", two},
        {kOneOf2, "residual", two},
        {kOneOf2, "select", two}}) {
    const Graph graph = routed(decide, combine, bodies).value();
    const Routed compact = run(graph, factors(bodies), scores);
    const Routed masked = run(graph, factors(bodies), scores, Mode::kMasked);
    EXPECT_THAT(masked.values, Pointwise(FloatNear(1e-5F), compact.values)) << combine;
    for (const auto& [body, cells] : masked.cells) EXPECT_EQ(cells, 3) << body;
  }
}

TEST(Route, SoftWeighsAllBodies) {
  const std::vector<std::string> bodies{"x2", "x10"};
  const Graph graph = routed(kOneOf2, "select", bodies).value();
  // Equal scores: the mean of 2·x and 10·x. Scores far apart: the chosen body.
  EXPECT_THAT(run(graph, factors(bodies), {3, 3, 50, 0, 0, 50}, Mode::kSoft).values,
              Pointwise(FloatNear(1e-4F), {6, 12, 6, 8, 50, 60}));
}

TEST(Route, CostsItsDearestBody) {
  const Graph graph = routed(kOneOf2, "residual", {"x2", "x10"}).value();
  EXPECT_EQ(node_cost(graph.main().nodes[2], graph.main(), graph.params()).macs, 4);
}

TEST(Route, NamesWhatDoesNotFit) {
  EXPECT_THAT(routed(kBinary, "select", {"x1"}).error().message(),
              AllOf(HasSubstr("wrong number of bodies"), HasSubstr("expected 2; found 1")));
  EXPECT_THAT(routed(kBinary, "residual", {"x1", "x2"}).error().message(),
              HasSubstr("expected 1; found 2"));
  EXPECT_THAT(routed(kBinary, "residual", {"x1"}, "[3]").error().message(),
              AllOf(HasSubstr("body x1 takes another type"), HasSubstr("expected [2]; found [3]")));
  EXPECT_THAT(op_error("route(a, a) { body x(x0 [2]) { return x0 } }", {{2}}),
              HasSubstr("the first input must be a decision"));
}

}  // namespace
}  // namespace fovea
