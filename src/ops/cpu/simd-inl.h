// What kernels share; included once per instruction set.
#if defined(FOVEA_OPS_CPU_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FOVEA_OPS_CPU_SIMD_INL_H_
#undef FOVEA_OPS_CPU_SIMD_INL_H_
#else
#define FOVEA_OPS_CPU_SIMD_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace fovea::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using D = HWY_FULL(float);
using V = hn::Vec<D>;

// Keeps a loaded operand in a register: compilers would rather load it again for every multiply-add
// that uses it, and the load ports are what binds.
HWY_INLINE V in_register(V value) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  asm("" : "+v"(value.raw));  // NOLINT(hicpp-no-assembler): an empty barrier
#endif
  return value;
}

// Zeros in [from, to), nothing behind. The barrier keeps compilers from calling memset, which takes
// longer than the few floats of a gap.
HWY_INLINE void clear(float* from, const float* to) {
  const D d;
  const V zero = in_register(hn::Zero(d));
  for (; from + HWY_LANES(float) <= to; from += HWY_LANES(float)) hn::StoreU(zero, d, from);
  for (; from < to; ++from) *from = hn::GetLane(zero);
}

// A NaN passes, as in the reference: x86 returns the second operand where one is a NaN.
HWY_INLINE V at_least(V least, V value) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  return hn::Max(least, value);
#else
  return hn::IfThenElse(hn::Lt(value, least), least, value);
#endif
}

HWY_INLINE V at_most(V most, V value) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  return hn::Min(most, value);
#else
  return hn::IfThenElse(hn::Gt(value, most), most, value);
#endif
}

}  // namespace fovea::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
