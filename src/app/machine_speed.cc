// Peak of fused multiply-adds and read bandwidth of one thread, the two roofs of every kernel.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <vector>

#include "app/machine.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace fovea::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRounds = 5;
constexpr int kSteps = 1'000'000;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Twelve independent sums hide the latency of a multiply-add; they are named one by one because a
// compiler keeps an indexed array of vectors in memory.
#if defined(__x86_64__)
#define FOVEA_TWELVE(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)

__attribute__((target("avx2,fma"))) float spin_avx2(int steps) {
  const __m256 factor = _mm256_set1_ps(0.999F);
  const __m256 term = _mm256_set1_ps(0.001F);
#define FOVEA_DEFINE(i) __m256 sum##i = _mm256_set1_ps(static_cast<float>(i));
#define FOVEA_STEP(i) sum##i = _mm256_fmadd_ps(sum##i, factor, term);
#define FOVEA_ADD(i) total = _mm256_add_ps(total, sum##i);
  FOVEA_TWELVE(FOVEA_DEFINE)
  for (int k = 0; k < steps; ++k) {
    FOVEA_TWELVE(FOVEA_STEP)
  }
  __m256 total = term;
  FOVEA_TWELVE(FOVEA_ADD)
  return _mm256_cvtss_f32(total);
#undef FOVEA_DEFINE
#undef FOVEA_STEP
#undef FOVEA_ADD
}

__attribute__((target("avx512f"))) float spin_avx512(int steps) {
  const __m512 factor = _mm512_set1_ps(0.999F);
  const __m512 term = _mm512_set1_ps(0.001F);
#define FOVEA_DEFINE(i) __m512 sum##i = _mm512_set1_ps(static_cast<float>(i));
#define FOVEA_STEP(i) sum##i = _mm512_fmadd_ps(sum##i, factor, term);
#define FOVEA_ADD(i) total = _mm512_add_ps(total, sum##i);
  FOVEA_TWELVE(FOVEA_DEFINE)
  for (int k = 0; k < steps; ++k) {
    FOVEA_TWELVE(FOVEA_STEP)
  }
  __m512 total = term;
  FOVEA_TWELVE(FOVEA_ADD)
  return _mm512_cvtss_f32(total);
#undef FOVEA_DEFINE
#undef FOVEA_STEP
#undef FOVEA_ADD
}
#undef FOVEA_TWELVE
#endif

float spin_portable(int steps) {
  std::array<float, 48> sums{};
  for (size_t i = 0; i < sums.size(); ++i) sums[i] = static_cast<float>(i);
  for (int k = 0; k < steps; ++k) {
    for (float& sum : sums) sum = sum * 0.999F + 0.001F;
  }
  float total = 0;
  for (const float sum : sums) total += sum;
  return total;
}

struct Spin {
  float (*run)(int steps);
  int lanes;
  std::string_view name;
};

Spin best_spin() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return {spin_avx512, 12 * 16, "AVX-512"};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return {spin_avx2, 12 * 8, "AVX2 and FMA"};
  }
#endif
  return {spin_portable, 48, "what the compiler made of plain loops"};
}

volatile float result_sink = 0;

double read_bandwidth() {
  // Larger than the last-level cache of most machines; touched once so that pages are there.
  const std::vector<float> data(size_t{64} << 20, 1.0F);
  double best = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = Clock::now();
    std::array<float, 64> sums{};
    for (size_t i = 0; i < data.size(); i += sums.size()) {
      for (size_t k = 0; k < sums.size(); ++k) sums[k] += data[i + k];
    }
    const double seconds = seconds_since(start);
    float total = 0;
    for (const float sum : sums) total += sum;
    result_sink = total;
    best = std::max(best, static_cast<double>(data.size() * sizeof(float)) / seconds);
  }
  return best * 1e-9;
}

}  // namespace

MachineSpeed measure_machine() {
  const Spin spin = best_spin();
  double best = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = Clock::now();
    result_sink = spin.run(kSteps);
    best = std::max(best, 2.0 * spin.lanes * kSteps / seconds_since(start));
  }
  return {.fma_gflops = best * 1e-9, .read_gb_per_s = read_bandwidth(), .fma_with = spin.name};
}

}  // namespace fovea::app
