#include "learner/mixup.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <numbers>
#include <utility>

namespace fovea {
namespace {

/// Standard normal (Box and Muller), from two numbers of the cursor's own kind.
double normal(NoiseCursor& noise) {
  const double radius = std::sqrt(-2 * std::log(1 - noise.uniform()));
  return radius * std::cos(2 * std::numbers::pi * noise.uniform());
}

/// Logarithm of a number ~ Gamma(shape, 1) (Marsaglia and Tsang 2000); shapes below 1 by
/// G(a) = G(a + 1)·U^(1/a), which only the logarithm survives where a is small.
double log_gamma_draw(double shape, NoiseCursor& noise) {
  if (shape < 1) {
    const double u = 1 - noise.uniform();  // in (0,1]
    return log_gamma_draw(shape + 1, noise) + std::log(u) / shape;
  }
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = normal(noise);
    const double cube = 1 + c * x;
    const double u = 1 - noise.uniform();
    if (cube <= 0) continue;
    const double v = cube * cube * cube;
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return std::log(d * v);
  }
}

}  // namespace

double symmetric_beta(double alpha, NoiseCursor& noise) {
  const double a = log_gamma_draw(alpha, noise);
  const double b = log_gamma_draw(alpha, noise);
  return 1 / (1 + std::exp(b - a));
}

MixedBatch mixup(const at::Tensor& values, const at::Tensor& labels, int64_t n_classes,
                 double alpha, const Noise& noise) {
  NoiseCursor cursor(noise);
  const double share = symmetric_beta(alpha, cursor);
  const int64_t n = labels.size(0);
  const at::Tensor partners = at::empty({n}, at::kLong);
  auto* const partner = partners.data_ptr<int64_t>();
  for (int64_t i = 0; i < n; ++i) partner[i] = i;
  for (int64_t i = n; i > 1; --i) {
    std::swap(partner[i - 1], partner[cursor.below(static_cast<uint64_t>(i))]);
  }
  MixedBatch out;
  out.values = values.mul(share).add(values.index_select(0, partners), 1 - share);
  out.targets = at::zeros({n, n_classes});
  const auto* const label = labels.data_ptr<int64_t>();
  auto* const target = out.targets.data_ptr<float>();
  for (int64_t i = 0; i < n; ++i) {
    target[i * n_classes + label[i]] += static_cast<float>(share);
    target[i * n_classes + label[partner[i]]] += static_cast<float>(1 - share);
  }
  return out;
}

}  // namespace fovea
