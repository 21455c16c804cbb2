// Corrupted pictures: noise, blur and loss of contrast at five strengths, to measure what a network
// and its policy do on inputs of another kind than they were calibrated on.
//
// Integer arithmetic only: pixels are equal on every machine and compiler. The strengths lie near
// those of CIFAR-10-C (Hendrycks and Dietterich, 2019, arXiv 1903.12261); the pixels are not its.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/core/dataset.h"

namespace fovea {

enum class CorruptionKind : uint8_t { kNoise, kBlur, kContrast };

inline constexpr std::array<CorruptionKind, 3> kCorruptionKinds = {
    CorruptionKind::kNoise, CorruptionKind::kBlur, CorruptionKind::kContrast};
inline constexpr int kMaxCorruption = 5;

/// "noise", "blur", "contrast".
[[nodiscard]] std::string_view corruption_name(CorruptionKind kind);

/// One way to spoil pictures; equal texts mean equal pixels.
struct Corruption {
  CorruptionKind kind = CorruptionKind::kNoise;
  int strength = 1;   ///< 1..kMaxCorruption
  uint64_t seed = 0;  ///< of the noise

  /// "noise:3", and ":SEED" where that is not 0.
  [[nodiscard]] std::string text() const;
  /// KIND:STRENGTH or KIND:STRENGTH:SEED. Errors (kUsage) name `source`.
  [[nodiscard]] static Result<Corruption> parse(std::string_view text, std::string_view source);
  bool operator==(const Corruption&) const = default;
};

/// The picture after the corruption; `index` is its place in its data set, so that each gets noise
/// of its own, which depends on seed and place alone.
///
/// noise     adds normal noise (the sum of twelve uniform numbers), one number a channel, of
///           deviation 10, 15, 20, 25, 30 of 255
/// blur      a Gaussian (rows of a binomial filter) of variance 0.5, 1, 1.5, 2, 2.5 pixels where
/// the
///           shorter side is 32, wider in proportion; edges are repeated
/// contrast  moves all values towards their channel's mean, to 75, 50, 40, 30, 15 % of the distance
///
/// Throws Error (kUsage) for a strength out of range.
[[nodiscard]] Picture corrupted(PictureView picture, const Corruption& corruption, int64_t index);

/// Another data set with every picture corrupted when it is asked for.
class CorruptedDataset final : public Dataset {
 public:
  /// Throws Error (kUsage) for a strength out of range.
  CorruptedDataset(DatasetPtr data, const Corruption& corruption);
  [[nodiscard]] int64_t size() const override { return data_->size(); }
  [[nodiscard]] const std::vector<std::string>& class_names() const override {
    return data_->class_names();
  }
  [[nodiscard]] int32_t label(int64_t i) const override { return data_->label(i); }
  [[nodiscard]] std::string file_name(int64_t i) const override { return data_->file_name(i); }
  [[nodiscard]] Result<Picture> picture(int64_t i) const override;

 private:
  DatasetPtr data_;
  Corruption corruption_;
};

}  // namespace fovea
