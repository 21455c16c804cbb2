#include "exchange/onnx_ops.h"

#include <array>
#include <cmath>
#include <optional>

#include "ops/batch_norm/batch_norm.h"
#include "ops/conv2d/conv2d.h"
#include "ops/linear/linear.h"
#include "ops/pool/pool.h"
#include "ops/resize/resize.h"
#include "ops/slice/slice.h"

namespace fovea {
namespace {

const Tensor& param(const OnnxCall& call, int slot) {
  return call.params.find(call.node.param(slot).name)->second;
}

std::string param_constant(const OnnxCall& call, int slot) {
  const Tensor& tensor = param(call, slot);
  return call.graph.constant(call.node.param(slot).name, tensor.shape(), tensor.data<float>());
}

/// A name for a value inside a node that becomes several.
std::string part_name(const OnnxCall& call, std::string_view part) {
  return call.graph.unique(call.output + "." + std::string(part));
}

void simple(const OnnxCall& call, std::string_view op) {
  OnnxNode node = call.graph.add(op, call.node.name(), {}, call.output);
  for (const std::string& input : call.inputs) node.input(input);
}

void batch_norm(const OnnxCall& call) {
  OnnxNode node =
      call.graph.add("BatchNormalization", call.node.name(), {call.inputs[0]}, call.output);
  for (int slot = 0; slot < 4; ++slot) node.input(param_constant(call, slot));
  node.real("epsilon", static_cast<float>(call.node.attributes<BatchNorm>().eps));
}

void relu6(const OnnxCall& call) {
  call.graph.add("Clip", call.node.name(),
                 {call.inputs[0], call.graph.scalar(0.0F), call.graph.scalar(6.0F)}, call.output);
}

OnnxNode pool(const OnnxCall& call, std::string_view op) {
  const auto& a = call.node.attributes<Pool2d>();
  return call.graph.add(op, call.node.name(), {call.inputs[0]}, call.output)
      .ints("kernel_shape", {a.kernel.h, a.kernel.w})
      .ints("strides", {a.stride.h, a.stride.w})
      .ints("pads", {a.pad.h, a.pad.w, a.pad.h, a.pad.w});
}

void avg_pool(const OnnxCall& call) { pool(call, "AveragePool").integer("count_include_pad", 1); }

void mean_hw(const OnnxCall& call) {
  const std::string mean = part_name(call, "mean");
  call.graph.add("GlobalAveragePool", call.node.name(), {call.inputs[0]}, mean);
  call.graph.add("Flatten", call.node.name() + ".flatten", {mean}, call.output).integer("axis", 1);
}

void linear(const OnnxCall& call) {
  OnnxNode node = call.graph.add("Gemm", call.node.name(), {call.inputs[0]}, call.output);
  node.integer("transB", 1).input(param_constant(call, 0));
  if (call.node.attributes<Linear>().bias == Bias::kPresent) node.input(param_constant(call, 1));
}

/// add and multiply: ONNX broadcasts from the right, so a vector beside a map gets two more axes.
void binary(const OnnxCall& call, std::string_view op) {
  std::string b = call.inputs[1];
  if (call.node.input(0).rank() == 3 && call.node.input(1).rank() == 1) {
    const std::string wide = part_name(call, "wide");
    const int64_t channels = call.node.input(1)[0];
    call.graph.add("Reshape", call.node.name() + ".reshape",
                   {b, call.graph.integers({call.batch, channels, 1, 1})}, wide);
    b = wide;
  }
  call.graph.add(op, call.node.name(), {call.inputs[0], b}, call.output);
}

void concat(const OnnxCall& call) {
  OnnxNode node = call.graph.add("Concat", call.node.name(), {}, call.output);
  node.integer("axis", 1);
  for (const std::string& input : call.inputs) node.input(input);
}

void slice(const OnnxCall& call) {
  const auto& a = call.node.attributes<Slice>();
  call.graph.add("Slice", call.node.name(),
                 {call.inputs[0], call.graph.integers({a.begin}), call.graph.integers({a.end}),
                  call.graph.integers({a.axis + 1})},
                 call.output);
}

void flatten(const OnnxCall& call) {
  call.graph.add("Flatten", call.node.name(), {call.inputs[0]}, call.output).integer("axis", 1);
}

void softmax(const OnnxCall& call) {
  call.graph.add("Softmax", call.node.name(), {call.inputs[0]}, call.output).integer("axis", 1);
}

void onnx_resize(const OnnxCall& call, std::string_view mode, std::string_view places) {
  const Shape& out = call.node.output();
  OnnxNode node = call.graph.add(
      "Resize", call.node.name(),
      {call.inputs[0], "", "", call.graph.integers({call.batch, out[0], out[1], out[2]})},
      call.output);
  node.text("mode", mode).text("coordinate_transformation_mode", places);
  if (mode == "nearest") node.text("nearest_mode", "floor");
}

/// Rows of a map picked by index, then columns.
void pick(const OnnxCall& call, const ResizeAxis& rows, const ResizeAxis& columns) {
  const auto indices = [&](const ResizeAxis& axis) {
    return call.graph.integers({axis.index.begin(), axis.index.end()});
  };
  const std::string picked = part_name(call, "rows");
  call.graph.add("Gather", call.node.name() + ".rows", {call.inputs[0], indices(rows)}, picked)
      .integer("axis", 2);
  call.graph.add("Gather", call.node.name(), {picked, indices(columns)}, call.output)
      .integer("axis", 3);
}

/// The linear map of an axis as a matrix [n_out, n_in], or transposed.
enum class Layout : uint8_t { kOutIn, kInOut };
std::string matrix(const OnnxCall& call, const ResizeAxis& axis, Layout layout) {
  std::vector<float> values(static_cast<size_t>(axis.n_in * axis.n_out));
  for (int64_t o = 0; o < axis.n_out; ++o) {
    for (int64_t t = 0; t < axis.taps; ++t) {
      const auto k = static_cast<size_t>(o * axis.taps + t);
      const int64_t i = axis.index[k];
      const int64_t at = layout == Layout::kOutIn ? o * axis.n_in + i : i * axis.n_out + o;
      values[static_cast<size_t>(at)] += axis.weight[k];
    }
  }
  const Shape shape =
      layout == Layout::kOutIn ? Shape{axis.n_out, axis.n_in} : Shape{axis.n_in, axis.n_out};
  return call.graph.constant(call.node.name() + ".map", shape, values);
}

/// Any separable resize as two matrix products, for what ONNX's Resize cannot say.
void multiply_maps(const OnnxCall& call, const ResizeAxis& rows, const ResizeAxis& columns) {
  const std::string half = part_name(call, "rows");
  call.graph.add("MatMul", call.node.name() + ".rows",
                 {matrix(call, rows, Layout::kOutIn), call.inputs[0]}, half);
  call.graph.add("MatMul", call.node.name(), {half, matrix(call, columns, Layout::kInOut)},
                 call.output);
}

void resize(const OnnxCall& call) {
  const ResizeMode mode = call.node.attributes<Resize>().mode;
  const Shape& in = call.node.input(0);
  const Shape& out = call.node.output();
  if (mode == ResizeMode::kBilinearAligned) return onnx_resize(call, "linear", "align_corners");
  if (mode == ResizeMode::kBilinear) return onnx_resize(call, "linear", "half_pixel");
  const ResizeAxis rows = resize_axis(mode, in[1], out[1]);
  const ResizeAxis columns = resize_axis(mode, in[2], out[2]);
  if (mode == ResizeMode::kNearest) {
    // Resize divides by the scale, which picks other pixels where that rounds.
    const bool whole = out[1] % in[1] == 0 && out[2] % in[2] == 0;
    return whole ? onnx_resize(call, "nearest", "asymmetric") : pick(call, rows, columns);
  }
  if (in[1] % out[1] != 0 || in[2] % out[2] != 0) return multiply_maps(call, rows, columns);
  call.graph.add("AveragePool", call.node.name(), {call.inputs[0]}, call.output)
      .ints("kernel_shape", {in[1] / out[1], in[2] / out[2]})
      .ints("strides", {in[1] / out[1], in[2] / out[2]});
}

struct Writer {
  std::string_view op;
  void (*write)(const OnnxCall& call);
};
constexpr std::array kWriters = {
    Writer{"conv2d",
           [](const OnnxCall& call) {
             write_conv(call, folded_conv(call.node, nullptr, call.params));
           }},
    Writer{"batch_norm", batch_norm},
    Writer{"relu", [](const OnnxCall& call) { simple(call, "Relu"); }},
    Writer{"relu6", relu6},
    Writer{"sigmoid", [](const OnnxCall& call) { simple(call, "Sigmoid"); }},
    Writer{"max_pool2d", [](const OnnxCall& call) { pool(call, "MaxPool"); }},
    Writer{"avg_pool2d", avg_pool},
    Writer{"mean_hw", mean_hw},
    Writer{"linear", linear},
    Writer{"add", [](const OnnxCall& call) { binary(call, "Add"); }},
    Writer{"multiply", [](const OnnxCall& call) { binary(call, "Mul"); }},
    Writer{"concat", concat},
    Writer{"slice", slice},
    Writer{"flatten", flatten},
    Writer{"resize", resize},
    Writer{"softmax", softmax},
};

}  // namespace

bool is_identity(const NodeView& node) {
  return node.node().op->name == "resize" && node.input(0) == node.output();
}

// y = (conv(x) − mean)/sqrt(var + eps)·gamma + beta = conv'(x) + bias', in double precision.
FoldedConv folded_conv(const NodeView& conv, const NodeView* norm, const NamedTensors& params) {
  const auto tensor = [&](const NodeView& node, int slot) -> const Tensor& {
    return params.find(node.param(slot).name)->second;
  };
  const bool has_bias = conv.attributes<Conv2d>().bias == Bias::kPresent;
  FoldedConv out{.weight = tensor(conv, 0)};
  if (has_bias) out.bias = tensor(conv, 1);
  if (norm == nullptr) return out;
  out.weight = out.weight.clone();
  const int64_t channels = out.weight.shape()[0];
  out.bias = has_bias ? out.bias.clone() : Tensor::f32({channels});
  const float* gamma = tensor(*norm, 0).f();
  const float* beta = tensor(*norm, 1).f();
  const float* mean = tensor(*norm, 2).f();
  const float* var = tensor(*norm, 3).f();
  const double eps = norm->attributes<BatchNorm>().eps;
  const int64_t per_channel = out.weight.numel() / channels;
  for (int64_t c = 0; c < channels; ++c) {
    const double scale =
        static_cast<double>(gamma[c]) / std::sqrt(static_cast<double>(var[c]) + eps);
    float* weight = out.weight.f() + c * per_channel;
    for (int64_t i = 0; i < per_channel; ++i) {
      weight[i] = static_cast<float>(static_cast<double>(weight[i]) * scale);
    }
    const double shifted = static_cast<double>(out.bias.f()[c]) - static_cast<double>(mean[c]);
    out.bias.f()[c] = static_cast<float>(shifted * scale + static_cast<double>(beta[c]));
  }
  return out;
}

void write_conv(const OnnxCall& call, const FoldedConv& weights) {
  const auto& a = call.node.attributes<Conv2d>();
  OnnxNode node = call.graph.add("Conv", call.node.name(), {call.inputs[0]}, call.output);
  node.input(call.graph.constant(call.node.param(0).name, weights.weight.shape(),
                                 weights.weight.data<float>()));
  if (weights.bias.defined()) {
    node.input(call.graph.constant(call.node.name() + ".bias", weights.bias.shape(),
                                   weights.bias.data<float>()));
  }
  node.ints("kernel_shape", {a.kernel.h, a.kernel.w})
      .ints("strides", {a.stride.h, a.stride.w})
      .ints("dilations", {a.dilation.h, a.dilation.w})
      .ints("pads", {a.pad.top, a.pad.left, a.pad.bottom, a.pad.right})
      .integer("group", a.groups);
}

Status write_onnx_node(const OnnxCall& call) {
  const std::string_view op = call.node.node().op->name;
  for (const Writer& writer : kWriters) {
    if (writer.op != op) continue;
    writer.write(call);
    return {};
  }
  return ErrorInfo{.kind = ErrorKind::kUsage,
                   .what = "ONNX cannot express the operator '" + std::string(op) + "'",
                   .where = call.node.name(),
                   .hint = "only static networks with exits can be exported"};
}

}  // namespace fovea
