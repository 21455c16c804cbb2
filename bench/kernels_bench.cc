// Convolution kernels on the shapes of the zoo, every engine on every instruction set.
//
// Pin it (taskset -c 0): `gflops` is of the best stretch, `peak_pct` against multiply-adds in
// registers measured in the same process.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "kernels_peak.h"
#include "ops/cpu/conv.h"
#include "ops/cpu/simple.h"

namespace fovea::cpu {
namespace {

using Clock = std::chrono::steady_clock;

struct Case {
  const char* net;
  int64_t ic, oc, k, stride, side;
  int64_t groups = 1;
};

constexpr Case kCases[] = {{"ranet", 3, 16, 3, 1, 32},
                           {"ranet", 16, 32, 3, 2, 32},
                           {"ranet", 5, 5, 3, 1, 32},
                           {"ranet", 5, 5, 3, 1, 16},
                           {"ranet", 6, 6, 3, 1, 8},
                           {"ranet", 1, 1, 3, 1, 32},
                           {"ranet", 2, 1, 3, 1, 16},
                           {"ranet", 12, 6, 3, 1, 32},
                           {"ranet", 18, 9, 3, 1, 16},
                           {"ranet", 12, 3, 3, 1, 8},
                           {"ranet", 24, 12, 3, 1, 8},
                           {"ranet", 24, 24, 3, 1, 8},
                           {"ranet", 96, 24, 3, 1, 8},
                           {"ranet", 16, 5, 1, 1, 32},
                           {"ranet", 99, 5, 1, 1, 32},
                           {"ranet", 87, 5, 1, 1, 16},
                           {"ranet", 74, 1, 1, 1, 16},
                           {"ranet", 87, 6, 1, 1, 8},
                           {"ranet", 160, 96, 1, 1, 8},
                           {"ranet", 18, 9, 3, 2, 16},
                           {"ranet", 5, 5, 3, 2, 32},
                           {"ranet", 160, 128, 3, 2, 8},
                           {"ranet", 128, 128, 3, 2, 4},
                           {"ranet", 256, 37, 1, 1, 8},
                           {"resnet", 64, 64, 3, 1, 56},
                           {"resnet", 128, 128, 3, 1, 28},
                           {"resnet", 256, 256, 3, 1, 14},
                           {"resnet", 512, 512, 3, 1, 7},
                           {"resnet", 64, 256, 1, 1, 56},
                           {"resnet", 256, 64, 1, 1, 56},
                           {"resnet", 1024, 512, 1, 1, 7},
                           {"resnet", 64, 128, 3, 2, 56},
                           {"resnet", 3, 64, 7, 2, 224},
                           {"mobile", 96, 96, 3, 1, 56, 96},
                           {"mobile", 144, 144, 3, 2, 56, 144},
                           {"mobile", 576, 576, 3, 1, 14, 576},
                           {"mobile", 96, 24, 1, 1, 56},
                           {"linear", 128, 10, 1, 1, 1},
                           {"linear", 2048, 1000, 1, 1, 1}};

ConvShape shape_of(const Case& c) {
  const int64_t pad = c.k / 2;
  const int64_t side = (c.side + 2 * pad - c.k) / c.stride + 1;
  ConvShape s{.ic = c.ic,
              .oc = c.oc,
              .kh = c.k,
              .kw = c.k,
              .stride_y = c.stride,
              .stride_x = c.stride,
              .groups = c.groups,
              .pad_top = pad,
              .pad_left = pad};
  s.in = PlaneLayout::of({c.ic, c.side, c.side}, 1);
  s.out = PlaneLayout::of({c.oc, side, side}, 1);
  return s;
}

double peak_of(Isa isa) {
  static std::map<Isa, double> peaks;
  auto [at, is_new] = peaks.try_emplace(isa, 0.0);
  if (is_new) at->second = bench::peak_gflops(isa);
  return at->second;
}

/// Blocks of n samples that hold one input and one output.
struct Samples {
  Samples(const PlaneLayout& in, const PlaneLayout& out, int n_samples) : n(n_samples) {
    in_offset = kVectorSlack + in.lead();
    out_offset = in_offset + in.floats() + kVectorSlack + out.lead();
    out_offset = (out_offset + 15) / 16 * 16;
    const int64_t floats = (out_offset + out.floats() + kVectorSlack + 15) / 16 * 16;
    storage.assign(static_cast<size_t>(floats * n + 16), 0.0F);
    const auto misfit = reinterpret_cast<uintptr_t>(storage.data()) / sizeof(float) % 16;
    std::mt19937 random(1);
    for (int i = 0; i < n; ++i) {
      float* block = storage.data() + (16 - misfit) % 16 + i * floats;
      blocks.push_back(block);
      for (int64_t c = 0; c < in.channels; ++c) {
        for (int64_t y = 0; y < in.height; ++y) {
          for (int64_t x = 0; x < in.width; ++x) {
            block[in_offset + c * in.plane_stride + y * in.row_stride + x] =
                static_cast<float>(random() % 2000) / 1000.0F - 1.0F;
          }
        }
      }
    }
  }
  [[nodiscard]] Lanes lanes() const { return {.blocks = blocks.data(), .n = n}; }

  std::vector<float> storage;
  std::vector<float*> blocks;
  int64_t in_offset = 0;
  int64_t out_offset = 0;
  int n = 0;
};

std::vector<float> weights_of(int64_t n) {
  std::mt19937 random(2);
  std::vector<float> weights(static_cast<size_t>(n));
  for (float& weight : weights) weight = static_cast<float>(random() % 2000) / 1000.0F - 1.0F;
  return weights;
}

/// Seconds of the fastest stretch of calls.
template <typename Body>
double best_seconds(benchmark::State& state, const Body& body) {
  double best = 1e9;
  int64_t calls = 1;
  for (auto _ : state) {
    const auto start = Clock::now();
    for (int64_t i = 0; i < calls; ++i) body();
    const std::chrono::duration<double> seconds = Clock::now() - start;
    const double one = seconds.count() / static_cast<double>(calls);
    // Short stretches are dominated by the clock, so they count only while there is no other.
    if (seconds.count() < 30e-6) {
      calls *= 2;
      best = one;
    } else {
      best = std::min(best, one);
    }
  }
  return best;
}

void convolution(benchmark::State& state, const Case& c, ConvEngine engine, Isa isa, int n) {
  const ConvShape shape = shape_of(c);
  const std::vector<float> weights = weights_of(c.oc * (c.ic / c.groups) * c.k * c.k);
  const ConvPlan plan(shape, weights, {},
                      {.activation = Activation::kRelu, .isa = isa, .engine = engine});
  const Samples samples(shape.in, shape.out, n);
  std::vector<float> scratch(static_cast<size_t>(plan.scratch_floats() + 16));
  float* aligned =
      scratch.data() + (16 - reinterpret_cast<uintptr_t>(scratch.data()) / 4 % 16) % 16;
  const double seconds = best_seconds(state, [&] {
    benchmark::DoNotOptimize(
        plan.run(samples.lanes(), samples.in_offset, samples.out_offset, aligned));
    benchmark::ClobberMemory();
  });
  const double gflops = 2e-9 * static_cast<double>(shape.macs() * n) / seconds;
  state.counters["us"] = seconds * 1e6;
  state.counters["gflops"] = gflops;
  state.counters["peak_pct"] = 100 * gflops / peak_of(isa);
  state.counters["est"] = ConvPlan::estimate(engine, shape, isa) * n;
  state.SetLabel(ConvPlan::choose(shape, isa) == engine ? "chosen" : "");
}

void resize(benchmark::State& state, int64_t from, int64_t to, Isa isa) {
  const int64_t channels = 16;
  const PlaneLayout in = PlaneLayout::of({channels, from, from}, 1);
  const PlaneLayout out = PlaneLayout::of({channels, to, to}, 1);
  ResizeAxis axis;
  for (int64_t o = 0; o < to; ++o) {
    const auto low = static_cast<int32_t>(o * (from - 1) / (to - 1));
    axis.i0.push_back(low);
    axis.i1.push_back(std::min(low + 1, static_cast<int32_t>(from - 1)));
    axis.w.push_back(0.25F);
  }
  const ResizePlan plan(isa, in, out, axis, axis);
  const Samples samples(in, out, 1);
  std::vector<float> scratch(static_cast<size_t>(plan.scratch_floats()));
  const double seconds = best_seconds(state, [&] {
    plan.run(samples.lanes(), samples.in_offset, samples.out_offset, scratch.data());
    benchmark::ClobberMemory();
  });
  state.counters["us"] = seconds * 1e6;
}

std::string name_of(const Case& c) {
  return std::string(c.net) + "/" + std::to_string(c.ic) + "-" + std::to_string(c.oc) + "k" +
         std::to_string(c.k) + "s" + std::to_string(c.stride) + "@" + std::to_string(c.side) +
         (c.groups > 1 ? "dw" : "");
}

void register_all() {
  for (const Isa isa : isas()) {
    if (isa == Isa::kPortable) continue;
    const std::string set(isa_name(isa));
    for (const Case& c : kCases) {
      for (const ConvEngine engine : kConvEngines) {
        if (ConvPlan::refuses(engine, shape_of(c))) continue;
        for (const int n : {1, 8}) {
          const std::string name = name_of(c) + "/" + std::string(engine_name(engine)) + "/" + set +
                                   "/n" + std::to_string(n);
          benchmark::RegisterBenchmark(name.c_str(), [&c, engine, isa, n](benchmark::State& state) {
            convolution(state, c, engine, isa, n);
          })->MinTime(0.03);
        }
      }
    }
    for (const auto& [from, to] :
         {std::pair<int64_t, int64_t>{8, 16}, {16, 32}, {32, 16}, {16, 8}}) {
      const std::string name =
          "resize/" + std::to_string(from) + "-" + std::to_string(to) + "/" + set;
      benchmark::RegisterBenchmark(name.c_str(), [from = from, to = to, isa](auto& state) {
        resize(state, from, to, isa);
      })->MinTime(0.03);
    }
  }
}

}  // namespace
}  // namespace fovea::cpu

int main(int argc, char** argv) {
  fovea::cpu::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
