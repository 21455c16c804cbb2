// Structure of the networks: weights, keys, taps, initialisation, text form.
#include <gmock/gmock.h>

#include <algorithm>

#include "graph/cost.h"
#include "graph/init.h"
#include "zoo/zoo.h"

namespace fovea {
namespace {

using testing::Not;

const Param* find_param(const Graph& graph, std::string_view name) {
  for (const Param& param : graph.params()) {
    if (param.name == name) return &param;
  }
  return nullptr;
}

Shape shape_of(const Graph& graph, std::string_view param) {
  const Param* found = find_param(graph, param);
  EXPECT_NE(found, nullptr) << graph.name() << " has no " << param;
  return found == nullptr ? Shape{} : found->shape;
}

Shape tap_shape(const Graph& graph, std::string_view tap) {
  const auto value = graph.find_value(tap);
  EXPECT_TRUE(value.has_value()) << graph.name() << " has no " << tap;
  return value ? graph.main().value(*value).type.shape : Shape{};
}

// specs/ranet.md 4: entries of the state dict, and trained ones among them.
TEST(StateDict, HasThePublishedNumberOfTensors) {
  struct Count {
    std::string name;
    int64_t all, trained;
  };
  for (const Count& want :
       {Count{"ranet-d-cifar10", 1020, 516}, Count{"ranet-a-cifar10", 1774, 895},
        Count{"ranet-b1-cifar10", 1284, 648}, Count{"ranet-b2-cifar10", 2728, 1372},
        Count{"ranet-i32", 3317, 1667}, Count{"ranet-i64", 3317, 1667},
        Count{"msdnet-even-b7-cifar10", 782, 398}, Count{"msdnet-lingrow-b5-cifar10", 670, 340},
        Count{"msdnet-k4-base4", 1127, 569}}) {
    const Graph graph = make_network(want.name);
    const auto trained = std::count_if(graph.params().begin(), graph.params().end(),
                                       [](const Param& param) { return is_trained(param.role); });
    EXPECT_EQ(static_cast<int64_t>(graph.params().size()), want.all) << want.name;
    EXPECT_EQ(trained, want.trained) << want.name;
  }
}

TEST(StateDict, HasTheKeysOfTheRanetProgram) {
  const Graph graph = make_network("ranet-a-cifar10");
  EXPECT_EQ(shape_of(graph, "scale_flows.0.0.layers.0.conv_normal.net.0.weight"),
            (Shape{64, 64, 1, 1}));
  // The worked layer of 2.9: sub-network 2, block 2.
  EXPECT_EQ(shape_of(graph, "scale_flows.1.1.layers.0.conv_normal.net.0.weight"),
            (Shape{18, 100, 1, 1}));
  EXPECT_EQ(shape_of(graph, "scale_flows.1.1.layers.0.conv_up.net.0.weight"),
            (Shape{12, 160, 1, 1}));
  EXPECT_EQ(shape_of(graph, "scale_flows.1.1.layers.3.conv_up.net.3.weight"), (Shape{3, 12, 3, 3}));
  EXPECT_EQ(shape_of(graph, "scale_flows.1.1.layers.3.conv_normal.net.4.running_var"), (Shape{9}));
  EXPECT_EQ(shape_of(graph, "scale_flows.1.1.conv_last.net.0.weight"), (Shape{37, 256, 1, 1}));
  EXPECT_EQ(shape_of(graph, "scale_flows.1.1.trans.net.0.weight"), (Shape{92, 185, 1, 1}));
  EXPECT_EQ(shape_of(graph, "FirstLayer.layers.3.net.0.weight"), (Shape{64, 32, 3, 3}));
  EXPECT_EQ(shape_of(graph, "classifier.7.m.0.net.0.weight"), (Shape{128, 204, 3, 3}));
  EXPECT_EQ(shape_of(graph, "classifier.7.linear.bias"), (Shape{10}));
  EXPECT_EQ(shape_of(graph, "classifier.7.m.1.net.1.num_batches_tracked"), Shape{});
  const Graph stem = make_network("ranet-i32");
  EXPECT_EQ(shape_of(stem, "FirstLayer.layers.0.0.weight"), (Shape{32, 3, 7, 7}));
  EXPECT_EQ(shape_of(stem, "FirstLayer.layers.0.0.bias"), (Shape{32}));
  EXPECT_EQ(shape_of(stem, "FirstLayer.layers.0.1.running_mean"), (Shape{32}));
}

TEST(StateDict, HasTheKeysOfTheMsdnetProgram) {
  const Graph graph = make_network("msdnet-even-b7-cifar100");
  EXPECT_EQ(shape_of(graph, "blocks.0.0.layers.2.net.0.weight"), (Shape{64, 32, 3, 3}));
  EXPECT_EQ(shape_of(graph, "blocks.0.1.layers.0.conv_normal.net.3.weight"), (Shape{6, 6, 3, 3}));
  EXPECT_EQ(find_param(graph, "blocks.0.1.layers.0.conv_down.net.0.weight"), nullptr);
  EXPECT_EQ(shape_of(graph, "blocks.0.1.layers.1.conv_down.net.3.weight"), (Shape{6, 6, 3, 3}));
  EXPECT_EQ(shape_of(graph, "blocks.2.1.m.0.net.0.weight"), (Shape{58, 116, 1, 1}));
  EXPECT_EQ(shape_of(graph, "classifier.6.linear.weight"), (Shape{100, 128}));
  EXPECT_EQ(shape_of(make_network("msdnet-k4-base4"), "blocks.0.0.layers.0.0.bias"), (Shape{32}));
}

// The worked tables of 2.9 and 3.6.
TEST(Taps, HaveTheNamesOfTheGoldenFiles) {
  const Graph ranet = make_network("ranet-a-cifar10");
  EXPECT_EQ(tap_shape(ranet, "first.0"), (Shape{64, 8, 8}));
  EXPECT_EQ(tap_shape(ranet, "first.3"), (Shape{16, 32, 32}));
  EXPECT_EQ(tap_shape(ranet, "block.0.1.out"), (Shape{256, 8, 8}));
  EXPECT_EQ(tap_shape(ranet, "block.1.1.feat_last"), (Shape{148, 8, 8}));
  EXPECT_EQ(tap_shape(ranet, "block.1.1.out"), (Shape{92, 8, 8}));
  EXPECT_EQ(tap_shape(ranet, "block.3.1.out"), (Shape{46, 32, 32}));
  EXPECT_EQ(tap_shape(ranet, "block.3.5.out"), (Shape{156, 8, 8}));
  EXPECT_EQ(tap_shape(ranet, "block.3.7.out"), (Shape{204, 8, 8}));
  const Graph msdnet = make_network("msdnet-even-b7-cifar100");
  EXPECT_EQ(tap_shape(msdnet, "first.0"), (Shape{16, 32, 32}));
  EXPECT_EQ(tap_shape(msdnet, "block.2.scale.0"), (Shape{70, 16, 16}));
  EXPECT_EQ(tap_shape(msdnet, "block.6.scale.0"), (Shape{200, 8, 8}));
  EXPECT_FALSE(msdnet.find_value("block.6.scale.1").has_value());
}

// 2.10 and 3.7.
TEST(Initialisation, IsThatOfThePrograms) {
  const Graph ranet = make_network("ranet-i32");
  EXPECT_EQ(find_param(ranet, "FirstLayer.layers.1.net.0.weight")->init, Init::kUniformFanIn);
  EXPECT_EQ(find_param(ranet, "FirstLayer.layers.0.0.bias")->init, Init::kUniformFanIn);
  EXPECT_EQ(find_param(ranet, "FirstLayer.layers.0.0.bias")->fan_in, 3 * 7 * 7);
  EXPECT_EQ(find_param(ranet, "scale_flows.0.0.layers.0.conv_normal.net.0.weight")->init,
            Init::kNormalFanOut);
  EXPECT_EQ(find_param(ranet, "classifier.0.m.0.net.0.weight")->init, Init::kNormalFanOut);
  EXPECT_EQ(find_param(ranet, "classifier.0.linear.weight")->init, Init::kUniformFanIn);
  EXPECT_EQ(find_param(ranet, "classifier.0.linear.bias")->init, Init::kZeros);
  const Graph msdnet = make_network("msdnet-even-b7-cifar10");
  for (const Param& param : msdnet.params()) {
    if (param.shape.rank() >= 2 || param.name.ends_with("linear.bias")) {
      EXPECT_EQ(param.init, Init::kUniformFanIn) << param.name;
    }
  }
}

TEST(Initialisation, OfADeclaredSeedIsReproducible) {
  const Graph graph = make_network("msdnet-lingrow-b5-cifar10");
  const NamedTensors a = init_params(graph, 1);
  const NamedTensors b = init_params(graph, 1);
  const NamedTensors c = init_params(graph, 2);
  ASSERT_EQ(a.size(), graph.params().size());
  const std::string key = "blocks.0.1.layers.0.conv_normal.net.3.weight";
  EXPECT_TRUE(std::ranges::equal(a.at(key).data<float>(), b.at(key).data<float>()));
  EXPECT_FALSE(std::ranges::equal(a.at(key).data<float>(), c.at(key).data<float>()));
}

// Totals of torchvision's networks, and those of the papers for CIFAR.
TEST(StaticNetworks, HaveTheUsualNumberOfParameters) {
  EXPECT_EQ(make_network("resnet18").n_params(), 11689512);
  EXPECT_EQ(make_network("resnet34").n_params(), 21797672);
  EXPECT_EQ(make_network("resnet50").n_params(), 25557032);
  EXPECT_EQ(make_network("resnet", {{"depth", "101"}}).n_params(), 44549160);
  EXPECT_EQ(make_network("resnet", {{"depth", "152"}}).n_params(), 60192808);
  EXPECT_EQ(make_network("mobilenetv2").n_params(), 3504872);
  EXPECT_EQ(make_network("mobilenetv2", {{"width", "0.5"}}).n_params(), 1968680);
  EXPECT_EQ(make_network("densenet-bc-100-12-cifar10").n_params(), 769162);
  EXPECT_EQ(make_network("densenet",
                         {{"data", "ImageNet"}, {"blocks", "6-12-24-16"}, {"growthRate", "32"}})
                .n_params(),
            7978856);
}

TEST(StaticNetworks, HaveTorchvisionsKeys) {
  const Graph resnet = make_network("resnet50");
  EXPECT_EQ(shape_of(resnet, "layer1.0.downsample.0.weight"), (Shape{256, 64, 1, 1}));
  EXPECT_EQ(shape_of(resnet, "layer4.2.bn3.running_var"), (Shape{2048}));
  EXPECT_EQ(shape_of(resnet, "fc.weight"), (Shape{1000, 2048}));
  const Graph mobilenet = make_network("mobilenetv2");
  EXPECT_EQ(shape_of(mobilenet, "features.0.0.weight"), (Shape{32, 3, 3, 3}));
  EXPECT_EQ(shape_of(mobilenet, "features.1.conv.0.0.weight"), (Shape{32, 1, 3, 3}));
  EXPECT_EQ(shape_of(mobilenet, "features.1.conv.1.weight"), (Shape{16, 32, 1, 1}));
  EXPECT_EQ(shape_of(mobilenet, "features.2.conv.1.0.weight"), (Shape{96, 1, 3, 3}));
  EXPECT_EQ(shape_of(mobilenet, "features.17.conv.3.bias"), (Shape{320}));
  EXPECT_EQ(shape_of(mobilenet, "features.18.1.weight"), (Shape{1280}));
  EXPECT_EQ(shape_of(mobilenet, "classifier.1.bias"), (Shape{1000}));
  const Graph densenet = make_network("densenet-bc-100-12-cifar10");
  EXPECT_EQ(shape_of(densenet, "features.denseblock3.denselayer16.conv2.weight"),
            (Shape{12, 48, 3, 3}));
  EXPECT_EQ(shape_of(densenet, "features.transition1.conv.weight"), (Shape{108, 216, 1, 1}));
}

TEST(StaticNetworks, MobilenetPadsAsTensorflowWhereAsked) {
  const std::string symmetric = to_text(make_network("mobilenetv2"));
  const std::string tf = to_text(make_network("mobilenetv2", {{"padding", "tf_same"}}));
  EXPECT_THAT(symmetric, Not(testing::HasSubstr("pad=0,0,1,1")));
  EXPECT_THAT(tf, testing::HasSubstr("features.0.0 = conv2d(input) channels=32 kernel=3x3 "
                                     "stride=2x2 pad=0,0,1,1"));
  // An odd map has a pixel on every side.
  EXPECT_THAT(to_text(make_network("mobilenetv2", {{"padding", "tf_same"}, {"input_size", "97"}})),
              testing::HasSubstr("features.0.0 = conv2d(input) channels=32 kernel=3x3 "
                                 "stride=2x2 pad=1 "));
}

class EveryNetwork : public testing::TestWithParam<std::string> {};

TEST_P(EveryNetwork, ParsesBackFromItsText) {
  const Graph graph = make_network(GetParam());
  const std::string text = to_text(graph);
  const Result<Graph> back = parse_graph(text, "text");
  ASSERT_TRUE(back.ok()) << back.error().message();
  EXPECT_EQ(to_text(back.value()), text);
  EXPECT_EQ(back.value().params(), graph.params());
  EXPECT_EQ(back.value().n_exits(), graph.n_exits());
  EXPECT_EQ(hash_of(back.value()), hash_of(graph));
  EXPECT_EQ(exit_costs(back.value()).back().macs, exit_costs(graph).back().macs);
}

TEST_P(EveryNetwork, HasOneInputAndTheDataSetsClasses) {
  const Graph graph = make_network(GetParam());
  ASSERT_EQ(graph.main().inputs.size(), 1U);
  EXPECT_EQ(graph.main().value(graph.main().inputs[0]).name, "input");
  const std::vector<std::string> labels = default_labels(GetParam());
  EXPECT_TRUE(labels.empty() || static_cast<int64_t>(labels.size()) == graph.n_classes());
}

INSTANTIATE_TEST_SUITE_P(Zoo, EveryNetwork, testing::ValuesIn(network_names()),
                         [](const auto& each) {
                           std::string name = each.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace fovea
