// Which targets of Highway the kernels are compiled for; to be included before its headers.
//
// No AVX-512 variant beyond AVX3 gains anything for float32, and SSSE3 nothing over SSE4. Tiles are
// arrays of vectors, which vectors of unknown length (SVE) cannot form.
#ifndef FOVEA_OPS_CPU_TARGETS_H
#define FOVEA_OPS_CPU_TARGETS_H

#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

// Full unrolling turns arrays of vectors into registers.
#if defined(__clang__)
#define FOVEA_UNROLL _Pragma("clang loop unroll(full)")
#else
#define FOVEA_UNROLL _Pragma("GCC unroll 32")
#endif

#endif  // FOVEA_OPS_CPU_TARGETS_H
