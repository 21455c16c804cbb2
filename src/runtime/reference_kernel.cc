#include "runtime/reference_kernel.h"

#include "ops/cpu/simple.h"
#include "ops/facet_ref.h"

namespace fovea::runtime {
namespace {

class ReferenceKernel final : public CpuKernel {
 public:
  explicit ReferenceKernel(const KernelRequest& request)
      : node_(request.node),
        params_(request.params.begin(), request.params.end()),
        op_(find_ref_op(request.node.node().op->name)),
        isa_(cpu::find_isa(request.isa)) {}

  // One lane after the other through dense tensors: slow, and it allocates.
  void run(const CpuCall& call) const override {
    int64_t macs = 0;
    for (int lane = 0; lane < call.lanes.n; ++lane) {
      const Lanes one{.blocks = call.lanes.blocks + lane,
                      .samples = call.lanes.samples + lane,
                      .macs = call.lanes.macs + lane,
                      .n = 1};
      std::vector<Tensor> in;
      std::vector<Tensor> out;
      for (size_t i = 0; i < call.in.size(); ++i) {
        in.push_back(Tensor::f32(node_.input(static_cast<int>(i)).batched(1)));
        float* to = in.back().f();
        cpu::to_dense(isa_, one, call.in[i], &to);
      }
      for (int i = 0; i < node_.n_outputs(); ++i)
        out.push_back(Tensor::f32(node_.output(i).batched(1)));
      macs = 0;
      op_->run({.node = node_, .in = in, .params = params_, .out = out, .n = 1, .macs = &macs});
      for (size_t i = 0; i < out.size(); ++i) {
        const float* from = out[i].f();
        cpu::from_dense(isa_, one, &from, call.out[i]);
      }
    }
    call.work->add(call.lanes, macs);
  }

 private:
  NodeView node_;
  std::vector<Tensor> params_;
  const RefOp* op_;
  cpu::Isa isa_;
};

}  // namespace

std::unique_ptr<CpuKernel> reference_kernel(const KernelRequest& request) {
  const Node& node = request.node.node();
  const bool plain = node.bodies.empty() && !request.node.output_type(0).decision;
  if (!plain || find_ref_op(node.op->name) == nullptr) return nullptr;
  return std::make_unique<ReferenceKernel>(request);
}

}  // namespace fovea::runtime
