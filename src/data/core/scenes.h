// Scenes: a seeded renderer of drawn objects over textured clutter, the data set that a clone has.
//
// Ten classes that differ in shape alone; size, contrast, occlusion and clutter are drawn per
// picture and kept as truth, so that some pictures are easy and some are hard. Integer arithmetic
// only: pixels are equal on every machine and compiler. Picture i depends on seed and i alone.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/core/dataset.h"

namespace fovea {

inline constexpr std::array<std::string_view, 10> kSceneClasses = {
    "arrow", "crescent", "cross", "disc", "heart", "hexagon", "ring", "square", "star", "triangle"};

struct ScenesOptions {
  uint64_t seed = 0;
  int32_t side = 64;  ///< pixels; 16..1024
};

/// What is to be seen in one picture. Boxes are in pixels, x1 and y1 exclusive, around all of the
/// object, covered parts included.
struct SceneTruth {
  int32_t label = 0;
  int32_t x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  int32_t size_permille = 0;        ///< radius of the object in thousandths of the side
  int32_t contrast_permille = 0;    ///< colour distance to the ground, thousandths of the range
  int32_t occlusion_permille = 0;   ///< covered share of the object
  int32_t n_clutter = 0;            ///< pieces of clutter
  int32_t difficulty_permille = 0;  ///< 0 easy .. 1000 hard
  [[nodiscard]] double difficulty() const { return difficulty_permille / 1000.0; }
  bool operator==(const SceneTruth&) const = default;
};

struct ScenePicture {
  Picture picture;
  SceneTruth truth;
};

/// Renders picture i. Throws Error (kUsage) for a side out of range.
ScenePicture render_scene(const ScenesOptions& options, int64_t i);

/// Pictures first .. first+n-1, rendered when asked for; names are "000000.png", …
class ScenesDataset final : public Dataset {
 public:
  ScenesDataset(const ScenesOptions& options, int64_t n, int64_t first = 0);
  [[nodiscard]] int64_t size() const override { return n_; }
  [[nodiscard]] const std::vector<std::string>& class_names() const override {
    return class_names_;
  }
  [[nodiscard]] int32_t label(int64_t i) const override;
  [[nodiscard]] std::string file_name(int64_t i) const override;
  [[nodiscard]] Result<Picture> picture(int64_t i) const override;

 private:
  ScenesOptions options_;
  int64_t n_;
  int64_t first_;
  std::vector<std::string> class_names_;
};

/// "000042.png"; longer where needed.
std::string scene_file_name(int64_t i);
/// One line of list.csv (file,label,class,x0,y0,x1,y1,difficulty) without its end.
std::string scene_csv_line(int64_t i, const SceneTruth& truth);
inline constexpr std::string_view kSceneCsvHeader = "file,label,class,x0,y0,x1,y1,difficulty";

}  // namespace fovea
