// Kernels other than convolutions against plain loops, between layouts of any gap.
#include "ops/cpu/simple.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include "arena.h"
#include "fovea/error.h"

namespace fovea::cpu {
namespace {

constexpr int kSamples = 3;

int64_t pick(std::mt19937& random, int64_t least, int64_t most) {
  return least + static_cast<int64_t>(random() % static_cast<uint64_t>(most - least + 1));
}

float clamp(float value, Activation activation) {
  if (activation == Activation::kNone) return value;
  value = value < 0 ? 0.0F : value;
  return activation == Activation::kRelu6 && value > 6 ? 6.0F : value;
}

struct Map {
  int64_t c, h, w;
  [[nodiscard]] PlaneLayout layout(int64_t gap) const { return PlaneLayout::of({c, h, w}, gap); }
  [[nodiscard]] int64_t numel() const { return c * h * w; }
};

Map random_map(std::mt19937& random) {
  static constexpr int64_t kSides[] = {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 40};
  Map map{pick(random, 1, 6), kSides[random() % 14], kSides[random() % 14]};
  if (random() % 5 == 0) map.h = map.w = 1;
  return map;
}

class SimpleOnIsa : public ::testing::TestWithParam<Isa> {
 protected:
  using Values = std::vector<std::vector<float>>;  // per sample

  Values draw(int64_t n) {
    Values values;
    for (int i = 0; i < kSamples; ++i) values.push_back(random_values(n, random));
    for (auto& sample : values) {
      for (float& value : sample) value *= 8;
    }
    return values;
  }

  static void fill(Arena& arena, const ValueRef& ref, const Values& values) {
    for (int i = 0; i < kSamples; ++i) arena.fill(i, ref, values[static_cast<size_t>(i)]);
  }

  static void expect(Arena& arena, const ValueRef& ref, const Values& wanted, float tolerance) {
    for (int lane = 0; lane < kSamples; ++lane) {
      std::string defect;
      const std::vector<float> found = arena.read(lane, ref, defect);
      ASSERT_EQ(defect, "");
      const auto& want = wanted[static_cast<size_t>(lane)];
      ASSERT_EQ(found.size(), want.size());
      for (size_t i = 0; i < want.size(); ++i) {
        if (std::isinf(want[i])) {
          ASSERT_EQ(found[i], want[i]) << i;
        } else {
          ASSERT_NEAR(found[i], want[i], tolerance * (1 + std::abs(want[i]))) << "element " << i;
        }
      }
    }
  }

  std::mt19937 random{21};
};

TEST_P(SimpleOnIsa, BinaryBroadcastsChannelsMapsAndScalars) {
  for (int i = 0; i < 200; ++i) {
    const Map map = random_map(random);
    const PlaneLayout layout = map.layout(pick(random, 0, 3));
    const auto form = random() % 4;
    PlaneLayout other = random() % 2 == 0 ? layout : map.layout(pick(random, 0, 3));
    if (form == 1) other = PlaneLayout::of({map.c}, 0);
    if (form == 2) other = PlaneLayout::of({1, map.h, map.w}, pick(random, 0, 3));
    if (form == 3) other = PlaneLayout::of({1}, 0);
    const auto op = static_cast<BinaryOp>(random() % 3);
    const auto activation = static_cast<Activation>(random() % 3);
    Arena arena(kSamples);
    const ValueRef a = arena.add(layout);
    const ValueRef b = arena.add(other);
    const bool in_place = random() % 3 == 0;
    const ValueRef out = in_place ? a : arena.add(random() % 2 == 0 ? layout : map.layout(1));
    const Values left = draw(map.numel());
    const Values right = draw(other.channels * other.height * other.width);
    fill(arena, a, left);
    fill(arena, b, right);
    Values wanted = left;
    for (size_t lane = 0; lane < wanted.size(); ++lane) {
      for (int64_t k = 0; k < map.numel(); ++k) {
        const int64_t area = map.h * map.w;
        const int64_t at = form == 0 ? k : form == 1 ? k / area : form == 2 ? k % area : 0;
        const float y = right[lane][static_cast<size_t>(at)];
        float& x = wanted[lane][static_cast<size_t>(k)];
        x = clamp(op == BinaryOp::kAdd ? x + y : op == BinaryOp::kSub ? x - y : x * y, activation);
      }
    }
    binary(GetParam(), arena.lanes(), op, activation, a, b, out);
    SCOPED_TRACE(std::to_string(form) + " " + std::to_string(map.h) + "x" + std::to_string(map.w));
    expect(arena, out, wanted, 1e-6F);
    if (HasFatalFailure()) return;
  }
}

TEST_P(SimpleOnIsa, ScaleAndShiftLeaveZerosAroundTheMap) {
  for (int i = 0; i < 100; ++i) {
    const Map map = random_map(random);
    Arena arena(kSamples);
    const ValueRef in = arena.add(map.layout(pick(random, 0, 3)));
    const ValueRef out = random() % 3 == 0 ? in : arena.add(map.layout(pick(random, 0, 3)));
    const Values values = draw(map.numel());
    fill(arena, in, values);
    const std::vector<float> scale = random_values(map.c, random);
    const std::vector<float> shift = random_values(map.c, random);
    const auto activation = static_cast<Activation>(random() % 3);
    Values wanted = values;
    for (auto& sample : wanted) {
      for (size_t k = 0; k < sample.size(); ++k) {
        const auto c = k / static_cast<size_t>(map.h * map.w);
        sample[k] = clamp(sample[k] * scale[c] + shift[c], activation);
      }
    }
    scale_shift(GetParam(), arena.lanes(), scale, shift, activation, in, out);
    expect(arena, out, wanted, 1e-6F);
    if (HasFatalFailure()) return;
  }
}

TEST_P(SimpleOnIsa, ActivationsClampAndPassNaN) {
  for (int i = 0; i < 60; ++i) {
    const Map map = random_map(random);
    Arena arena(kSamples);
    const ValueRef in = arena.add(map.layout(pick(random, 0, 2)));
    const ValueRef out = random() % 3 == 0 ? in : arena.add(map.layout(pick(random, 0, 2)));
    const Values values = draw(map.numel());
    fill(arena, in, values);
    const auto activation = static_cast<Activation>(random() % 3);
    Values wanted = values;
    for (auto& sample : wanted) {
      for (float& value : sample) value = clamp(value, activation);
    }
    activate(GetParam(), arena.lanes(), activation, in, out);
    expect(arena, out, wanted, 0.0F);
    if (HasFatalFailure()) return;
  }
  Arena arena(1);
  const ValueRef in = arena.add(PlaneLayout::of({40}, 0));
  arena.fill(0, in, std::vector<float>(40, std::numeric_limits<float>::quiet_NaN()));
  activate(GetParam(), arena.lanes(), Activation::kRelu6, in, in);
  for (int i = 0; i < 40; ++i) EXPECT_TRUE(std::isnan(arena.lanes().blocks[0][in.offset + i]));
}

TEST_P(SimpleOnIsa, CopiesBetweenGapsAndFlatFormsKeepValues) {
  for (int i = 0; i < 100; ++i) {
    const Map map = random_map(random);
    Arena arena(kSamples);
    const PlaneLayout flat = PlaneLayout::of({map.numel()}, 0);
    const ValueRef in = arena.add(map.layout(pick(random, 0, 3)));
    const ValueRef there = arena.add(map.layout(pick(random, 0, 3)));
    const ValueRef flattened = arena.add(flat);
    const ValueRef back = arena.add(map.layout(pick(random, 0, 3)));
    const Values values = draw(map.numel());
    fill(arena, in, values);
    copy(GetParam(), arena.lanes(), in, there);
    copy(GetParam(), arena.lanes(), there, flattened);
    copy(GetParam(), arena.lanes(), flattened, back);
    for (const ValueRef& ref : {there, flattened, back}) expect(arena, ref, values, 0.0F);
    if (HasFatalFailure()) return;
  }
}

TEST_P(SimpleOnIsa, DenseTensorsOfTheCallerAreReadAndWrittenExactly) {
  for (int i = 0; i < 60; ++i) {
    const Map map = random_map(random);
    Arena arena(kSamples);
    const ValueRef ref = arena.add(map.layout(pick(random, 0, 3)));
    (void)arena.lanes();
    const Values values = draw(map.numel());
    const float* sources[kSamples];
    float* targets[kSamples];
    Values found(kSamples);
    for (size_t lane = 0; lane < kSamples; ++lane) {
      sources[lane] = values[lane].data();
      found[lane].assign(values[lane].size() + 16, poison());
      targets[lane] = found[lane].data();
    }
    for (int lane = 0; lane < kSamples; ++lane) arena.fill(lane, ref, {});
    from_dense(GetParam(), arena.lanes(), sources, ref);
    expect(arena, ref, values, 0.0F);
    if (HasFatalFailure()) return;
    to_dense(GetParam(), arena.lanes(), ref, targets);
    for (size_t lane = 0; lane < kSamples; ++lane) {
      EXPECT_TRUE(std::equal(values[lane].begin(), values[lane].end(), found[lane].begin()));
      for (size_t k = 0; k < 16; ++k) {
        EXPECT_TRUE(poisoned(found[lane][values[lane].size() + k])) << "written behind the tensor";
      }
    }
  }
}

TEST_P(SimpleOnIsa, MeanOverTheMap) {
  for (int i = 0; i < 60; ++i) {
    const Map map = random_map(random);
    Arena arena(kSamples);
    const ValueRef in = arena.add(map.layout(pick(random, 0, 3)));
    const ValueRef out = arena.add(PlaneLayout::of({map.c}, 0));
    const Values values = draw(map.numel());
    fill(arena, in, values);
    fill(arena, out, Values(kSamples));
    Values wanted(kSamples);
    for (size_t lane = 0; lane < kSamples; ++lane) {
      for (int64_t c = 0; c < map.c; ++c) {
        double sum = 0;
        for (int64_t k = 0; k < map.h * map.w; ++k) {
          sum += static_cast<double>(values[lane][static_cast<size_t>(c * map.h * map.w + k)]);
        }
        wanted[lane].push_back(static_cast<float>(sum / static_cast<double>(map.h * map.w)));
      }
    }
    mean_hw(GetParam(), arena.lanes(), in, out);
    expect(arena, out, wanted, 1e-5F);
    if (HasFatalFailure()) return;
  }
}

/// One pooled element by its definition.
float pooled(const PoolShape& s, const Map& map, const float* plane, int64_t y, int64_t x) {
  double sum = 0;
  float most = -std::numeric_limits<float>::infinity();
  int64_t inside = 0;
  int64_t padded = 0;
  for (int64_t ky = 0; ky < s.kh; ++ky) {
    for (int64_t kx = 0; kx < s.kw; ++kx) {
      const int64_t iy = y * s.stride_y + ky - s.pad_top;
      const int64_t ix = x * s.stride_x + kx - s.pad_left;
      if (iy < map.h + s.pad_bottom && ix < map.w + s.pad_right) ++padded;
      if (iy < 0 || iy >= map.h || ix < 0 || ix >= map.w) continue;
      ++inside;
      sum += static_cast<double>(plane[iy * map.w + ix]);
      most = std::max(most, plane[iy * map.w + ix]);
    }
  }
  if (s.kind == PoolKind::kMax) return most;
  const int64_t n = s.kind == PoolKind::kAverage ? padded : inside;
  return n == 0 ? 0.0F : static_cast<float>(sum / static_cast<double>(n));
}

TEST_P(SimpleOnIsa, PoolsAnyWindow) {
  for (int i = 0; i < 150; ++i) {
    Map map = random_map(random);
    PoolShape s{.kind = static_cast<PoolKind>(random() % 3),
                .kh = pick(random, 1, 4),
                .kw = pick(random, 1, 4),
                .stride_y = pick(random, 1, 3),
                .stride_x = pick(random, 1, 3)};
    s.pad_top = pick(random, 0, s.kh / 2);
    s.pad_left = pick(random, 0, s.kw / 2);
    s.pad_bottom = pick(random, 0, s.kh / 2);
    s.pad_right = pick(random, 0, s.kw / 2);
    map.h = std::max(map.h, s.kh);
    map.w = std::max(map.w, s.kw);
    // One more output than fits whole, as rounding up gives.
    const bool more = random() % 3 == 0;
    const int64_t oh = (map.h + s.pad_top + s.pad_bottom - s.kh) / s.stride_y + 1 + (more ? 1 : 0);
    const int64_t ow = (map.w + s.pad_left + s.pad_right - s.kw) / s.stride_x + 1;
    if (more && (oh - 1) * s.stride_y >= map.h + s.pad_top) continue;
    Arena arena(kSamples);
    const ValueRef in = arena.add(map.layout(pick(random, 0, 3)));
    const ValueRef out = arena.add(PlaneLayout::of({map.c, oh, ow}, pick(random, 0, 3)));
    const Values values = draw(map.numel());
    fill(arena, in, values);
    Values wanted(kSamples);
    for (size_t lane = 0; lane < kSamples; ++lane) {
      for (int64_t k = 0; k < map.c * oh * ow; ++k) {
        const float* plane = values[lane].data() + k / (oh * ow) * map.h * map.w;
        wanted[lane].push_back(pooled(s, map, plane, k / ow % oh, k % ow));
      }
    }
    Scratch scratch(pool_scratch_floats(out.layout));
    pool(GetParam(), arena.lanes(), s, in, out, scratch.data());
    EXPECT_TRUE(scratch.intact());
    expect(arena, out, wanted, 1e-5F);
    if (HasFatalFailure()) return;
  }
}

ResizeAxis random_axis(int64_t in, int64_t out, std::mt19937& random) {
  ResizeAxis axis;
  const bool wild = random() % 5 == 0;
  for (int64_t o = 0; o < out; ++o) {
    const double at = out == 1 ? 0
                               : static_cast<double>(o) * static_cast<double>(in - 1) /
                                     static_cast<double>(out - 1);
    const auto low = std::min<int64_t>(static_cast<int64_t>(at), in - 1);
    axis.i0.push_back(static_cast<int32_t>(wild ? pick(random, 0, in - 1) : low));
    axis.i1.push_back(static_cast<int32_t>(std::min(low + 1, in - 1)));
    axis.w.push_back(static_cast<float>(at - static_cast<double>(low)));
  }
  return axis;
}

TEST_P(SimpleOnIsa, ResizesBetweenAnySizes) {
  for (int i = 0; i < 150; ++i) {
    const Map map = random_map(random);
    Map to = random_map(random);
    to.c = map.c;
    Arena arena(kSamples);
    const ValueRef in = arena.add(map.layout(pick(random, 0, 3)));
    const ValueRef out = arena.add(to.layout(pick(random, 0, 3)));
    const ResizeAxis y = random_axis(map.h, to.h, random);
    const ResizeAxis x = random_axis(map.w, to.w, random);
    const Values values = draw(map.numel());
    fill(arena, in, values);
    Values wanted(kSamples);
    for (size_t lane = 0; lane < kSamples; ++lane) {
      for (int64_t k = 0; k < to.numel(); ++k) {
        const float* plane = values[lane].data() + k / (to.h * to.w) * map.h * map.w;
        const auto oy = static_cast<size_t>(k / to.w % to.h);
        const auto ox = static_cast<size_t>(k % to.w);
        const auto row = [&](int32_t at) {
          const float* line = plane + at * map.w;
          return (1 - x.w[ox]) * line[x.i0[ox]] + x.w[ox] * line[x.i1[ox]];
        };
        wanted[lane].push_back((1 - y.w[oy]) * row(y.i0[oy]) + y.w[oy] * row(y.i1[oy]));
      }
    }
    const ResizePlan plan(GetParam(), in.layout, out.layout, y, x);
    Scratch scratch(plan.scratch_floats());
    plan.run(arena.lanes(), in.offset, out.offset, scratch.data());
    EXPECT_TRUE(scratch.intact());
    SCOPED_TRACE(std::to_string(map.h) + "x" + std::to_string(map.w) + " to " +
                 std::to_string(to.h) + "x" + std::to_string(to.w));
    expect(arena, out, wanted, 2e-6F);
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, SimpleOnIsa, ::testing::ValuesIn(isas()),
                         [](const auto& set) { return std::string(isa_name(set.param)); });

TEST(ResizePlan, ErrorNamesTheAxisWhoseTableDoesNotFit) {
  const PlaneLayout layout = PlaneLayout::of({1, 2, 2}, 0);
  const ResizeAxis good{.i0 = {0, 1}, .i1 = {0, 1}, .w = {0, 0}};
  ResizeAxis bad = good;
  bad.i1[1] = 2;
  try {
    const ResizePlan plan(find_isa(""), layout, layout, good, bad);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("axis x"));
  }
}

TEST(PlaneLayout, LeavesZerosForTheGapBehindTheLastRow) {
  const PlaneLayout layout = PlaneLayout::of({3, 8, 8}, 1);
  EXPECT_EQ(layout.row_stride, 9);
  EXPECT_EQ(layout.plane_stride, 96);
  EXPECT_EQ(layout.lead(), 16);
  const PlaneLayout single = PlaneLayout::of({7, 1, 1}, 2);
  EXPECT_EQ(single, PlaneLayout::of({7}, 0));
  EXPECT_EQ(single.floats(), 7);
}

}  // namespace
}  // namespace fovea::cpu
