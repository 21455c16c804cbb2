// Every engine on every instruction set against plain loops, bit for bit: the order of additions is
// part of the contract.
#include "ops/cpu/conv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "arena.h"
#include "fovea/error.h"

namespace fovea::cpu {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

bool fused(Isa isa) { return isa == Isa::kAvx512 || isa == Isa::kAvx2 || isa == Isa::kNeon; }

float clamp(float value, Activation activation) {
  if (activation == Activation::kNone) return value;
  value = value < 0 ? 0.0F : value;
  return activation == Activation::kRelu6 && value > 6 ? 6.0F : value;
}

std::vector<float> plain_convolution(const ConvShape& s, const std::vector<float>& in,
                                     const std::vector<float>& weights,
                                     const std::vector<float>& bias, Activation activation,
                                     bool is_fused) {
  std::vector<float> out;
  const int64_t group_in = s.ic / s.groups;
  for (int64_t o = 0; o < s.oc; ++o) {
    const int64_t first = o / (s.oc / s.groups) * group_in;
    for (int64_t y = 0; y < s.out.height; ++y) {
      for (int64_t x = 0; x < s.out.width; ++x) {
        float sum = bias.empty() ? 0.0F : bias[static_cast<size_t>(o)];
        for (int64_t c = 0; c < group_in; ++c) {
          for (int64_t ky = 0; ky < s.kh; ++ky) {
            for (int64_t kx = 0; kx < s.kw; ++kx) {
              const int64_t iy = y * s.stride_y + ky * s.dilation_y - s.pad_top;
              const int64_t ix = x * s.stride_x + kx * s.dilation_x - s.pad_left;
              const bool inside = iy >= 0 && iy < s.in.height && ix >= 0 && ix < s.in.width;
              const float value =
                  inside
                      ? in[static_cast<size_t>(((first + c) * s.in.height + iy) * s.in.width + ix)]
                      : 0.0F;
              const float weight =
                  weights[static_cast<size_t>(((o * group_in + c) * s.kh + ky) * s.kw + kx)];
              sum = is_fused ? std::fma(value, weight, sum) : sum + value * weight;
            }
          }
        }
        out.push_back(clamp(sum, activation));
      }
    }
  }
  return out;
}

std::string describe(const ConvShape& s) {
  std::string text;
  for (const auto& [name, value] :
       std::initializer_list<std::pair<const char*, int64_t>>{{"ic", s.ic},
                                                              {"oc", s.oc},
                                                              {"kh", s.kh},
                                                              {"kw", s.kw},
                                                              {"sy", s.stride_y},
                                                              {"sx", s.stride_x},
                                                              {"dy", s.dilation_y},
                                                              {"dx", s.dilation_x},
                                                              {"groups", s.groups},
                                                              {"top", s.pad_top},
                                                              {"left", s.pad_left},
                                                              {"ih", s.in.height},
                                                              {"iw", s.in.width},
                                                              {"igap", s.in.gap},
                                                              {"oh", s.out.height},
                                                              {"ow", s.out.width},
                                                              {"ogap", s.out.gap}}) {
    text += std::string(name) + "=" + std::to_string(value) + " ";
  }
  return text;
}

/// Runs one shape in every engine that takes it, for n samples and for each sample alone.
void check_shape(const ConvShape& shape, Isa isa, Activation activation, int n,
                 std::mt19937& random) {
  SCOPED_TRACE(describe(shape) + std::string(isa_name(isa)) + " n=" + std::to_string(n));
  const std::vector<float> weights =
      random_values(shape.oc * shape.ic / shape.groups * shape.kh * shape.kw, random);
  std::vector<float> bias;
  if (random() % 4 != 0) bias = random_values(shape.oc, random);
  std::vector<std::vector<float>> inputs;
  std::vector<std::vector<float>> wanted;
  for (int lane = 0; lane < n; ++lane) {
    inputs.push_back(random_values(shape.ic * shape.in.height * shape.in.width, random));
    wanted.push_back(
        plain_convolution(shape, inputs.back(), weights, bias, activation, fused(isa)));
  }
  for (const ConvEngine engine : kConvEngines) {
    if (ConvPlan::refuses(engine, shape)) continue;
    SCOPED_TRACE(engine_name(engine));
    const ConvPlan plan(shape, weights, bias,
                        {.activation = activation, .isa = isa, .engine = engine});
    Scratch scratch(plan.scratch_floats());
    for (const int together : {n, 1}) {
      Arena arena(n);
      const ValueRef in = arena.add(shape.in);
      const ValueRef out = arena.add(shape.out);
      for (int lane = 0; lane < n; ++lane) {
        arena.fill(lane, in, inputs[static_cast<size_t>(lane)]);
      }
      const Lanes all = arena.lanes();
      for (int first = 0; first < n; first += together) {
        const Lanes some{.blocks = all.blocks + first, .n = together};
        ASSERT_EQ(plan.run(some, in.offset, out.offset, scratch.data()), shape.macs());
      }
      ASSERT_TRUE(scratch.intact());
      for (int lane = 0; lane < n; ++lane) {
        std::string defect;
        const std::vector<float> found = arena.read(lane, out, defect);
        ASSERT_EQ(defect, "") << "lane " << lane;
        const std::vector<float>& want = wanted[static_cast<size_t>(lane)];
        for (size_t i = 0; i < want.size(); ++i) {
          ASSERT_EQ(found[i], want[i]) << "lane " << lane << " element " << i;
        }
      }
    }
  }
}

int64_t pick(std::mt19937& random, int64_t least, int64_t most) {
  return least + static_cast<int64_t>(random() % static_cast<uint64_t>(most - least + 1));
}

/// The result of one axis, or nothing where the window does not fit.
int64_t extent(int64_t in, int64_t before, int64_t behind, int64_t k, int64_t dilation,
               int64_t stride) {
  const int64_t room = in + before + behind - (dilation * (k - 1) + 1);
  return room < 0 ? 0 : room / stride + 1;
}

ConvShape random_shape(std::mt19937& random) {
  for (;;) {
    ConvShape s;
    s.kh = pick(random, 1, 4);
    s.kw = random() % 3 == 0 ? pick(random, 1, 4) : s.kh;
    s.stride_y = random() % 2 == 0 ? 1 : pick(random, 1, 3);
    s.stride_x = random() % 4 == 0 ? pick(random, 1, 3) : s.stride_y;
    s.dilation_y = random() % 4 == 0 ? pick(random, 1, 3) : 1;
    s.dilation_x = random() % 4 == 0 ? pick(random, 1, 3) : s.dilation_y;
    s.pad_top = random() % 3 == 0 ? pick(random, 0, 4) : s.dilation_y * (s.kh - 1) / 2;
    s.pad_left = random() % 3 == 0 ? pick(random, 0, 4) : s.dilation_x * (s.kw - 1) / 2;
    const int64_t bottom = random() % 3 == 0 ? pick(random, 0, 4) : s.pad_top;
    const int64_t right = random() % 3 == 0 ? pick(random, 0, 4) : s.pad_left;
    s.groups = random() % 4 == 0 ? pick(random, 1, 5) : 1;
    s.ic = s.groups * pick(random, 1, 6);
    s.oc = s.groups * (random() % 6 == 0 ? pick(random, 1, 70) : pick(random, 1, 14));
    if (random() % 8 == 0) s.groups = s.oc = s.ic;
    const int64_t height = random() % 6 == 0 ? 1 : pick(random, 1, 20);
    const int64_t width = random() % 6 == 0 ? 8 : random() % 3 == 0 ? height : pick(random, 1, 37);
    s.in = PlaneLayout::of({s.ic, height, width}, pick(random, 0, 3));
    const int64_t oh = extent(height, s.pad_top, bottom, s.kh, s.dilation_y, s.stride_y);
    const int64_t ow = extent(width, s.pad_left, right, s.kw, s.dilation_x, s.stride_x);
    if (oh < 1 || ow < 1) continue;
    s.out = PlaneLayout::of({s.oc, oh, ow}, random() % 2 == 0 ? s.in.gap : pick(random, 0, 3));
    return s;
  }
}

class ConvOnIsa : public ::testing::TestWithParam<Isa> {};

TEST_P(ConvOnIsa, EveryEngineEqualsPlainLoopsBitForBitInAnyBatch) {
  std::mt19937 random(11);
  for (int i = 0; i < 400 && !HasFatalFailure(); ++i) {
    const ConvShape shape = random_shape(random);
    const auto activation = static_cast<Activation>(random() % 3);
    check_shape(shape, GetParam(), activation, static_cast<int>(pick(random, 1, 9)), random);
  }
}

struct Named {
  int64_t ic, oc, k, stride, side;
};

TEST_P(ConvOnIsa, ShapesOfTheZooEqualPlainLoops) {
  std::mt19937 random(12);
  for (const Named& n : std::initializer_list<Named>{{5, 5, 3, 1, 32},
                                                     {5, 5, 3, 1, 16},
                                                     {6, 6, 3, 1, 8},
                                                     {99, 5, 1, 1, 32},
                                                     {87, 6, 1, 1, 8},
                                                     {24, 24, 3, 1, 8},
                                                     {96, 24, 3, 1, 8},
                                                     {160, 96, 1, 1, 8},
                                                     {12, 6, 3, 1, 32},
                                                     {18, 9, 3, 2, 16},
                                                     {160, 128, 3, 2, 8},
                                                     {128, 128, 3, 2, 4},
                                                     {3, 16, 3, 1, 32},
                                                     {16, 32, 3, 2, 32},
                                                     {64, 64, 3, 1, 14},
                                                     {3, 20, 7, 2, 40}}) {
    const int64_t pad = n.k / 2;
    ConvShape s{.ic = n.ic,
                .oc = n.oc,
                .kh = n.k,
                .kw = n.k,
                .stride_y = n.stride,
                .stride_x = n.stride,
                .pad_top = pad,
                .pad_left = pad};
    const int64_t side = extent(n.side, pad, pad, n.k, 1, n.stride);
    s.in = PlaneLayout::of({n.ic, n.side, n.side}, 1);
    s.out = PlaneLayout::of({n.oc, side, side}, 1);
    check_shape(s, GetParam(), Activation::kRelu, 3, random);
    if (HasFatalFailure()) return;
  }
}

TEST_P(ConvOnIsa, LinearLayersEqualPlainLoops) {
  std::mt19937 random(13);
  for (const auto& [in, out] : std::initializer_list<std::pair<int64_t, int64_t>>{
           {128, 10}, {7, 1}, {300, 1000}, {64, 77}}) {
    ConvShape s{.ic = in, .oc = out};
    s.in = PlaneLayout::of({in}, 0);
    s.out = PlaneLayout::of({out}, 0);
    for (const int n : {1, 2, 9, 40}) check_shape(s, GetParam(), Activation::kNone, n, random);
  }
}

TEST_P(ConvOnIsa, ChosenEngineIsAmongThoseThatAccept) {
  std::mt19937 random(14);
  for (int i = 0; i < 100; ++i) {
    const ConvShape shape = random_shape(random);
    const ConvEngine engine = ConvPlan::choose(shape, GetParam());
    EXPECT_FALSE(ConvPlan::refuses(engine, shape)) << describe(shape);
    for (const ConvEngine other : kConvEngines) {
      if (ConvPlan::refuses(other, shape)) continue;
      EXPECT_LE(ConvPlan::estimate(engine, shape, GetParam()),
                ConvPlan::estimate(other, shape, GetParam()));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, ConvOnIsa, ::testing::ValuesIn(isas()),
                         [](const auto& set) { return std::string(isa_name(set.param)); });

TEST(ConvPlan, RefusalsNameTheReason) {
  ConvShape shape;
  EXPECT_EQ(ConvPlan::refuses(ConvEngine::kPhases, shape), "stride is 1");
  shape.stride_x = 2;
  EXPECT_EQ(ConvPlan::refuses(ConvEngine::kPlanar, shape), "stride is not 1");
  EXPECT_EQ(ConvPlan::refuses(ConvEngine::kChannels, shape), std::nullopt);
}

TEST(ConvPlan, ErrorNamesWhatDoesNotFit) {
  ConvShape shape{.ic = 2, .oc = 3};
  shape.in = PlaneLayout::of({2, 4, 4}, 1);
  shape.out = PlaneLayout::of({3, 4, 4}, 1);
  const std::vector<float> weights(5);
  try {
    const ConvPlan plan(shape, weights, {}, {.isa = find_isa("")});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("weights"), HasSubstr("expected 6"), HasSubstr("found 5")));
  }
}

TEST(Isa, UnknownNameListsWhatIsThere) {
  try {
    (void)find_isa("MMX");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("MMX"), HasSubstr(isa_name(isas().back()).data())));
  }
}

TEST(Isa, EmptyNameIsTheBestAndVariantsCountAsTheirBase) {
  EXPECT_EQ(find_isa(""), isas().front());
  for (const Isa isa : isas()) EXPECT_EQ(find_isa(isa_name(isa)), isa);
  if (isas().front() == Isa::kAvx512) {
    EXPECT_EQ(find_isa("AVX3_ZEN4"), Isa::kAvx512);
  }
}

}  // namespace
}  // namespace fovea::cpu
