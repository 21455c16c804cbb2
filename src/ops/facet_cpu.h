// The CPU facet: kernels of the runtime.
//
// Samples are addressed by pointer. Every sample in flight owns one arena block; a value lives at
// the same offset in each. So a batch is a list of pointers, survivors of an exit are packed again
// by copying pointers, and a routed body runs on a shorter list: nothing is gathered or scattered.
//
// Inside a block a value is planar: one plane a channel, rows `row_stride` apart, and everything in
// the plane outside the map is zero. A convolution of stride 1 thus runs over the flattened plane
// in full vectors whatever the width, and a concatenation is neighbouring ranges of planes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/tensor.h"
#include "graph/op_def.h"

namespace fovea {

/// Floats that every vector access may touch behind its last element: one vector of any target.
inline constexpr int64_t kVectorSlack = 64;

/// Where the elements of a [C,H,W] value stand relative to its first one.
///
/// A decision is one float per sample: the choice.
///
/// Element (c,y,x) is at c·plane_stride + y·row_stride + x. Invariant: all other floats of
/// [-lead, C·plane_stride) are zero. `gap` = row_stride − width: zero columns between rows, which
/// serve as right border of one row and left border of the next. Values of other ranks, and 1×1
/// maps, are dense: channels = number of elements, plane_stride 1, gap 0, lead 0.
struct PlaneLayout {
  int64_t channels = 0;
  int64_t height = 1;
  int64_t width = 1;
  int64_t gap = 0;
  int64_t row_stride = 1;
  int64_t plane_stride = 1;

  /// Zero floats that must stand before the first plane (multiple of 16).
  [[nodiscard]] int64_t lead() const {
    return gap == 0 ? 0 : (gap * row_stride + gap + 15) / 16 * 16;
  }
  [[nodiscard]] int64_t floats() const { return channels * plane_stride; }
  [[nodiscard]] bool dense() const { return plane_stride == height * width; }
  bool operator==(const PlaneLayout&) const = default;

  /// Layout of a per-cell shape; `gap` zeros are kept around maps (ignored for 1×1 maps and ranks
  /// other than 3). plane_stride is a multiple of 16 unless the value is 1×1 or has another rank,
  /// and leaves at least gap·row_stride + gap zeros behind the last row.
  static PlaneLayout of(const Shape& shape, int64_t gap);
};

/// Most lanes of one call: the largest micro-batch.
inline constexpr int kMaxLanes = 64;

/// The samples that a kernel works on.
struct Lanes {
  float* const* blocks = nullptr;    ///< arena block of each sample
  const int64_t* samples = nullptr;  ///< place of each sample in the batch
  int64_t* const* macs = nullptr;    ///< executed multiply-adds of each sample
  int n = 0;
};

/// A value inside every block.
struct ValueRef {
  int64_t offset = 0;  ///< floats from the start of the block to element (0,0,0)
  PlaneLayout layout;
};

/// Executed work; only kernels add to it, from the extents of their own loops.
struct WorkCounter {
  int64_t macs = 0;      ///< over all lanes
  int64_t launches = 0;  ///< kernel calls
  /// Adds the multiply-adds that were done for each of the lanes.
  void add(const Lanes& lanes, int64_t macs_per_lane) {
    launches += 1;
    macs += macs_per_lane * lanes.n;
    for (int i = 0; i < lanes.n; ++i) *lanes.macs[i] += macs_per_lane;
  }
};

/// How a run answers a decision point, and where its decisions are written.
struct DecisionPoint {
  std::optional<float> threshold;   ///< instead of the node's
  std::optional<int64_t> force;     ///< for every sample
  std::span<const int64_t> replay;  ///< by place in the batch; empty = none
  std::span<int64_t> trace;         ///< by place in the batch; empty = not traced
};

/// Runs nested bodies of a dynamic operator on some of the lanes.
class BodyRunner {
 public:
  virtual ~BodyRunner() = default;
  /// Runs body `body` on `lanes`; its results are then at results(body).
  virtual void run(int body, const Lanes& lanes) = 0;
  [[nodiscard]] virtual std::span<const ValueRef> results(int body) const = 0;
};

struct CpuCall {
  Lanes lanes;
  std::span<const ValueRef> in;
  std::span<const ValueRef> out;
  float* scratch = nullptr;  ///< scratch_floats() of the kernel, 64-byte aligned, one per thread
  WorkCounter* work = nullptr;
  BodyRunner* bodies = nullptr;          ///< dynamic operators only
  const DecisionPoint* point = nullptr;  ///< decide only; may be null
};

/// A kernel made for one node: packed constants and chosen shapes. Shared read-only by threads.
///
/// Contract: every output float of [0, C·plane_stride) is written, zeros outside the map included
/// (the runtime clears `lead`); outputs never overlap inputs unless in_place() says so; a lane's
/// result has the same bits whatever the other lanes are (batch invariance), and the order of
/// additions does not depend on the number of lanes.
class CpuKernel {
 public:
  virtual ~CpuKernel() = default;
  virtual void run(const CpuCall& call) const = 0;
  [[nodiscard]] virtual int64_t scratch_floats() const { return 0; }
  /// Bytes of packed constants.
  [[nodiscard]] virtual int64_t constant_bytes() const { return 0; }
};

enum class Activation : uint8_t { kNone, kRelu, kRelu6 };

/// What a kernel is made for.
struct KernelRequest {
  NodeView node;
  std::span<const ValueRef> in;  ///< layouts final, offsets not yet known
  std::span<const ValueRef> out;
  std::span<const Tensor> params;  ///< in slot order; normalisation folded in where `bias` is set
  const Tensor* bias = nullptr;    ///< [out channels], of a folded normalisation; else null
  Activation activation = Activation::kNone;  ///< fused behind the node
  std::string_view isa;  ///< target of Highway to be used: chosen by the runtime
};

/// One entry of an operator's list of kernels.
struct KernelEntry {
  std::string_view name;
  /// Proven by the property test over all lengths; others are refused.
  bool batch_invariant = true;
  /// The kernel, or null with the reason in `refusal`.
  std::unique_ptr<CpuKernel> (*make)(const KernelRequest& request, std::string& refusal);
};

struct CpuOp {
  std::vector<KernelEntry> kernels;  ///< best first
  bool fuses_activation = false;     ///< kernels honour KernelRequest::activation
  /// Zero columns and rows that kernels want around input `i` (for planning layouts).
  int64_t (*wanted_gap)(const NodeView& node, int input) = nullptr;
};

/// The CPU facet of an operator, or null where ops.def does not promise one.
[[nodiscard]] const CpuOp* find_cpu_op(std::string_view name);

}  // namespace fovea
