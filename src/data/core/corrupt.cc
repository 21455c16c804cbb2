#include "data/core/corrupt.h"

#include <algorithm>
#include <span>

#include "base/file.h"
#include "base/noise.h"
#include "base/words.h"

namespace fovea {
namespace {

constexpr std::array<int64_t, kMaxCorruption> kNoiseDeviation = {10, 15, 20, 25, 30};
constexpr std::array<int64_t, kMaxCorruption> kContrastPercent = {75, 50, 40, 30, 15};
constexpr int64_t kBlurSide = 32;

/// Weights add up to this.
constexpr int kWeightBits = 24;
constexpr int64_t kOne = int64_t{1} << kWeightBits;

void require_strength(const Corruption& corruption) {
  if (corruption.strength >= 1 && corruption.strength <= kMaxCorruption) return;
  throw Error({.kind = ErrorKind::kUsage,
               .what = "the strength of a corruption is out of range",
               .where = std::string(corruption_name(corruption.kind)),
               .expected = "1 to " + std::to_string(kMaxCorruption),
               .found = std::to_string(corruption.strength)});
}

uint8_t clamped(int64_t value) {
  return static_cast<uint8_t>(std::clamp<int64_t>(value, 0, UINT8_MAX));
}

/// Rounds to the nearest, halves upwards; `unit` > 0.
int64_t rounded(int64_t value, int64_t unit) {
  const int64_t shifted = 2 * value + unit;
  const int64_t quotient = shifted / (2 * unit);
  return quotient - (shifted % (2 * unit) < 0 ? 1 : 0);
}

Picture noisy(PictureView picture, const Corruption& corruption, int64_t index) {
  const Noise noise = Noise(corruption.seed, "corrupt.noise").fork(static_cast<uint64_t>(index));
  const int64_t deviation = kNoiseDeviation[static_cast<size_t>(corruption.strength - 1)];
  // Twelve uniform numbers of 16 bits have together a deviation of one unit of 2^16.
  constexpr int kWords = 3;
  constexpr int64_t kUnit = 1 << 16;
  constexpr int64_t kMean = 6 * kUnit - 6;
  Picture out(picture.height, picture.width);
  for (size_t i = 0; i < out.pixels.size(); ++i) {
    int64_t sum = -kMean;
    for (uint64_t word = 0; word < kWords; ++word) {
      const uint64_t bits = noise.bits(kWords * i + word);
      for (int shift = 0; shift < 64; shift += 16) {
        sum += static_cast<int64_t>((bits >> shift) & UINT16_MAX);
      }
    }
    out.pixels[i] = clamped(picture.pixels[i] + rounded(sum * deviation, kUnit));
  }
  return out;
}

/// One half of the filter, from the middle outwards: `passes` times [1 2 1]/4, which has a variance
/// of passes/2. Far weights below a 16-bit fraction are left out; the middle makes up for rounding.
std::vector<int64_t> binomial(int64_t passes) {
  std::vector<int64_t> half{kOne};
  for (int64_t pass = 0; pass < passes; ++pass) {
    std::vector<int64_t> next(half.size() + 1, 0);
    const auto at = [&half](size_t i) { return i < half.size() ? half[i] : 0; };
    for (size_t i = 0; i < next.size(); ++i) {
      const int64_t inner = i == 0 ? at(1) : at(i - 1);
      next[i] = (inner + 2 * at(i) + at(i + 1)) / 4;
    }
    while (next.size() > 1 && next.back() < kOne >> 16) next.pop_back();
    half = std::move(next);
  }
  int64_t sum = half[0];
  for (size_t i = 1; i < half.size(); ++i) sum += 2 * half[i];
  half[0] += kOne - sum;
  return half;
}

/// Filters `count` values that lie `stride` apart, from `in` to `out`; edges are repeated.
void filter_line(std::span<const int64_t> half, const int32_t* in, int32_t* out, int64_t count,
                 int64_t stride) {
  const auto at = [&](int64_t i) -> int64_t {
    return in[std::clamp<int64_t>(i, 0, count - 1) * stride];
  };
  for (int64_t i = 0; i < count; ++i) {
    int64_t sum = half[0] * at(i);
    for (int64_t k = 1; k < static_cast<int64_t>(half.size()); ++k) {
      sum += half[static_cast<size_t>(k)] * (at(i - k) + at(i + k));
    }
    out[i * stride] = static_cast<int32_t>(rounded(sum, kOne));
  }
}

Picture blurred(PictureView picture, const Corruption& corruption) {
  const int64_t side = std::min(picture.height, picture.width);
  const int64_t passes =
      std::max<int64_t>(1, rounded(corruption.strength * side * side, kBlurSide * kBlurSide));
  const std::vector<int64_t> half = binomial(passes);
  // Values carry eight more bits between rows and columns.
  constexpr int32_t kFine = 1 << 8;
  std::vector<int32_t> values(picture.pixels.size());
  for (size_t i = 0; i < values.size(); ++i) values[i] = kFine * picture.pixels[i];
  std::vector<int32_t> rows(values.size());
  const auto channels = static_cast<int64_t>(kChannels);
  const int64_t row = channels * picture.width;
  for (int64_t y = 0; y < picture.height; ++y) {
    for (int64_t c = 0; c < channels; ++c) {
      const int64_t place = y * row + c;
      filter_line(half, values.data() + place, rows.data() + place, picture.width, channels);
    }
  }
  for (int64_t place = 0; place < row; ++place) {
    filter_line(half, rows.data() + place, values.data() + place, picture.height, row);
  }
  Picture out(picture.height, picture.width);
  for (size_t i = 0; i < values.size(); ++i) out.pixels[i] = clamped(rounded(values[i], kFine));
  return out;
}

Picture flattened(PictureView picture, const Corruption& corruption) {
  Picture out(picture.height, picture.width);
  const auto n = static_cast<int64_t>(picture.pixels.size() / kChannels);
  if (n == 0) return out;
  const int64_t percent = kContrastPercent[static_cast<size_t>(corruption.strength - 1)];
  for (size_t c = 0; c < kChannels; ++c) {
    int64_t sum = 0;
    for (size_t i = c; i < picture.pixels.size(); i += kChannels) sum += picture.pixels[i];
    // Means in 1/256 of a step, so that a dark picture keeps its hue.
    const int64_t mean = rounded(256 * sum, n);
    for (size_t i = c; i < picture.pixels.size(); i += kChannels) {
      const int64_t value = 256 * int64_t{picture.pixels[i]};
      out.pixels[i] = clamped(rounded(100 * mean + percent * (value - mean), 25600));
    }
  }
  return out;
}

}  // namespace

std::string_view corruption_name(CorruptionKind kind) {
  switch (kind) {
    case CorruptionKind::kNoise:
      return "noise";
    case CorruptionKind::kBlur:
      return "blur";
    case CorruptionKind::kContrast:
      return "contrast";
  }
  return "unknown";
}

std::string Corruption::text() const {
  std::string out = std::string(corruption_name(kind)) + ":" + std::to_string(strength);
  return seed == 0 ? out : out + ":" + std::to_string(seed);
}

Result<Corruption> Corruption::parse(std::string_view text, std::string_view source) {
  const auto parts = split(text, ':');
  Corruption out;
  const auto kind =
      std::find_if(kCorruptionKinds.begin(), kCorruptionKinds.end(),
                   [&](CorruptionKind each) { return corruption_name(each) == parts.front(); });
  bool good = kind != kCorruptionKinds.end() && (parts.size() == 2 || parts.size() == 3);
  if (good) {
    const auto strength = parse_int(parts[1]);
    const auto seed = parts.size() == 3 ? parse_int(parts[2]) : std::optional<int64_t>(0);
    good = strength && *strength >= 1 && *strength <= kMaxCorruption && seed && *seed >= 0;
    if (good) {
      out = {.kind = *kind,
             .strength = static_cast<int>(*strength),
             .seed = static_cast<uint64_t>(*seed)};
    }
  }
  if (good) return out;
  return ErrorInfo{.kind = ErrorKind::kUsage,
                   .what = "no such corruption",
                   .where = std::string(source),
                   .expected =
                       "noise, blur or contrast with a strength of 1 to 5 and perhaps a "
                       "seed: noise:3 or noise:3:7",
                   .found = shown_path(text)};
}

Picture corrupted(PictureView picture, const Corruption& corruption, int64_t index) {
  require_strength(corruption);
  switch (corruption.kind) {
    case CorruptionKind::kNoise:
      return noisy(picture, corruption, index);
    case CorruptionKind::kBlur:
      return blurred(picture, corruption);
    case CorruptionKind::kContrast:
      return flattened(picture, corruption);
  }
  return {};
}

CorruptedDataset::CorruptedDataset(DatasetPtr data, const Corruption& corruption)
    : data_(std::move(data)), corruption_(corruption) {
  require_strength(corruption_);
}

Result<Picture> CorruptedDataset::picture(int64_t i) const {
  if (const auto view = data_->view(i)) return corrupted(*view, corruption_, i);
  const Result<Picture> whole = data_->picture(i);
  if (!whole.ok()) return whole.error();
  return corrupted(whole.value().view(), corruption_, i);
}

}  // namespace fovea
