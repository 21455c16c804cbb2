// The text form is written and read back equal; what it allows.
#include <gmock/gmock.h>

#include "networks.h"

namespace fovea {
namespace {

using testing::HasSubstr;

Graph parsed(const std::string& text) {
  Result<Graph> graph = parse_graph(text, "net.txt");
  EXPECT_TRUE(graph.ok()) << graph.error().message();
  return std::move(graph).value();
}

void expect_round_trip(const Graph& graph) {
  const std::string text = to_text(graph);
  const Graph back = parsed(text);
  EXPECT_EQ(to_text(back), text);
  EXPECT_TRUE(back == graph);
  EXPECT_EQ(back.params(), graph.params());
  EXPECT_EQ(hash_of(back), hash_of(graph));
}

TEST(TextForm, IsAsTheDocumentationShowsIt) {
  EXPECT_EQ(to_text(routed_network()),
            R"(fovea-graph 1
graph routed
ops conv2d@1 decide@1 exit@1 linear@1 mean_hw@1 relu@1 route@1
input input [3,8,8]
stem.conv = conv2d(input) channels=4 kernel=3x3 pad=1  # [4,8,8]
stem.relu = relu(stem.conv)  # [4,8,8]
pool0 = mean_hw(stem.relu)  # [4]
head0 = linear(pool0) features=5  # [5]
exit.0 = exit(head0)
pool_gate = mean_hw(stem.relu)  # [4]
score = linear(pool_gate)  # [1]
gate = decide(score)  # binary[2]
route = route(gate, stem.relu) combine=residual {
  body more(x0 [4,8,8]) {
    more.conv = conv2d(x0) channels=4 kernel=3x3 pad=1  # [4,8,8]
    return more.conv
  }
}
pool1 = mean_hw(route)  # [4]
head1 = linear(pool1) features=5  # [5]
exit.1 = exit(head1)
tap after = route
)");
}

TEST(TextForm, ReadsBackEqual) { expect_round_trip(routed_network()); }

TEST(TextForm, IgnoresCommentsBlanksAndCarriageReturns) {
  const Graph plain = parsed(graph_text("input x [4]\ny = linear(x) features=2\ne = exit(y)\n"));
  const Graph other = parsed(
      "# a network\r\n\r\nfovea-graph   1\r\ngraph test # its name\r\nops linear@1 exit@1\r\n"
      "\tinput x [ 4 ]\r\ny = linear( x )   features=2 # [2]\r\ne=exit(y)");
  EXPECT_TRUE(plain == other);
}

TEST(TextForm, KeepsNamesThatNeedQuotes) {
  const Graph graph = parsed(graph_text(R"(
input "two words" [4]
"a\"b\\c" = relu("two words")
"größe" = linear("a\"b\\c") features=2
e = exit("größe")
tap "t = #" = "größe"
)"));
  EXPECT_TRUE(graph.find_value("a\"b\\c").has_value());
  EXPECT_TRUE(graph.find_value("t = #").has_value());
  expect_round_trip(graph);
}

TEST(TextForm, KeepsNodesThatAreCalledAsWordsOfTheGrammar) {
  Builder b("words");
  ValueHandle x = b.input("input", {4});
  x = b.relu("tap", x);
  x = b.relu("return", x);
  x = b.relu("body", x);
  x = b.relu("binary", x);
  b.exit(b.linear("params", x, {.features = 2}));
  expect_round_trip(b.finish());
  Builder other("input");
  x = other.relu("input", other.input("tap", {4}));
  other.exit(x);
  expect_round_trip(other.finish());
}

TEST(TextForm, KeepsSharedAndRenamedParameters) {
  const Graph graph =
      parsed(graph_text("input x [4]\na = linear(x) features=4 params(weight=w, bias=\"b 0\")\n"
                        "b = linear(a) features=4 params(weight=w)\ne = exit(b)\n"));
  EXPECT_EQ(graph.params().size(), 3U);
  EXPECT_THAT(to_text(graph), HasSubstr("params(weight=w, bias=\"b 0\")"));
  expect_round_trip(graph);
}

TEST(TextForm, KeepsNestedBodiesAndSelections) {
  const Graph graph = parsed(graph_text(R"(
input x [4]
d = decide(x) rule=argmax
r = route(d, x) {
  body a(x0 [4]) {
    y = relu(x0)
    return y
  }
  body b(x0 [4]) {
    dd = decide(x0) metric=margin threshold=0.25
    rr = route(dd, x0, dd) {
      body no(x0 [4], d0 binary[2]) { return x0 }
      body yes(x0 [4], d0 binary[2]) {
        yy = relu(x0)
        return yy
      }
    }
    return rr
  }
  body c(x0 [4]) { return x0 }
  body d(x0 [4]) { return x0 }
}
e = exit(r) metric=neg_entropy
)"));
  EXPECT_EQ(graph.main().nodes[1].bodies.size(), 4U);
  EXPECT_EQ(graph.main().nodes[1].bodies[1].nodes[1].bodies.size(), 2U);
  expect_round_trip(graph);
}

TEST(TextForm, KeepsNodesWithSeveralResults) {
  const Graph graph = parsed(graph_text(R"(
input x [4]
d = decide(x) metric=max_softmax threshold=0.5
r = route(d, x) {
  body no(x0 [4]) {
    a = relu(x0)
    return x0, a
  }
  body yes(x0 [4]) {
    b = relu6(x0)
    return b, x0
  }
}
s = add(r:0, r:1)
e = exit(s)
)"));
  expect_round_trip(graph);
}

TEST(TextForm, ReadsOlderOperatorVersionsAndKnowsNoNewer) {
  EXPECT_TRUE(
      parse_graph("fovea-graph 1\ngraph t\nops exit@1\ninput x [2]\ne = exit(x)\n", "t").ok());
  const Result<Graph> newer =
      parse_graph("fovea-graph 1\ngraph t\nops exit@7\ninput x [2]\ne = exit(x)\n", "t");
  ASSERT_FALSE(newer.ok());
  EXPECT_THAT(newer.error().message(), HasSubstr("operator exit has a newer version"));
}

TEST(TextForm, DiffersWhereNetworksDiffer) {
  const Graph a = parsed(graph_text("input x [4]\ny = linear(x) features=2\ne = exit(y)\n"));
  const Graph b = parsed(graph_text("input x [4]\ny = linear(x) features=3\ne = exit(y)\n"));
  EXPECT_FALSE(a == b);
  EXPECT_NE(hash_of(a), hash_of(b));
}

}  // namespace
}  // namespace fovea
