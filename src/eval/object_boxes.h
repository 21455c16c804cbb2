// Where the object of a picture stands: lists of boxes, and accuracy by the object's size.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "calibrate/scores.h"
#include "data/core/dataset.h"
#include "eval/executed.h"
#include "fovea/error.h"

namespace fovea {

/// A box in pixels; both corners are inside.
struct ObjectBox {
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  [[nodiscard]] double area() const { return (x1 - x0 + 1) * (y1 - y0 + 1); }
};

/// Boxes by the names of their files, without folders.
using ObjectBoxes = std::map<std::string, ObjectBox, std::less<>>;

/// Reads a list of boxes: lines of file, perhaps other cells, and x0, y0, x1, y1 as the last four,
/// separated by tabs or commas; or, as `data make scenes` writes it, under a header that names the
/// columns file, x0, y0, x1, y1. Empty lines are passed over.
/// Errors (kBadInput) name the line: too few cells, no finite numbers, a box turned inside out, two
/// boxes for one file, no box at all.
[[nodiscard]] Result<ObjectBoxes> parse_boxes(std::string_view text, std::string_view source);

/// Side of each picture's object as a part of the picture's, the square root of area by area; above
/// 0 and at most 1. Errors (kBadInput): a picture without a box, a picture that cannot be read.
[[nodiscard]] Result<std::vector<double>> object_sizes(const Dataset& data,
                                                       const ObjectBoxes& boxes);

/// What the samples of one range of sizes got.
struct SizeBin {
  double low = 0;   ///< smallest size in it
  double high = 0;  ///< largest size in it
  int64_t n = 0;
  std::vector<double> exit_top1;        ///< per cent of each exit
  std::optional<double> adaptive_top1;  ///< per cent under the policy
  std::vector<int64_t> counts;          ///< samples that left at each exit under the policy
};

/// Splits the samples by size into `n_bins` parts of nearly equal number, smallest objects first;
/// samples of one size are never parted. `adaptive` belongs to the same samples. Samples whose
/// class is not known are left out. Throws Error (kUsage) where the numbers of samples differ.
[[nodiscard]] std::vector<SizeBin> accuracy_by_size(const Scores& scores,
                                                    std::span<const double> sizes,
                                                    const AdaptiveReport& adaptive, int n_bins = 5);

}  // namespace fovea
