// What the export writes, judged by libonnx's own checker and shape inference.
#include <gmock/gmock.h>
#include <onnx/checker.h>
#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

#include <cmath>

#include "../model/scratch.h"
#include "../model/tiny_network.h"
#include "exchange/onnx_export.h"
#include "exchange/onnx_ops.h"

namespace fovea {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

onnx::ModelProto exported(const Graph& graph, const OnnxOptions& options = {}) {
  const Result<std::string> bytes = onnx_bytes(graph, formula_weights(graph), options);
  EXPECT_TRUE(bytes.ok()) << (bytes.ok() ? "" : bytes.error().message());
  onnx::ModelProto model;
  if (bytes.ok()) {
    EXPECT_TRUE(model.ParseFromString(bytes.value()));
    EXPECT_NO_THROW(onnx::checker::check_model(model)) << graph.name();
  }
  return model;
}

std::vector<std::string> op_types(const onnx::ModelProto& model) {
  std::vector<std::string> out;
  for (const auto& node : model.graph().node()) out.push_back(node.op_type());
  return out;
}

std::vector<std::string> output_names(const onnx::ModelProto& model) {
  std::vector<std::string> out;
  for (const auto& output : model.graph().output()) out.push_back(output.name());
  return out;
}

Shape shape_of(const onnx::ValueInfoProto& value) {
  std::vector<int64_t> dims;
  for (const auto& dim : value.type().tensor_type().shape().dim()) dims.push_back(dim.dim_value());
  return Shape(dims);
}

/// The shapes that libonnx infers for the outputs once the declared ones are taken away.
std::vector<Shape> inferred_shapes(onnx::ModelProto model) {
  for (auto& output : *model.mutable_graph()->mutable_output()) {
    output.mutable_type()->mutable_tensor_type()->clear_shape();
  }
  onnx::ShapeInferenceOptions options(/*check_type_val=*/true, /*strict_mode_val=*/1,
                                      /*data_prop_val=*/true);
  EXPECT_NO_THROW(
      onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(), options));
  std::vector<Shape> out;
  for (const auto& output : model.graph().output()) out.push_back(shape_of(output));
  return out;
}

/// Two exits; every operator but those of decisions, every mode of resize.
Graph many_operators() {
  Builder b("many");
  ValueHandle x = b.input("input", {3, 12, 12});
  x = b.relu6("act", b.batch_norm("norm", b.conv2d("conv", x,
                                                   {.channels = 8,
                                                    .kernel = {3, 3},
                                                    .stride = {2, 2},
                                                    .dilation = {1, 1},
                                                    .pad = {0, 0, 1, 1}})));
  const ValueHandle deep = b.conv2d("deep", x,
                                    {.channels = 8,
                                     .kernel = {3, 3},
                                     .pad = Padding::all(1),
                                     .groups = 8,
                                     .bias = Bias::kPresent});
  const ValueHandle gate = b.sigmoid(
      "gate", b.linear("squeeze", b.mean_hw("mean", deep), {.features = 8, .bias = Bias::kNone}));
  x = b.multiply("scaled", deep, gate);
  b.exit(b.linear("head0", b.mean_hw("mean0", x), {.features = 5}));
  const ValueHandle pooled =
      b.avg_pool2d("avg", x, {.kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1}});
  const ValueHandle largest = b.max_pool2d("max", x, {});
  ValueHandle y = b.concat(
      "cat", {b.resize("up0", pooled, {.size = {7, 5}, .mode = ResizeMode::kBilinearAligned}),
              b.resize("up1", largest, {.size = {7, 5}, .mode = ResizeMode::kBilinear}),
              b.resize("up2", x, {.size = {7, 5}, .mode = ResizeMode::kNearest}),
              b.resize("up3", x, {.size = {7, 5}, .mode = ResizeMode::kArea})});
  y = b.resize("half", b.resize("whole", y, {.size = {14, 10}, .mode = ResizeMode::kNearest}),
               {.size = {7, 5}, .mode = ResizeMode::kArea});
  y = b.slice("part", y, {.axis = 1, .begin = 1, .end = 6});
  y = b.resize("same", y, {.size = {5, 5}});
  y = b.batch_norm("late", b.add("twice", y, y));
  const ValueHandle logits = b.linear("head1", b.flatten("flat", y), {.features = 5});
  b.exit(b.add("sum", b.softmax("soft", logits), logits));
  return b.finish();
}

TEST(Onnx, TheCheckerAcceptsEveryOperatorAndInfersOurShapes) {
  const onnx::ModelProto model = exported(many_operators(), {.batch = 3});
  EXPECT_THAT(output_names(model), ElementsAre("logits.0", "logits.1"));
  EXPECT_THAT(inferred_shapes(model), ElementsAre(Shape{3, 5}, Shape{3, 5}));
  ASSERT_EQ(model.graph().input_size(), 1);
  EXPECT_EQ(model.graph().input(0).name(), "input");
  EXPECT_EQ(shape_of(model.graph().input(0)), (Shape{3, 3, 12, 12}));
  EXPECT_EQ(model.opset_import(0).version(), kOnnxOpset);
}

TEST(Onnx, FoldsNormalisationWhereAConvolutionFeedsItAlone) {
  const std::vector<std::string> folded = op_types(exported(tiny_network()));
  EXPECT_THAT(folded, ElementsAre("Conv", "Relu", "GlobalAveragePool", "Flatten", "Gemm"));
  const std::vector<std::string> plain =
      op_types(exported(tiny_network(), {.fold_batch_norm = FoldBatchNorm::kNo}));
  EXPECT_THAT(plain, ElementsAre("Conv", "BatchNormalization", "Relu", "GlobalAveragePool",
                                 "Flatten", "Gemm"));
  Builder b("two_readers");
  const ValueHandle conv = b.conv2d("conv", b.input("input", {1, 4, 4}), {.channels = 2});
  const ValueHandle sum = b.add("sum", b.batch_norm("norm", conv), conv);
  b.exit(b.mean_hw("mean", sum));
  EXPECT_THAT(op_types(exported(b.finish())), Contains("BatchNormalization"));
}

TEST(Onnx, FoldedWeightsComputeTheSame) {
  for (const Bias bias : {Bias::kNone, Bias::kPresent}) {
    Builder b("fold");
    ValueHandle x = b.conv2d("conv", b.input("input", {3, 1, 1}), {.channels = 2, .bias = bias});
    b.exit(b.mean_hw("mean", b.batch_norm("norm", x)));
    const Graph graph = b.finish();
    const NamedTensors weights = formula_weights(graph);
    const NodeView conv(graph.main().nodes[0], graph.main(), graph.params());
    const NodeView norm(graph.main().nodes[1], graph.main(), graph.params());
    const FoldedConv folded = folded_conv(conv, &norm, weights);
    const Tensor input = formula_tensor("input", {3});
    for (int64_t c = 0; c < 2; ++c) {
      const auto at = [&](const char* name) { return weights.at(name).f()[c]; };
      double sum = bias == Bias::kPresent ? at("conv.bias") : 0.0;
      double got = folded.bias.f()[c];
      for (int64_t i = 0; i < 3; ++i) {
        sum += weights.at("conv.weight").f()[c * 3 + i] * input.f()[i];
        got += folded.weight.f()[c * 3 + i] * input.f()[i];
      }
      const double wanted = (sum - at("norm.running_mean")) /
                                std::sqrt(at("norm.running_var") + 1e-5) * at("norm.weight") +
                            at("norm.bias");
      EXPECT_NEAR(got, wanted, 1e-6);
    }
    EXPECT_TRUE(equal_tensors(weights, formula_weights(graph))) << "the caller's weights changed";
  }
}

TEST(Onnx, ResizesToTheSameSizeAreLeftOut) {
  const onnx::ModelProto model = exported(many_operators());
  for (const auto& node : model.graph().node()) EXPECT_NE(node.name(), "same");
}

TEST(Onnx, AnExitHasTheNodesThatItNeedsAndNoOther) {
  const onnx::ModelProto first = exported(many_operators(), {.exit = 0});
  EXPECT_THAT(output_names(first), ElementsAre("logits.0"));
  EXPECT_THAT(op_types(first), Not(Contains("Concat")));
  const onnx::ModelProto last = exported(many_operators(), {.exit = 1});
  EXPECT_THAT(output_names(last), ElementsAre("logits.1"));
  for (const auto& node : last.graph().node()) EXPECT_NE(node.name(), "head0");
  for (const auto& constant : last.graph().initializer()) {
    EXPECT_THAT(constant.name(), Not(HasSubstr("head0")));
  }
}

TEST(Onnx, ExitsThatShareAValueOrAnInputKeepTheirNames) {
  Builder b("shared");
  const ValueHandle x = b.input("input", {4, 3});
  const ValueHandle row = b.flatten("row", b.slice("slice", x, {.axis = 0, .begin = 1, .end = 2}));
  b.exit(row);
  b.exit(row);
  const onnx::ModelProto model = exported(b.finish(), {.batch = 2});
  EXPECT_THAT(output_names(model), ElementsAre("logits.0", "logits.1"));
  EXPECT_THAT(inferred_shapes(model), ElementsAre(Shape{2, 3}, Shape{2, 3}));
  Builder direct("direct");
  direct.exit(direct.input("input", {3}));
  EXPECT_THAT(op_types(exported(direct.finish())), ElementsAre("Identity"));
}

TEST(Onnx, ValuesThatAreCalledLikeOutputsGiveWay) {
  Builder b("names");
  ValueHandle x = b.input("logits.1", {3});
  x = b.relu("logits.0", x);
  b.exit(b.relu("b", x));
  b.exit(b.relu("a", x));
  const onnx::ModelProto model = exported(b.finish());
  EXPECT_EQ(model.graph().input(0).name(), "logits.1_");
  EXPECT_THAT(output_names(model), ElementsAre("logits.0", "logits.1"));
}

TEST(OnnxErrors, DecisionsCannotBeExpressed) {
  Builder b("routes");
  const ValueHandle x = b.input("input", {2});
  const ValueHandle decision = b.decide("gate", b.slice("score", x, {.begin = 0, .end = 1}), {});
  const auto body = [&](const std::string& name) {
    return b.body(name, {x}, [&](const std::vector<ValueHandle>& in) {
      return std::vector<ValueHandle>{b.relu(name + "_relu", in[0])};
    });
  };
  std::vector<Block> bodies;
  bodies.push_back(body("rest"));
  bodies.push_back(body("work"));
  b.exit(b.route("route", decision, {x}, std::move(bodies), {}));
  const Graph graph = b.finish();
  const Result<std::string> result = onnx_bytes(graph, formula_weights(graph));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kUsage);
  EXPECT_THAT(result.error().message(), AllOf(HasSubstr("'decide'"), HasSubstr("gate")));
}

TEST(OnnxErrors, OptionsAndWeightsThatDoNotFit) {
  const Graph graph = tiny_network();
  const auto message = [&](const NamedTensors& weights, const OnnxOptions& options) {
    return onnx_bytes(graph, weights, options).error().message();
  };
  EXPECT_THAT(message(formula_weights(graph), {.batch = 0}), HasSubstr("batch"));
  EXPECT_THAT(message(formula_weights(graph), {.exit = 1}), HasSubstr("no such exit"));
  EXPECT_THAT(message({}, {}), HasSubstr("missing: conv.weight"));
}

TEST(OnnxFiles, OneForEachExit) {
  const Scratch scratch;
  const Graph graph = many_operators();
  const std::string folder = scratch.path("per exit");
  ASSERT_TRUE(
      export_onnx_per_exit(graph, formula_weights(graph), folder, {}, Overwrite::kRefuse).ok());
  for (const std::string name : {"exit.0.onnx", "exit.1.onnx"}) {
    onnx::ModelProto model;
    EXPECT_TRUE(model.ParseFromString(scratch.read("per exit/" + name))) << name;
  }
  const Status again =
      export_onnx_per_exit(graph, formula_weights(graph), folder, {}, Overwrite::kRefuse);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().kind, ErrorKind::kCannotWrite);
}

}  // namespace
}  // namespace fovea
