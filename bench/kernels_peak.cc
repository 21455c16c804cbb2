#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels_peak.cc"
#include "ops/cpu/targets.h"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include <algorithm>
#include <chrono>

#include "kernels_peak.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::cpu::HWY_NAMESPACE {

constexpr int kChains = 12;

/// Returns a number that depends on all results, so that none is left out.
float multiply_adds(int64_t steps, float start) {
  namespace hn = hwy::HWY_NAMESPACE;
  const HWY_FULL(float) d;
  using V = hn::Vec<decltype(d)>;
  V acc[kChains];
  FOVEA_UNROLL
  for (int i = 0; i < kChains; ++i) acc[i] = hn::Set(d, start + static_cast<float>(i));
  const V factor = hn::Set(d, start);
  for (int64_t step = 0; step < steps; ++step) {
    FOVEA_UNROLL
    for (V& chain : acc) chain = hn::MulAdd(chain, factor, factor);
  }
  V sum = hn::Zero(d);
  FOVEA_UNROLL
  for (const V chain : acc) sum = hn::Add(sum, chain);
  return hn::GetLane(sum);
}

}  // namespace fovea::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "ops/cpu/dispatch.h"

namespace fovea::cpu {
namespace {
using MultiplyAdds = float (*)(int64_t, float);
MultiplyAdds kernel_of(Isa isa) { FOVEA_RETURN_FOR(isa, multiply_adds) }
}  // namespace
}  // namespace fovea::cpu

namespace fovea::bench {

double peak_gflops(cpu::Isa isa) {
  using Clock = std::chrono::steady_clock;
  constexpr int64_t kSteps = 20000;
  const auto kernel = cpu::kernel_of(isa);
  const double flops = 2.0 * 12 * static_cast<double>(kSteps * cpu::vector_floats(isa));
  double best = 0;
  volatile float sink = 0.5F;
  for (int i = 0; i < 200; ++i) {
    const auto start = Clock::now();
    sink = kernel(kSteps, sink * 0.0F + 0.5F);
    const std::chrono::duration<double> seconds = Clock::now() - start;
    best = std::max(best, flops / seconds.count() * 1e-9);
  }
  return best;
}

}  // namespace fovea::bench
#endif  // HWY_ONCE
