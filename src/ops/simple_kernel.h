// A CPU kernel from a function: for operators whose kernels hold no constants of their own.
#pragma once

#include <memory>
#include <utility>

#include "ops/facet_cpu.h"

namespace fovea {

/// Wraps `body(call)`; the body must not add multiply-adds, there are none.
template <typename Body>
class SimpleKernel final : public CpuKernel {
 public:
  SimpleKernel(Body body, int64_t scratch_floats)
      : body_(std::move(body)), scratch_floats_(scratch_floats) {}
  void run(const CpuCall& call) const override {
    call.work->add(call.lanes, 0);
    body_(call);
  }
  [[nodiscard]] int64_t scratch_floats() const override { return scratch_floats_; }

 private:
  Body body_;
  int64_t scratch_floats_;
};

template <typename Body>
std::unique_ptr<CpuKernel> simple_kernel(Body body, int64_t scratch_floats = 0) {
  return std::make_unique<SimpleKernel<Body>>(std::move(body), scratch_floats);
}

}  // namespace fovea
