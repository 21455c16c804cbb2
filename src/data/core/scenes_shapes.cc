// The ten shapes. Their areas are kept near each other, so that area alone tells little.
#include <array>
#include <cstdlib>
#include <span>

#include "data/core/scenes_parts.h"

namespace fovea::scenes {
namespace {

// Corners in thousandths of the circle's radius; regular ones from the sines of 30, 36, 60, 72
// degrees.
constexpr std::array<Point, 7> kArrow = {
    {{0, -960}, {800, -90}, {310, -90}, {310, 900}, {-310, 900}, {-310, -90}, {-800, -90}}};
constexpr std::array<Point, 12> kCross = {{{-270, -920},
                                           {270, -920},
                                           {270, -270},
                                           {920, -270},
                                           {920, 270},
                                           {270, 270},
                                           {270, 920},
                                           {-270, 920},
                                           {-270, 270},
                                           {-920, 270},
                                           {-920, -270},
                                           {-270, -270}}};
constexpr std::array<Point, 6> kHexagon = {
    {{880, 0}, {440, 762}, {-440, 762}, {-880, 0}, {-440, -762}, {440, -762}}};
constexpr std::array<Point, 4> kSquare = {{{-670, -670}, {670, -670}, {670, 670}, {-670, 670}}};
constexpr std::array<Point, 10> kStar = {{{0, -1000},
                                          {270, -372},
                                          {951, -309},
                                          {437, 142},
                                          {588, 809},
                                          {0, 460},
                                          {-588, 809},
                                          {-437, 142},
                                          {-951, -309},
                                          {-270, -372}}};
constexpr std::array<Point, 3> kTriangle = {{{0, -1000}, {866, 500}, {-866, 500}}};

/// Even-odd rule; `p` in thousandths.
bool polygon_holds(std::span<const Point> corners, Point p) {
  bool inside = false;
  Point a = corners.back();
  for (const Point b : corners) {
    if ((a.y > p.y) != (b.y > p.y)) {
      // The edge crosses the line through p; on which side of p, without dividing.
      const int64_t side = int64_t{b.x - a.x} * (p.y - a.y) - int64_t{p.x - a.x} * (b.y - a.y);
      if ((side > 0) == (b.y > a.y)) inside = !inside;
    }
    a = b;
  }
  return inside;
}

bool disc_holds(Point centre, int32_t radius, Point p) {
  const int64_t dx = p.x - centre.x;
  const int64_t dy = p.y - centre.y;
  return dx * dx + dy * dy <= int64_t{radius} * radius;
}

/// A square on its corner with a half disc on both upper sides.
bool heart_holds(Point p) {
  constexpr int32_t kHalf = 700;
  constexpr int32_t kLobe = 495;  // half of the square's side: 700 / sqrt 2
  const Point q{p.x, p.y - 60};
  return std::abs(q.x) + std::abs(q.y) <= kHalf || disc_holds({-kHalf / 2, -kHalf / 2}, kLobe, q) ||
         disc_holds({kHalf / 2, -kHalf / 2}, kLobe, q);
}

}  // namespace

bool shape_holds(int32_t label, Point local) {
  const Point p{local.x * 1000 / kUnit, local.y * 1000 / kUnit};
  switch (label) {
    case 0:
      return polygon_holds(kArrow, p);
    case 1:  // crescent
      return disc_holds({120, 0}, 880, p) && !disc_holds({470, 0}, 700, p);
    case 2:
      return polygon_holds(kCross, p);
    case 3:  // disc
      return disc_holds({0, 0}, 780, p);
    case 4:
      return heart_holds(p);
    case 5:
      return polygon_holds(kHexagon, p);
    case 6:  // ring
      return disc_holds({0, 0}, 880, p) && !disc_holds({0, 0}, 500, p);
    case 7:
      return polygon_holds(kSquare, p);
    case 8:
      return polygon_holds(kStar, p);
    default:
      return polygon_holds(kTriangle, p);
  }
}

}  // namespace fovea::scenes
