#include <algorithm>
#include <cstdlib>
#include <vector>

#include "data/core/scenes_parts.h"

namespace fovea::scenes {
namespace {

constexpr int32_t kHalfDiagonal = 182;  ///< of a pixel

/// 0..kSubsamples per pixel of the picture.
using Coverage = std::vector<uint8_t>;

/// How a point of the picture is seen from a posed shape.
class LocalView {
 public:
  LocalView(const Pose& pose, Point shift)
      : centre_{pose.centre.x + shift.x, pose.centre.y + shift.y},
        axis_(pose.axis),
        scale_((int64_t{kUnit} << 20) / pose.radius) {}
  [[nodiscard]] Point at(Point p) const {
    const int64_t dx = p.x - centre_.x;
    const int64_t dy = p.y - centre_.y;
    const int64_t u = (dx * axis_.x + dy * axis_.y) / kTurn;
    const int64_t v = (dy * axis_.x - dx * axis_.y) / kTurn;
    return {static_cast<int32_t>(u * scale_ / (1 << 20)),
            static_cast<int32_t>(v * scale_ / (1 << 20))};
  }

 private:
  Point centre_;
  Point axis_;
  int64_t scale_;
};

/// A line with round ends, seen from points.
class StrokeView {
 public:
  explicit StrokeView(const Stroke& stroke) : stroke_(stroke) {
    const int64_t dx = stroke.b.x - stroke.a.x;
    const int64_t dy = stroke.b.y - stroke.a.y;
    length_ = static_cast<int32_t>(integer_root(static_cast<uint64_t>(dx * dx + dy * dy)));
    if (length_ > 0) {
      along_ = {static_cast<int32_t>(dx * kTurn / length_),
                static_cast<int32_t>(dy * kTurn / length_)};
    }
  }
  /// True where p is nearer to the line than half its width and `margin`.
  [[nodiscard]] bool near(Point p, int32_t margin) const {
    const int64_t dx = p.x - stroke_.a.x;
    const int64_t dy = p.y - stroke_.a.y;
    const int64_t reach = stroke_.half_width + margin;
    const int64_t t = (dx * along_.x + dy * along_.y) / kTurn;
    if (length_ > 0 && t >= 0 && t <= length_) {
      return std::abs((dx * along_.y - dy * along_.x) / kTurn) <= reach;
    }
    const int64_t ex = t <= 0 ? dx : p.x - stroke_.b.x;
    const int64_t ey = t <= 0 ? dy : p.y - stroke_.b.y;
    return ex * ex + ey * ey <= reach * reach;
  }

 private:
  Stroke stroke_;
  int32_t length_ = 0;
  Point along_{kTurn, 0};
};

/// Pixels begin..end-1 in both directions.
struct Box {
  int32_t x_begin, y_begin, x_end, y_end;
};

Box box_around(Point low, Point high, int32_t margin, int32_t side) {
  const auto first = [&](int32_t v) { return std::clamp((v - margin) / kPixel - 1, 0, side); };
  const auto last = [&](int32_t v) { return std::clamp((v + margin) / kPixel + 2, 0, side); };
  return {first(low.x), first(low.y), last(high.x), last(high.y)};
}

/// Calls visit(x, y, count) for every pixel of the box of which count > 0 subsamples are held.
template <typename Maybe, typename Holds, typename Visit>
void cover(const Box& box, Maybe maybe, Holds holds, Visit visit) {
  for (int32_t y = box.y_begin; y < box.y_end; ++y) {
    for (int32_t x = box.x_begin; x < box.x_end; ++x) {
      if (!maybe(Point{x * kPixel + kPixel / 2, y * kPixel + kPixel / 2})) continue;
      int32_t count = 0;
      for (int32_t k = 0; k < kSubsamples; ++k) {
        const Point p{x * kPixel + (2 * (k % 4) + 1) * kPixel / 8,
                      y * kPixel + (2 * (k / 4) + 1) * kPixel / 8};
        count += holds(p) ? 1 : 0;
      }
      if (count > 0) visit(x, y, count);
    }
  }
}

template <typename Visit>
void cover_stroke(const Stroke& stroke, int32_t side, Visit visit) {
  const StrokeView view(stroke);
  const Point low{std::min(stroke.a.x, stroke.b.x), std::min(stroke.a.y, stroke.b.y)};
  const Point high{std::max(stroke.a.x, stroke.b.x), std::max(stroke.a.y, stroke.b.y)};
  cover(
      box_around(low, high, stroke.half_width, side),
      [&](Point p) { return view.near(p, kHalfDiagonal); },
      [&](Point p) { return view.near(p, 0); }, visit);
}

template <typename Visit>
void cover_object(const Scene& scene, Point shift, Visit visit) {
  const LocalView view(scene.pose, shift);
  const Point centre{scene.pose.centre.x + shift.x, scene.pose.centre.y + shift.y};
  const Stroke around{centre, centre, scene.pose.radius, {}};
  const StrokeView circle(around);
  cover(
      box_around(centre, centre, scene.pose.radius, scene.side),
      [&](Point p) { return circle.near(p, kHalfDiagonal); },
      [&](Point p) { return shape_holds(scene.label, view.at(p)); }, visit);
}

/// The picture while it is painted; values may leave 0..255 until the end.
class Canvas {
 public:
  explicit Canvas(int32_t side) : side_(side), pixels_(static_cast<size_t>(side) * side) {}
  [[nodiscard]] size_t index(int32_t x, int32_t y) const {
    return static_cast<size_t>(y) * static_cast<size_t>(side_) + static_cast<size_t>(x);
  }
  Colour& at(int32_t x, int32_t y) { return pixels_[index(x, y)]; }
  void blend(int32_t x, int32_t y, const Colour& colour, int32_t share, int32_t whole) {
    Colour& pixel = at(x, y);
    for (size_t c = 0; c < kChannels; ++c) {
      pixel[c] = (pixel[c] * (whole - share) + colour[c] * share) / whole;
    }
  }

 private:
  int32_t side_;
  std::vector<Colour> pixels_;
};

void paint_ground(const Scene& scene, Canvas& canvas) {
  for (int32_t y = 0; y < scene.side; ++y) {
    for (int32_t x = 0; x < scene.side; ++x) {
      const int32_t t = scene.ground_texture.at({x * kPixel, y * kPixel});
      Colour& pixel = canvas.at(x, y);
      for (size_t c = 0; c < kChannels; ++c) {
        pixel[c] = scene.ground[c] + scene.ground_swing[c] * t / 1000 +
                   scene.slope_x[c] * (2 * x - scene.side) / (2 * scene.side) +
                   scene.slope_y[c] * (2 * y - scene.side) / (2 * scene.side);
      }
    }
  }
}

void paint_stroke(const Stroke& stroke, int32_t side, Canvas& canvas) {
  cover_stroke(stroke, side, [&](int32_t x, int32_t y, int32_t count) {
    canvas.blend(x, y, stroke.colour, count, kSubsamples);
  });
}

void paint_shadow(const Scene& scene, Canvas& canvas) {
  const int32_t reach = scene.pose.radius / 8;
  const Point shift{-scene.light.x * reach / kTurn, -scene.light.y * reach / kTurn};
  cover_object(scene, shift, [&](int32_t x, int32_t y, int32_t count) {
    canvas.blend(x, y, {0, 0, 0}, count * scene.shadow_permille, kSubsamples * 1000);
  });
}

Coverage paint_object(const Scene& scene, Canvas& canvas) {
  Coverage covered(static_cast<size_t>(scene.side) * static_cast<size_t>(scene.side));
  cover_object(scene, {0, 0}, [&](int32_t x, int32_t y, int32_t count) {
    const int64_t dx = x * kPixel + kPixel / 2 - scene.pose.centre.x;
    const int64_t dy = y * kPixel + kPixel / 2 - scene.pose.centre.y;
    const auto towards_light = static_cast<int32_t>((dx * scene.light.x + dy * scene.light.y) /
                                                    kTurn * scene.shading / scene.pose.radius);
    const int32_t texture =
        scene.object_texture.at({x * kPixel, y * kPixel}) * scene.object_swing / 1000;
    Colour colour = scene.object;
    for (int32_t& value : colour) value = std::clamp(value + towards_light + texture, 0, 255);
    canvas.blend(x, y, colour, count, kSubsamples);
    covered[canvas.index(x, y)] = static_cast<uint8_t>(count);
  });
  return covered;
}

/// Box of the pixels that the object covers by half or more.
void measure_box(const Coverage& object, int32_t side, SceneTruth& truth) {
  truth.x0 = truth.y0 = side;
  truth.x1 = truth.y1 = 0;
  for (int32_t y = 0; y < side; ++y) {
    for (int32_t x = 0; x < side; ++x) {
      if (object[static_cast<size_t>(y) * static_cast<size_t>(side) + static_cast<size_t>(x)] <
          kSubsamples / 2)
        continue;
      truth.x0 = std::min(truth.x0, x);
      truth.y0 = std::min(truth.y0, y);
      truth.x1 = std::max(truth.x1, x + 1);
      truth.y1 = std::max(truth.y1, y + 1);
    }
  }
}

int32_t occluded_permille(const Coverage& object, const Coverage& before) {
  int64_t whole = 0;
  int64_t hidden = 0;
  for (size_t i = 0; i < object.size(); ++i) {
    whole += object[i];
    hidden += std::min(object[i], before[i]);
  }
  return static_cast<int32_t>(hidden * 1000 / std::max<int64_t>(whole, 1));
}

/// Grain of single pixels, then 8 bits.
Picture finish(const Scene& scene, Canvas& canvas) {
  Picture picture(scene.side, scene.side);
  const Noise grain(scene.grain_key);
  uint8_t* out = picture.pixels.data();
  uint64_t place = 0;
  for (int32_t y = 0; y < scene.side; ++y) {
    for (int32_t x = 0; x < scene.side; ++x) {
      const Colour& pixel = canvas.at(x, y);
      const uint64_t bits = grain.bits(place++);
      for (size_t c = 0; c < kChannels; ++c) {
        // Two uniform draws of 0..255 make a triangle around 255.
        const auto first = static_cast<int32_t>(bits >> (16 * c) & 255);
        const auto second = static_cast<int32_t>(bits >> (16 * c + 8) & 255);
        const int32_t noise = (first + second - 255) * scene.grain / 255;
        *out++ = static_cast<uint8_t>(std::clamp(pixel[c] + noise, 0, 255));
      }
    }
  }
  return picture;
}

}  // namespace

uint64_t integer_root(uint64_t n) {
  uint64_t root = 0;
  for (uint64_t bit = uint64_t{1} << 31; bit > 0; bit >>= 1) {
    const uint64_t next = root | bit;
    if (next * next <= n) root = next;
  }
  return root;
}

int32_t Texture::at(Point place) const {
  // Far from zero, so that dividing into cells never rounds towards it; 32 bits, for speed.
  constexpr int64_t kAway = int64_t{1} << 30;
  const auto u = static_cast<uint32_t>(
      (int64_t{place.x} * axis.x + int64_t{place.y} * axis.y) / kTurn + kAway);
  const auto v = static_cast<uint32_t>(
      (int64_t{place.y} * axis.x - int64_t{place.x} * axis.y) / kTurn + kAway);
  const auto corner = [this](uint32_t iu, uint32_t iv, int octave) {
    const uint64_t cell = uint64_t{iu} << 34 ^ uint64_t { iv } << 4 ^ static_cast<uint64_t>(octave);
    return static_cast<int32_t>(mix64(key ^ cell * 0x9E3779B97F4A7C15ULL) >> 54) - 512;
  };
  const auto smooth = [](uint32_t rest, uint32_t cell) {
    const int64_t t = rest * 1024 / cell;
    return static_cast<int32_t>(t * t * (3072 - 2 * t) >> 20);  // 0..1024, flat at both ends
  };
  int32_t sum = 0;
  int32_t weights = 0;
  for (int octave = 0; octave < n_octaves; ++octave) {
    const auto cu = static_cast<uint32_t>(std::max(cell_u >> octave, kPixel));
    const auto cv = static_cast<uint32_t>(std::max(cell_v >> octave, kPixel));
    const uint32_t iu = u / cu;
    const uint32_t iv = v / cv;
    const int32_t su = smooth(u - iu * cu, cu);
    const int32_t sv = smooth(v - iv * cv, cv);
    const int32_t top =
        (corner(iu, iv, octave) * (1024 - su) + corner(iu + 1, iv, octave) * su) / 1024;
    const int32_t low =
        (corner(iu, iv + 1, octave) * (1024 - su) + corner(iu + 1, iv + 1, octave) * su) / 1024;
    const int32_t weight = 64 >> octave;
    sum += (top * (1024 - sv) + low * sv) / 1024 * weight;
    weights += weight;
  }
  // Corners are -512..511, but the mean of several seldom comes near: stretched, then cut.
  return std::clamp(sum * 3 / weights, -1000, 1000);
}

ScenePicture paint(const Scene& scene) {
  Canvas canvas(scene.side);
  paint_ground(scene, canvas);
  for (const Stroke& stroke : scene.clutter) paint_stroke(stroke, scene.side, canvas);
  paint_shadow(scene, canvas);
  const Coverage object = paint_object(scene, canvas);
  Coverage before(object.size());
  for (const Stroke& stroke : scene.occluders) {
    cover_stroke(stroke, scene.side, [&](int32_t x, int32_t y, int32_t count) {
      canvas.blend(x, y, stroke.colour, count, kSubsamples);
      uint8_t& covered = before[canvas.index(x, y)];
      covered = std::max(covered, static_cast<uint8_t>(count));
    });
  }
  ScenePicture result{finish(scene, canvas), scene.truth};
  SceneTruth& truth = result.truth;
  measure_box(object, scene.side, truth);
  truth.occlusion_permille = occluded_permille(object, before);
  const int32_t hard_occlusion = std::min(2 * truth.occlusion_permille, 1000);
  truth.difficulty_permille = (35 * scene.hard_size + 30 * scene.hard_contrast +
                               15 * hard_occlusion + 20 * scene.hard_clutter) /
                              100;
  return result;
}

}  // namespace fovea::scenes
