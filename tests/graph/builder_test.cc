// Writing networks: scopes, handles, bodies, errors that name the node.
#include "graph/builder.h"

#include <gmock/gmock.h>

#include "graph/params.h"
#include "networks.h"

namespace fovea {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

template <typename Write>
std::string error_of(Write&& write) {
  try {
    write();
  } catch (const Error& error) {
    EXPECT_EQ(error.info().kind, ErrorKind::kBadInput);
    return error.what();
  }
  return "accepted";
}

TEST(Builder, NamesValuesAndParametersByScopes) {
  Builder b("net");
  ValueHandle x = b.input("input", {3, 4, 4});
  {
    const auto outer = b.scope("blocks", 2);
    const auto inner = b.scope("net");
    x = b.conv2d("0", x, {.channels = 2, .bias = Bias::kPresent});
  }
  x = b.flatten("flat", x);
  b.exit(x);
  b.exit(x);
  const Graph graph = b.finish();
  EXPECT_EQ(graph.main().nodes[0].name, "blocks.2.net.0");
  EXPECT_EQ(graph.params()[0].name, "blocks.2.net.0.weight");
  EXPECT_EQ(graph.params()[1].name, "blocks.2.net.0.bias");
  EXPECT_THAT(graph.exits(), ElementsAre(2, 3));
  EXPECT_EQ(graph.main().nodes[3].name, "exit.1");
  EXPECT_EQ(graph.n_classes(), 32);
  EXPECT_EQ(graph.n_params(), 2 * 3 + 2);
}

TEST(Builder, KnowsShapesAtOnce) {
  Builder b("net");
  const ValueHandle x = b.input("input", {3, 9, 9});
  const ValueHandle y =
      b.conv2d("conv", x, {.channels = 5, .kernel = {3, 3}, .stride = {2, 2}, .pad = {0, 0, 1, 1}});
  EXPECT_EQ(b.shape(y), (Shape{5, 4, 4}));
  EXPECT_EQ(b.channels(y), 5);
  EXPECT_EQ(b.shape(b.max_pool2d("pool", x, {.kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1}})),
            (Shape{3, 5, 5}));
  EXPECT_EQ(b.shape(b.resize("resize", x, {.size = {4, 7}})), (Shape{3, 4, 7}));
  EXPECT_EQ(b.shape(b.slice("slice", x, {.axis = 1, .begin = 2, .end = 5})), (Shape{3, 3, 9}));
}

TEST(Builder, ErrorsNameTheNodeAndTheShapes) {
  EXPECT_THAT(error_of([] {
                Builder b("net");
                const ValueHandle x = b.input("input", {3, 4, 4});
                const auto scope = b.scope("stage");
                b.add("sum", x, b.conv2d("conv", x, {.channels = 4}));
              }),
              AllOf(HasSubstr("node stage.sum"), HasSubstr("[3,4,4]"), HasSubstr("[4,4,4]")));
  EXPECT_THAT(error_of([] {
                Builder b("net");
                const ValueHandle x = b.input("input", {4});
                b.relu("a", x);
                b.relu("a", x);
              }),
              HasSubstr("two nodes with one name"));
}

TEST(Builder, RefusesNetworksWithoutExits) {
  EXPECT_THAT(error_of([] {
                Builder b("net");
                b.relu("a", b.input("input", {4}));
                (void)b.finish();
              }),
              HasSubstr("a network without exits"));
}

TEST(Builder, FindsValuesByNameAndTap) {
  const Graph graph = routed_network();
  EXPECT_EQ(graph.find_value("after"), graph.find_value("route"));
  EXPECT_FALSE(graph.find_value("more.conv").has_value()) << "values of bodies are not tapped";
  EXPECT_FALSE(graph.find_value("nothing").has_value());
}

TEST(Params, AreFoundByNameAndChecked) {
  const Graph graph = routed_network();
  NamedTensors params;
  for (const Param& param : graph.params()) params[param.name] = Tensor::f32(param.shape);
  EXPECT_EQ(params_by_id(graph, params).size(), graph.params().size());
  params["head0.weight"] = Tensor::f32({5, 5});
  EXPECT_THAT(error_of([&] { (void)params_by_id(graph, params); }),
              AllOf(HasSubstr("head0.weight"), HasSubstr("[5,4]"), HasSubstr("[5,5]")));
  params.erase("head0.weight");
  EXPECT_THAT(error_of([&] { (void)params_by_id(graph, params); }),
              AllOf(HasSubstr("missing"), HasSubstr("head0.weight")));
}

TEST(Taps, UnknownOnesGetTheNearest) {
  try {
    (void)tap_values(routed_network(), {"aftre"});
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.info().kind, ErrorKind::kUsage);
    EXPECT_THAT(error.info().hint, HasSubstr("'after'"));
  }
  EXPECT_THROW((void)tap_values(routed_network(), {"gate"}), Error) << "a decision is no tensor";
}

}  // namespace
}  // namespace fovea
