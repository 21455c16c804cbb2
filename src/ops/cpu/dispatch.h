// Picks the copy of a function that Highway compiled for one instruction set.
//
// To be included by kernel files inside `#if HWY_ONCE`, behind HWY_AFTER_NAMESPACE.
#pragma once

#include "ops/cpu/isa.h"

#if HWY_TARGETS & HWY_AVX3
#define FOVEA_CASE_AVX3(call) \
  case Isa::kAvx512:          \
    return N_AVX3::call;
#else
#define FOVEA_CASE_AVX3(call)
#endif
#if HWY_TARGETS & HWY_AVX2
#define FOVEA_CASE_AVX2(call) \
  case Isa::kAvx2:            \
    return N_AVX2::call;
#else
#define FOVEA_CASE_AVX2(call)
#endif
#if HWY_TARGETS & HWY_SSE4
#define FOVEA_CASE_SSE4(call) \
  case Isa::kSse4:            \
    return N_SSE4::call;
#else
#define FOVEA_CASE_SSE4(call)
#endif
#if HWY_TARGETS & HWY_NEON
#define FOVEA_CASE_NEON(call) \
  case Isa::kNeon:            \
    return N_NEON::call;
#else
#define FOVEA_CASE_NEON(call)
#endif

/// Returns from the enclosing function with `call` as compiled for `isa`.
#define FOVEA_RETURN_FOR(isa, call)     \
  switch (isa) {                        \
    FOVEA_CASE_AVX3(call)               \
    FOVEA_CASE_AVX2(call)               \
    FOVEA_CASE_SSE4(call)               \
    FOVEA_CASE_NEON(call)               \
    default:                            \
      return HWY_STATIC_DISPATCH(call); \
  }
