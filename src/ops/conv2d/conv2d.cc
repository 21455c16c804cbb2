#include "ops/conv2d/conv2d.h"

namespace fovea {
namespace {

constexpr int64_t kMaxAttribute = int64_t{1} << 24;
constexpr int64_t kMaxTaps = int64_t{1} << 20;

int64_t extent(int64_t in, int64_t before, int64_t after, int64_t kernel, int64_t dilation,
               int64_t stride) {
  return (in + before + after - dilation * (kernel - 1) - 1) / stride + 1;
}

std::vector<ValueType> infer(const NodeView& view) {
  const auto& a = view.attributes<Conv2d>();
  const Shape& src = view.input(0);
  require(!view.input_type(0).decision && src.rank() == 3, view, "src must be a map", "[C,H,W]");
  for (const int64_t positive : {a.channels, a.kernel.h, a.kernel.w, a.stride.h, a.stride.w,
                                 a.dilation.h, a.dilation.w, a.groups}) {
    require(positive >= 1 && positive <= kMaxAttribute, view,
            "channels, kernel, stride, dilation and groups are at least 1", "1 to 2^24",
            std::to_string(positive));
  }
  require(a.kernel.h * a.kernel.w <= kMaxTaps, view, "the window has too many taps", "at most 2^20",
          std::to_string(a.kernel.h * a.kernel.w));
  for (const int64_t pad : {a.pad.top, a.pad.left, a.pad.bottom, a.pad.right}) {
    require(pad >= 0 && pad <= kMaxAttribute, view, "padding is negative or too large", "0 to 2^24",
            std::to_string(pad));
  }
  require(src[0] % a.groups == 0 && a.channels % a.groups == 0, view,
          "groups do not divide the channels", "a divisor of both",
          std::to_string(a.groups) + " groups, " + std::to_string(src[0]) + " -> " +
              std::to_string(a.channels) + " channels");
  const int64_t h = extent(src[1], a.pad.top, a.pad.bottom, a.kernel.h, a.dilation.h, a.stride.h);
  const int64_t w = extent(src[2], a.pad.left, a.pad.right, a.kernel.w, a.dilation.w, a.stride.w);
  const bool fits = src[1] + a.pad.top + a.pad.bottom > a.dilation.h * (a.kernel.h - 1) &&
                    src[2] + a.pad.left + a.pad.right > a.dilation.w * (a.kernel.w - 1);
  require(fits, view, "the window is larger than the padded map", "a map of at least the window");
  return {{.shape = {a.channels, h, w}}};
}

std::vector<ParamSlot> params(const NodeView& view) {
  const auto& a = view.attributes<Conv2d>();
  const int64_t taps = a.kernel.h * a.kernel.w;
  const int64_t per_group = view.input(0)[0] / a.groups;
  std::vector<ParamSlot> slots{{.slot = "weight",
                                .shape = {a.channels, per_group, a.kernel.h, a.kernel.w},
                                .init = a.init,
                                .fan_in = per_group * taps,
                                .fan_out = a.channels * taps}};
  if (a.bias == Bias::kPresent) {
    slots.push_back({.slot = "bias",
                     .shape = {a.channels},
                     .role = ParamRole::kBias,
                     .init = a.init == Init::kUniformFanIn ? Init::kUniformFanIn : Init::kZeros,
                     .fan_in = per_group * taps});
  }
  return slots;
}

// Every tap counts, padded ones included; bias adds are not counted (specs/ranet.md 5.1, 5.3).
Cost cost(const NodeView& view) {
  const auto& a = view.attributes<Conv2d>();
  const int64_t macs =
      view.output().numel() * (view.input(0)[0] / a.groups) * a.kernel.h * a.kernel.w;
  return {.macs = macs, .ops = macs};
}

}  // namespace

const OpDef& op_conv2d() {
  static const OpDef def{.name = "conv2d",
                         .summary = "2-D convolution with groups, stride, dilation and padding",
                         .attributes = internal::attribute_type<Conv2d>,
                         .inputs = {"src"},
                         .infer = infer,
                         .params = params,
                         .cost = cost};
  return def;
}

}  // namespace fovea
