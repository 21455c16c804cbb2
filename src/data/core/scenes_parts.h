// The parts of a scene, in integers: lengths in 1/256 pixel, rotations as unit vectors in 1/16384,
// colours 0..255. A scene is described first and painted afterwards, so that a clip can move its
// parts between two paintings.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/noise.h"
#include "data/core/scenes.h"

namespace fovea::scenes {

inline constexpr int32_t kPixel = 256;      ///< one pixel
inline constexpr int32_t kTurn = 16384;     ///< length of a unit vector
inline constexpr int32_t kUnit = 4096;      ///< radius of the circle around every shape
inline constexpr int32_t kSubsamples = 16;  ///< 4x4 per pixel

struct Point {
  int32_t x = 0;
  int32_t y = 0;
};
using Colour = std::array<int32_t, kChannels>;

/// Largest integer whose square is at most n.
uint64_t integer_root(uint64_t n);

/// Draws one number after the other; a statement holds one draw, so that the order is fixed.
class Draws {
 public:
  explicit Draws(Noise noise) : noise_(noise) {}
  /// Uniform in low..high, both included.
  int32_t between(int32_t low, int32_t high) {
    return low + static_cast<int32_t>(
                     noise_.below(next_++, static_cast<uint64_t>(int64_t{high} - low + 1)));
  }
  uint64_t key() { return noise_.bits(next_++); }
  /// A unit vector in a uniform direction.
  Point direction();
  /// 0..1000, small values more often (the square of a uniform draw).
  int32_t mostly_small();

 private:
  Noise noise_;
  uint64_t next_ = 0;
};

/// True where the point, in units of kUnit around the shape's centre, lies in the shape of a class.
bool shape_holds(int32_t label, Point local);

/// Value noise in several octaves, turned and stretched.
struct Texture {
  uint64_t key = 0;
  Point axis{kTurn, 0};
  int32_t cell_u = kPixel;  ///< length of the coarsest cell along the axis
  int32_t cell_v = kPixel;  ///< and across it
  int32_t n_octaves = 1;
  /// -1000..1000 at a place.
  [[nodiscard]] int32_t at(Point place) const;
};

/// One piece of clutter or an occluder: a line with round ends; a dot where both ends are equal.
struct Stroke {
  Point a, b;
  int32_t half_width = kPixel;
  Colour colour{};
};

/// Where the object is and how it is turned.
struct Pose {
  Point centre;
  Point axis{kTurn, 0};
  int32_t radius = kPixel;
};

struct Scene {
  int32_t side = 64;
  int32_t label = 0;
  Pose pose;
  Colour ground{};        ///< mean colour of the ground
  Colour ground_swing{};  ///< what the texture adds at its full swing
  Texture ground_texture;
  Colour slope_x{}, slope_y{};  ///< change of the ground from one border to the other
  Colour object{};
  int32_t object_swing = 0;  ///< brightness that the object's own texture adds
  Texture object_texture;
  Point light{kTurn, 0};  ///< the object is brighter towards it
  int32_t shading = 0;    ///< brightness from the centre to the rim
  int32_t shadow_permille = 0;
  std::vector<Stroke> clutter;    ///< behind the object
  std::vector<Stroke> occluders;  ///< before the object
  int32_t grain = 0;              ///< noise of single pixels, either way
  uint64_t grain_key = 0;
  SceneTruth truth;  ///< what the description knows; painting adds box, occlusion, difficulty
  /// Hardness 0..1000 of what the description decides.
  int32_t hard_size = 0, hard_contrast = 0, hard_clutter = 0;
};

Scene describe(const ScenesOptions& options, int64_t i);
ScenePicture paint(const Scene& scene);

}  // namespace fovea::scenes
