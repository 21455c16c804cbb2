#include "ops/pool/pool.h"

namespace fovea {
namespace {

constexpr int64_t kMaxAttribute = int64_t{1} << 24;
constexpr int64_t kMaxTaps = int64_t{1} << 20;

std::vector<ValueType> infer(const NodeView& view) {
  const auto& a = view.attributes<Pool2d>();
  const Shape& src = view.input(0);
  require(!view.input_type(0).decision && src.rank() == 3, view, "src must be a map", "[C,H,W]");
  for (const int64_t positive : {a.kernel.h, a.kernel.w, a.stride.h, a.stride.w}) {
    require(positive >= 1 && positive <= kMaxAttribute, view, "kernel and stride are at least 1",
            "1 to 2^24", std::to_string(positive));
  }
  require(a.kernel.h * a.kernel.w <= kMaxTaps, view, "the window has too many taps", "at most 2^20",
          std::to_string(a.kernel.h * a.kernel.w));
  require(a.pad.h >= 0 && a.pad.w >= 0 && 2 * a.pad.h <= a.kernel.h && 2 * a.pad.w <= a.kernel.w,
          view, "padding is at most half the window", "0 to kernel/2",
          std::to_string(a.pad.h) + "x" + std::to_string(a.pad.w));
  require(src[1] + 2 * a.pad.h >= a.kernel.h && src[2] + 2 * a.pad.w >= a.kernel.w, view,
          "the window is larger than the padded map");
  return {{.shape = {src[0], (src[1] + 2 * a.pad.h - a.kernel.h) / a.stride.h + 1,
                     (src[2] + 2 * a.pad.w - a.kernel.w) / a.stride.w + 1}}};
}

// C·Ho·Wo·k² (specs/ranet.md 5.1).
Cost cost(const NodeView& view) {
  const auto& a = view.attributes<Pool2d>();
  const int64_t n = view.output().numel() * a.kernel.h * a.kernel.w;
  return {.ops = n, .scalar_ops = n};
}

std::vector<ValueType> infer_mean(const NodeView& view) {
  require(!view.input_type(0).decision && view.input(0).rank() == 3, view, "src must be a map",
          "[C,H,W]");
  return {{.shape = {view.input(0)[0]}}};
}

Cost cost_mean(const NodeView& view) {
  return {.ops = view.input(0).numel(), .scalar_ops = view.input(0).numel()};
}

OpDef pool(std::string_view name, std::string_view summary) {
  return {.name = name,
          .summary = summary,
          .attributes = internal::attribute_type<Pool2d>,
          .inputs = {"src"},
          .infer = infer,
          .cost = cost};
}

}  // namespace

const OpDef& op_max_pool2d() {
  static const OpDef def = pool("max_pool2d", "largest value of each window");
  return def;
}
const OpDef& op_avg_pool2d() {
  static const OpDef def = pool("avg_pool2d", "mean of each window");
  return def;
}
const OpDef& op_mean_hw() {
  static const OpDef def{.name = "mean_hw",
                         .summary = "mean over height and width",
                         .attributes = internal::attribute_type<NoAttributes>,
                         .inputs = {"src"},
                         .infer = infer_mean,
                         .cost = cost_mean};
  return def;
}

}  // namespace fovea
