#include "data/core/scenes.h"

#include <algorithm>
#include <utility>

#include "data/core/scenes_parts.h"

namespace fovea {
namespace scenes {
namespace {

/// Classes come in shuffled blocks of ten, so that any stretch is balanced.
int32_t label_of(uint64_t seed, int64_t i) {
  constexpr auto kClasses = static_cast<int64_t>(kSceneClasses.size());
  std::array<int32_t, kSceneClasses.size()> order{};
  for (size_t k = 0; k < order.size(); ++k) order[k] = static_cast<int32_t>(k);
  const Noise noise = Noise(seed, "scenes: classes").fork(static_cast<uint64_t>(i / kClasses));
  for (size_t k = order.size(); k > 1; --k) {
    std::swap(order[k - 1], order[static_cast<size_t>(noise.below(k, k))]);
  }
  return order[static_cast<size_t>(i % kClasses)];
}

Point moved(Point from, Point axis, int32_t length) {
  return {from.x + static_cast<int32_t>(int64_t{axis.x} * length / kTurn),
          from.y + static_cast<int32_t>(int64_t{axis.y} * length / kTurn)};
}

/// A colour at a distance from another one, in a random direction, within 4..251 per channel.
Colour colour_away(Draws& draws, const Colour& from, int32_t distance) {
  std::array<int64_t, kChannels> direction{};
  uint64_t square = 0;
  for (int64_t& d : direction) {
    d = draws.between(-1000, 1000);
    square += static_cast<uint64_t>(d * d);
  }
  const auto length = static_cast<int64_t>(std::max<uint64_t>(integer_root(square), 1));
  Colour colour{};
  for (size_t c = 0; c < kChannels; ++c) {
    const auto step = static_cast<int32_t>(direction[c] * distance / length);
    // Where there is no room on one side the other is taken, so that the distance is kept.
    const bool fits = from[c] + step >= 4 && from[c] + step <= 251;
    colour[c] = std::clamp(fits ? from[c] + step : from[c] - step, 4, 251);
  }
  return colour;
}

int32_t distance_permille(const Colour& a, const Colour& b) {
  uint64_t square = 0;
  for (size_t c = 0; c < kChannels; ++c) {
    square += static_cast<uint64_t>(int64_t{a[c] - b[c]} * (a[c] - b[c]));
  }
  return static_cast<int32_t>(integer_root(square * 1000000) / 442);  // 442: black to white
}

Texture draw_texture(Draws& draws, int32_t side, int32_t coarse_permille) {
  Texture texture;
  texture.key = draws.key();
  texture.axis = draws.direction();
  const int32_t cell = std::max(side * kPixel / 1000 * coarse_permille, kPixel);
  texture.cell_u = cell * draws.between(100, 300) / 100;
  texture.cell_v = cell;
  texture.n_octaves = draws.between(2, 4);
  return texture;
}

/// A line or a dot, small against the object, anywhere.
Stroke draw_clutter(Draws& draws, const Scene& scene, int32_t contrast) {
  const int32_t whole = scene.side * kPixel;
  Stroke stroke;
  stroke.a.x = draws.between(0, whole);
  stroke.a.y = draws.between(0, whole);
  stroke.b = stroke.a;
  if (draws.between(0, 2) > 0) {
    const Point axis = draws.direction();
    const int32_t length = whole / 100 * draws.between(6, 45);
    stroke.b = moved(stroke.a, axis, length);
  }
  stroke.half_width = whole / 1000 * draws.between(6, 26);
  stroke.colour = colour_away(draws, scene.ground, contrast);
  return stroke;
}

/// A line across the object that hides about the given share of it.
Stroke draw_occluder(Draws& draws, const Scene& scene, int32_t share_permille) {
  const Pose& pose = scene.pose;
  const Point axis = draws.direction();
  const int32_t off = pose.radius / 100 * draws.between(-55, 55);
  const Point middle = moved(pose.centre, {-axis.y, axis.x}, off);
  const int32_t reach = pose.radius / 100 * draws.between(110, 260);
  Stroke stroke;
  stroke.a = moved(middle, axis, -reach);
  stroke.b = moved(middle, axis, reach);
  stroke.half_width = std::max(pose.radius / 1000 * share_permille, kPixel / 2);
  const int32_t contrast = draws.between(60, 120);
  stroke.colour = colour_away(draws, scene.object, contrast);
  return stroke;
}

void draw_ground(Draws& draws, Scene& scene) {
  const int32_t hard = scene.hard_clutter;
  for (int32_t& value : scene.ground) value = draws.between(72, 183);
  const int32_t swing = 12 + 44 * hard / 1000;
  const Colour other = colour_away(draws, scene.ground, swing);
  for (size_t c = 0; c < kChannels; ++c) scene.ground_swing[c] = other[c] - scene.ground[c];
  const int32_t coarse = draws.between(90, 320);
  scene.ground_texture = draw_texture(draws, scene.side, coarse);
  for (size_t c = 0; c < kChannels; ++c) {
    scene.slope_x[c] = draws.between(-24, 24);
    scene.slope_y[c] = draws.between(-24, 24);
  }
}

void draw_object(Draws& draws, Scene& scene) {
  const int32_t whole = scene.side * kPixel;
  Pose& pose = scene.pose;
  // From 0.38 of the side down to 0.12.
  pose.radius = whole / 1000 * (380 - 260 * scene.hard_size / 1000);
  pose.axis = draws.direction();
  pose.centre.x = draws.between(pose.radius, whole - pose.radius);
  pose.centre.y = draws.between(pose.radius, whole - pose.radius);
  const int32_t contrast = 150 - 120 * scene.hard_contrast / 1000;
  scene.object = colour_away(draws, scene.ground, contrast);
  scene.object_texture = draw_texture(draws, scene.side, 200);
  scene.object_swing = draws.between(2, 6 + 10 * scene.hard_clutter / 1000);
  scene.light = draws.direction();
  scene.shading = contrast / 8;
  scene.shadow_permille = 250 - 200 * scene.hard_contrast / 1000;
  scene.truth.size_permille = pose.radius * 1000 / whole;
  scene.truth.contrast_permille = distance_permille(scene.object, scene.ground);
}

void draw_clutter_and_occluders(Draws& draws, Scene& scene, int32_t hard_occlusion) {
  const int32_t n_clutter = draws.between(0, 2) + 12 * scene.hard_clutter / 1000;
  for (int32_t k = 0; k < n_clutter; ++k) {
    const int32_t contrast = draws.between(20, 90);
    scene.clutter.push_back(draw_clutter(draws, scene, contrast));
  }
  scene.truth.n_clutter = n_clutter;
  constexpr int32_t kFree = 300;  // below this hardness nothing hides the object
  if (hard_occlusion > kFree) {
    const int32_t share = 60 + 300 * (hard_occlusion - kFree) / (1000 - kFree);
    scene.occluders.push_back(draw_occluder(draws, scene, share));
  }
}

}  // namespace

Point Draws::direction() {
  // A point of the ring between half and full radius, drawn until it lies there, then normalised.
  constexpr int32_t kRange = 1 << 15;
  while (true) {
    const int64_t x = between(-kRange, kRange);
    const int64_t y = between(-kRange, kRange);
    const int64_t square = x * x + y * y;
    if (square > int64_t{kRange} * kRange || square < int64_t{kRange} * kRange / 4) continue;
    const auto length = static_cast<int64_t>(integer_root(static_cast<uint64_t>(square)));
    return {static_cast<int32_t>(x * kTurn / length), static_cast<int32_t>(y * kTurn / length)};
  }
}

int32_t Draws::mostly_small() {
  const int32_t u = between(0, 1000);
  return u * u / 1000;
}

Scene describe(const ScenesOptions& options, int64_t i) {
  Draws draws(Noise(options.seed, "scenes").fork(static_cast<uint64_t>(i)));
  Scene scene;
  scene.side = options.side;
  scene.label = label_of(options.seed, i);
  scene.truth.label = scene.label;
  // One difficulty for the picture, from which each cause departs on its own.
  const int32_t common = draws.mostly_small();
  const auto cause = [&] { return (3 * common + 2 * draws.mostly_small()) / 5; };
  scene.hard_size = cause();
  scene.hard_contrast = cause();
  scene.hard_clutter = cause();
  const int32_t hard_occlusion = cause();
  draw_ground(draws, scene);
  draw_object(draws, scene);
  draw_clutter_and_occluders(draws, scene, hard_occlusion);
  scene.grain = draws.between(2, 5 + 9 * scene.hard_clutter / 1000);
  scene.grain_key = draws.key();
  return scene;
}

}  // namespace scenes

ScenePicture render_scene(const ScenesOptions& options, int64_t i) {
  if (options.side < 16 || options.side > 1024) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "a scene's side is out of range",
                 .expected = "16 to 1024 pixels",
                 .found = std::to_string(options.side)});
  }
  if (i < 0) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "a scene's number is negative",
                 .found = std::to_string(i)});
  }
  return scenes::paint(scenes::describe(options, i));
}

ScenesDataset::ScenesDataset(const ScenesOptions& options, int64_t n, int64_t first)
    : options_(options),
      n_(n),
      first_(first),
      class_names_(kSceneClasses.begin(), kSceneClasses.end()) {
  if (n < 0 || first < 0 || first > (int64_t{1} << 62) - n) {
    throw Error({.kind = ErrorKind::kUsage, .what = "the range of scenes is out of bounds"});
  }
  if (n > 0) render_scene(options, first);  // throws where the options are bad
}

int32_t ScenesDataset::label(int64_t i) const {
  return scenes::label_of(options_.seed, first_ + i);
}

std::string ScenesDataset::file_name(int64_t i) const { return scene_file_name(first_ + i); }

Result<Picture> ScenesDataset::picture(int64_t i) const {
  return render_scene(options_, first_ + i).picture;
}

std::string scene_file_name(int64_t i) {
  std::string digits = std::to_string(i);
  if (digits.size() < 6) digits.insert(0, 6 - digits.size(), '0');
  return digits + ".png";
}

std::string scene_csv_line(int64_t i, const SceneTruth& truth) {
  std::string difficulty = std::to_string(truth.difficulty_permille % 1000);
  difficulty.insert(0, 3 - difficulty.size(), '0');
  std::string line = scene_file_name(i) + ',' + std::to_string(truth.label) + ',';
  line += kSceneClasses[static_cast<size_t>(truth.label)];
  for (const int32_t value : {truth.x0, truth.y0, truth.x1, truth.y1}) {
    line += ',' + std::to_string(value);
  }
  return line + ',' + std::to_string(truth.difficulty_permille / 1000) + '.' + difficulty;
}

}  // namespace fovea
