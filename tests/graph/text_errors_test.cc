// What the text form refuses, and how well the message says where and why.
#include <gmock/gmock.h>

#include "networks.h"

namespace fovea {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kInput = "input x [3,8,8]\n";

std::string after_input(std::string_view statements) {
  return refusal(std::string(kInput) + std::string(statements));
}

std::string whole(std::string_view text) {
  const Result<Graph> graph = parse_graph(text, "net.txt");
  return graph.ok() ? "accepted" : graph.error().message();
}

TEST(TextErrors, NameLineAndColumn) {
  // The header has three lines, the input is the fourth.
  EXPECT_THAT(after_input("a = relu(x)\nb = relu(y)\n"), HasSubstr("net.txt:6:10"));
  EXPECT_THAT(after_input("a = relu x)\n"),
              AllOf(HasSubstr("net.txt:5:10"), HasSubstr("expected '('"), HasSubstr("'x)'")));
  EXPECT_THAT(after_input("a = relu(x) q=1\n"), HasSubstr("net.txt:5:13"));
  EXPECT_THAT(after_input("a = relu(\"x\n"),
              AllOf(HasSubstr("net.txt:5:10"), HasSubstr("does not end")));
}

TEST(TextErrors, AreBadInput) {
  const Result<Graph> graph = parse_graph("nothing", "net.txt");
  ASSERT_FALSE(graph.ok());
  EXPECT_EQ(graph.error().kind, ErrorKind::kBadInput);
}

TEST(TextErrors, OfTheHeader) {
  EXPECT_THAT(whole(""), AllOf(HasSubstr("'fovea-graph'"), HasSubstr("the end of the text")));
  EXPECT_THAT(whole("fovea-graph 2\n"), HasSubstr("unknown version of the text form"));
  EXPECT_THAT(whole("fovea-graph 1\ninput x [1]\n"), HasSubstr("expected 'graph'"));
  EXPECT_THAT(whole("fovea-graph 1\ngraph \"\"\nops\n"), HasSubstr("an empty name"));
  EXPECT_THAT(whole("fovea-graph 1\ngraph t\nops conw2d@1\n"), HasSubstr("perhaps 'conv2d'"));
  EXPECT_THAT(whole("fovea-graph 1\ngraph t\nops conv2d@x\n"), HasSubstr("version is no number"));
  EXPECT_THAT(whole("\x7f\x45\x4c\x46\x01"), HasSubstr("cannot read the graph"));
}

TEST(TextErrors, UnknownOperatorsGetTheNearest) {
  EXPECT_THAT(after_input("a = conv3d(x)\n"),
              AllOf(StartsWith("unknown operator 'conv3d'"), HasSubstr("perhaps 'conv2d'")));
  EXPECT_THAT(after_input("a = zzzzzz(x)\n"), StartsWith("unknown operator 'zzzzzz'"));
}

TEST(TextErrors, UnknownAttributesGetThoseThatThereAre) {
  EXPECT_THAT(
      after_input("a = conv2d(x) chanels=3\n"),
      AllOf(HasSubstr("conv2d: unknown attribute 'chanels'"), HasSubstr("channels, kernel")));
  EXPECT_THAT(after_input("a = relu(x) slope=0.1\n"), HasSubstr("no attributes"));
}

TEST(TextErrors, BadAttributeValues) {
  EXPECT_THAT(
      after_input("a = conv2d(x) channels=many\n"),
      AllOf(HasSubstr("'channels' does not parse"), HasSubstr("an integer"), HasSubstr("'many'")));
  EXPECT_THAT(after_input("a = conv2d(x) kernel=3x3x3\n"), HasSubstr("HEIGHTxWIDTH"));
  EXPECT_THAT(after_input("a = conv2d(x) pad=1,2\n"), HasSubstr("TOP,LEFT,BOTTOM,RIGHT"));
  EXPECT_THAT(after_input("a = conv2d(x) bias=maybe\n"), HasSubstr("one of none, present"));
  EXPECT_THAT(after_input("a = batch_norm(x) eps=nan\n"), HasSubstr("a finite number"));
  EXPECT_THAT(after_input("a = conv2d(x) channels=1 channels=2\n"), HasSubstr("given twice"));
  EXPECT_THAT(after_input("a = conv2d(x) channels=99999999999999999999\n"), HasSubstr("channels"));
}

TEST(TextErrors, ShapesNameTheNodeAndWhatWasFound) {
  EXPECT_THAT(after_input("y = conv2d(x) channels=4\nbad = add(x, y)\nlater = relu(bad)\n"),
              AllOf(HasSubstr("add: shapes do not fit"), HasSubstr("net.txt:6:1, node bad"),
                    HasSubstr("[3,8,8]"), HasSubstr("[4,8,8]")));
  EXPECT_THAT(after_input("bad = linear(x)\n"),
              AllOf(HasSubstr("node bad"), HasSubstr("src must be a vector")));
  EXPECT_THAT(after_input("bad = conv2d(x) kernel=9x9\n"), HasSubstr("larger than the padded map"));
  EXPECT_THAT(after_input("bad = conv2d(x) channels=4 groups=2\n"), HasSubstr("groups"));
  EXPECT_THAT(after_input("bad = slice(x) begin=2 end=2\n"), HasSubstr("the range does not fit"));
}

TEST(TextErrors, CyclesAndUnknownValues) {
  EXPECT_THAT(after_input("a = relu(b)\nb = relu(a)\n"),
              AllOf(HasSubstr("no value 'b' before this place"), HasSubstr("no cycles")));
  EXPECT_THAT(after_input("a = relu(a)\n"), HasSubstr("no value 'a' before this place"));
  EXPECT_THAT(after_input("stem = relu(x)\nb = relu(stam)\n"), HasSubstr("perhaps 'stem'"));
}

TEST(TextErrors, NamesMustBeUnique) {
  EXPECT_THAT(after_input("a = relu(x)\na = relu(x)\n"), HasSubstr("two nodes with one name"));
  EXPECT_THAT(after_input("x = relu(x)\n"), HasSubstr("two values with one name"));
  EXPECT_THAT(after_input("input x [1]\n"), HasSubstr("two values with one name"));
  EXPECT_THAT(after_input("a = mean_hw(x)\ntap a = x\ne = exit(a)\n"),
              HasSubstr("two values with one name"));
  // A tap before the node whose name it takes.
  EXPECT_THAT(after_input("tap a = x\na = mean_hw(x)\ne = exit(a)\n"),
              HasSubstr("two values with one name"));
}

TEST(TextErrors, NamesMustBeUtf8) {
  EXPECT_THAT(after_input("\"\xff\" = relu(x)\n"), HasSubstr("no UTF-8"));
  EXPECT_THAT(refusal("input \"\xc3\" [1]\n"), HasSubstr("no UTF-8"));
  EXPECT_THAT(after_input("tap \"\xff\" = x\n"), HasSubstr("no UTF-8"));
  EXPECT_THAT(after_input("a = conv2d(x) params(weight=\"\xff\")\n"), HasSubstr("no UTF-8"));
}

TEST(TextErrors, WrongNumbersOfInputs) {
  EXPECT_THAT(after_input("a = add(x)\n"),
              AllOf(HasSubstr("add: wrong number of inputs"), HasSubstr("expected 2 (a, b)")));
  EXPECT_THAT(after_input("a = concat()\n"), HasSubstr("1 or more"));
}

TEST(TextErrors, Parameters) {
  EXPECT_THAT(after_input("a = conv2d(x) params(bias=b)\n"), HasSubstr("a slot it does not have"));
  EXPECT_THAT(after_input("a = relu(x) params(weight=b)\n"), HasSubstr("takes no parameters"));
  EXPECT_THAT(after_input("a = conv2d(x) params(weight=b, weight=c)\n"), HasSubstr("given twice"));
  EXPECT_THAT(after_input("a = conv2d(x) params(weight=w)\n"
                          "b = conv2d(x) channels=2 params(weight=w)\n"),
              AllOf(HasSubstr("shared with another shape"), HasSubstr("[2,3,1,1]")));
}

TEST(TextErrors, InputsOfTheNetwork) {
  EXPECT_THAT(refusal("input x [0]\n"), HasSubstr("extent below 1"));
  EXPECT_THAT(refusal("input x [-1]\n"), HasSubstr("[-1]"));
  EXPECT_THAT(refusal("input x [65536,65536]\n"), HasSubstr("impossible shape"));
  EXPECT_THAT(refusal("input x [9223372036854775807,9223372036854775807]\n"),
              HasSubstr("impossible shape"));
  EXPECT_THAT(refusal("input x [1,1,1,1,1,1,1,1,1]\n"), HasSubstr("too many extents"));
  EXPECT_THAT(refusal("input x [a]\n"), HasSubstr("an extent is no number"));
  EXPECT_THAT(refusal("input x binary[2]\n"), HasSubstr("that is a decision"));
}

TEST(TextErrors, SizesStayFarFromOverflow) {
  EXPECT_THAT(after_input("a = conv2d(x) channels=16777216 kernel=8x8\n"),
              HasSubstr("too many elements"));
  EXPECT_THAT(after_input("a = conv2d(x) kernel=16777216x16777216 pad=16777216\n"),
              HasSubstr("too many taps"));
  EXPECT_THAT(after_input("a = conv2d(x) kernel=9000000000x1\n"), HasSubstr("1 to 2^24"));
  EXPECT_THAT(after_input("a = resize(x) size=1000000000x1000000000\n"),
              HasSubstr("too many elements"));
}

TEST(TextErrors, WholeNetworks) {
  EXPECT_THAT(refusal("a = relu(x)\n"), HasSubstr("no value 'x'"));
  EXPECT_THAT(refusal(""), HasSubstr("a network without inputs"));
  EXPECT_THAT(after_input("a = relu(x)\n"), HasSubstr("a network without exits"));
  EXPECT_THAT(after_input("a = mean_hw(x)\nb = linear(a) features=2\ne0 = exit(a)\ne1 = exit(b)\n"),
              HasSubstr("different numbers of classes"));
}

constexpr std::string_view kDecided = "input x [3]\ninput s [1]\nd = decide(s)\n";

std::string decided(std::string_view statements) {
  return refusal(std::string(kDecided) + std::string(statements));
}

TEST(TextErrors, Bodies) {
  EXPECT_THAT(decided("r = route(d, x)\n"), HasSubstr("wrong number of bodies"));
  EXPECT_THAT(decided("r = route(d, x) { body a(x0 [3]) { return x0 } }\n"),
              AllOf(HasSubstr("route: wrong number of bodies"), HasSubstr("expected 2")));
  EXPECT_THAT(decided("r = route(x, x) { body a(x0 [3]) { return x0 } }\n"),
              HasSubstr("must be a decision"));
  EXPECT_THAT(decided("r = route(d, x) combine=residual { body a(x0 [4]) { return x0 } }\n"),
              AllOf(HasSubstr("body a takes another type"), HasSubstr("[4]"), HasSubstr("[3]")));
  EXPECT_THAT(decided("r = route(d, x) combine=residual { body a() { return x0 } }\n"),
              HasSubstr("no value 'x0'"));
  EXPECT_THAT(decided("r = route(d, x) combine=residual { body a(x0 [3]) { return x } }\n"),
              HasSubstr("no value 'x' before this place"));
  EXPECT_THAT(decided("r = route(d, x) combine=residual { body a(x0 [3]) {\ny = relu(x0)\n}\n"),
              HasSubstr("a node's name"));
  EXPECT_THAT(decided("r = relu(x) { body a(x0 [3]) { return x0 } }\n"),
              HasSubstr("wrong number of bodies"));
  EXPECT_THAT(decided("r = route(d, x) combine=residual { body a(x0 [3]) {"
                      "\nl = linear(x0) features=2\nreturn l } }\n"),
              HasSubstr("gives another type"));
}

TEST(TextErrors, ExitsInsideBodies) {
  EXPECT_THAT(decided("r = route(d, x) combine=residual { body a(x0 [3]) {\n"
                      "e = exit(x0)\nreturn x0 } }\n"),
              HasSubstr("an exit inside a body"));
  EXPECT_THAT(decided("r = route(d, x) combine=residual { body main(x0 [3]) {\n"
                      "e = exit(x0)\nreturn x0 } }\n"),
              HasSubstr("a body called main"));
}

TEST(TextErrors, BodiesThatNestTooDeeply) {
  std::string text = "input x [3]\ninput s [1]\n";
  std::string name = "x";
  std::string score = "s";
  for (int i = 0; i < 40; ++i) {
    const std::string n = std::to_string(i);
    text.append("d").append(n).append(" = decide(").append(score).append(")\n");
    text.append("r").append(n).append(" = route(d").append(n).append(", ").append(name);
    text.append(", ").append(score).append(") combine=residual { body b").append(n);
    text.append("(x0 [3], s0 [1]) {\n");
    name = "x0";
    score = "s0";
  }
  EXPECT_THAT(refusal(text), HasSubstr("nested too deeply"));
}

}  // namespace
}  // namespace fovea
