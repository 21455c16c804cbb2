// Antialiased bilinear resampling of 8-bit pixels in the fixed-point form that Pillow defined:
// weights of 22 bits, columns first, 8 bit between the two passes.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "data/core/transform.h"

namespace fovea {
namespace {

constexpr int kWeightBits = 22;

/// For each place of a stretch of the result: which places of the source it sums, and how.
struct Weights {
  int32_t n_taps = 0;  ///< room per place
  std::vector<int32_t> first;
  std::vector<int32_t> count;
  std::vector<int32_t> weight;  ///< [place][n_taps], sums to about 2^22

  [[nodiscard]] const int32_t* taps(size_t place) const {
    return weight.data() + place * static_cast<size_t>(n_taps);
  }
};

/// Places begin .. begin+length-1 of a line of `from` values resampled to `to` values.
Weights triangle_weights(int32_t from, int64_t to, int64_t begin, int32_t length) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double width = std::max(scale, 1.0);  // support of the triangle on either side
  Weights w;
  w.n_taps = static_cast<int32_t>(std::min(2.0 * width + 3.0, static_cast<double>(from)));
  w.first.resize(static_cast<size_t>(length));
  w.count.resize(static_cast<size_t>(length));
  w.weight.resize(static_cast<size_t>(length) * static_cast<size_t>(w.n_taps));
  std::vector<double> values(static_cast<size_t>(w.n_taps));
  for (int32_t i = 0; i < length; ++i) {
    const auto place = static_cast<size_t>(i);
    const double centre = (static_cast<double>(begin + i) + 0.5) * scale;
    const auto low = static_cast<int32_t>(std::max(centre - width + 0.5, 0.0));
    const auto high =
        static_cast<int32_t>(std::min(centre + width + 0.5, static_cast<double>(from)));
    double sum = 0.0;
    for (int32_t k = low; k < high; ++k) {
      const double distance = std::abs((static_cast<double>(k) - centre + 0.5) * (1.0 / width));
      const double value = distance < 1.0 ? 1.0 - distance : 0.0;
      values[static_cast<size_t>(k - low)] = value;
      sum += value;
    }
    w.first[place] = low;
    w.count[place] = high - low;
    int32_t* out = w.weight.data() + place * static_cast<size_t>(w.n_taps);
    for (int32_t k = 0; k < high - low; ++k) {
      const double share = values[static_cast<size_t>(k)] / (sum != 0.0 ? sum : 1.0);
      out[k] =
          static_cast<int32_t>(std::floor(0.5 + share * static_cast<double>(1 << kWeightBits)));
    }
  }
  return w;
}

uint8_t rounded(int64_t sum) {
  return static_cast<uint8_t>(std::clamp<int64_t>(sum >> kWeightBits, 0, 255));
}

/// Rows y_begin .. y_end-1 of the source, resampled along the row.
Picture resample_columns(PictureView src, const Weights& w, int32_t y_begin, int32_t y_end) {
  const auto columns = static_cast<int32_t>(w.first.size());
  Picture out(y_end - y_begin, columns);
  for (int32_t y = y_begin; y < y_end; ++y) {
    const uint8_t* row = src.row(y);
    uint8_t* dst = out.row(y - y_begin);
    for (size_t x = 0; x < w.first.size(); ++x) {
      const int32_t* taps = w.taps(x);
      const uint8_t* from = row + static_cast<size_t>(w.first[x]) * kChannels;
      int64_t sum[kChannels] = {int64_t{1} << (kWeightBits - 1), int64_t{1} << (kWeightBits - 1),
                                int64_t{1} << (kWeightBits - 1)};
      for (int32_t k = 0; k < w.count[x]; ++k, from += kChannels) {
        for (size_t c = 0; c < kChannels; ++c) sum[c] += int64_t{from[c]} * taps[k];
      }
      for (const int64_t value : sum) *dst++ = rounded(value);
    }
  }
  return out;
}

/// All rows of the result; row 0 of `src` is row y_begin of what `w` speaks of.
Picture resample_rows(PictureView src, const Weights& w, int32_t y_begin) {
  Picture out(static_cast<int32_t>(w.first.size()), src.width);
  const size_t line = static_cast<size_t>(src.width) * kChannels;
  std::vector<int64_t> sum(line);
  for (size_t y = 0; y < w.first.size(); ++y) {
    std::fill(sum.begin(), sum.end(), int64_t{1} << (kWeightBits - 1));
    const int32_t* taps = w.taps(y);
    for (int32_t k = 0; k < w.count[y]; ++k) {
      const uint8_t* row = src.row(w.first[y] + k - y_begin);
      for (size_t i = 0; i < line; ++i) sum[i] += int64_t{row[i]} * taps[k];
    }
    uint8_t* dst = out.row(static_cast<int32_t>(y));
    for (size_t i = 0; i < line; ++i) dst[i] = rounded(sum[i]);
  }
  return out;
}

Picture cut(PictureView src, int32_t top, int32_t left, int32_t height, int32_t width) {
  Picture out(height, width);
  for (int32_t y = 0; y < height; ++y) {
    const uint8_t* row = src.row(top + y) + static_cast<size_t>(left) * kChannels;
    std::copy_n(row, static_cast<size_t>(width) * kChannels, out.row(y));
  }
  return out;
}

/// A window of the picture resampled to a size; only what the window sees is computed.
struct Window {
  int64_t whole_height, whole_width;
  int64_t top, left;
  int32_t height, width;
};

Picture resample(PictureView src, const Window& window) {
  const bool same_width = window.whole_width == src.width;
  if (window.whole_height == src.height) {
    const auto top = static_cast<int32_t>(window.top);
    if (same_width) {
      return cut(src, top, static_cast<int32_t>(window.left), window.height, window.width);
    }
    const Weights columns =
        triangle_weights(src.width, window.whole_width, window.left, window.width);
    return resample_columns(src, columns, top, top + window.height);
  }
  const Weights rows = triangle_weights(src.height, window.whole_height, window.top, window.height);
  const int32_t y_begin = rows.first.front();
  const int32_t y_end = rows.first.back() + rows.count.back();
  Picture middle =
      same_width
          ? cut(src, y_begin, static_cast<int32_t>(window.left), y_end - y_begin, window.width)
          : resample_columns(
                src, triangle_weights(src.width, window.whole_width, window.left, window.width),
                y_begin, y_end);
  return resample_rows(middle.view(), rows, y_begin);
}

}  // namespace

int64_t crop_begin(int64_t whole, int32_t crop) {
  const int64_t margin = whole - crop;
  const int64_t half = margin / 2;
  return margin % 2 == 0 ? half : half + half % 2;
}

Picture resize(PictureView picture, int32_t height, int32_t width) {
  FOVEA_CHECK(picture.height > 0 && picture.width > 0 && height > 0 && width > 0);
  return resample(picture, {height, width, 0, 0, height, width});
}

Picture resize_and_crop(PictureView picture, const Transform& transform) {
  FOVEA_CHECK(picture.height > 0 && picture.width > 0);
  const int64_t shorter = std::min(picture.height, picture.width);
  const auto scaled = [&](int64_t length) {
    return length == shorter ? int64_t{transform.resize} : transform.resize * length / shorter;
  };
  const int64_t height = scaled(picture.height);
  const int64_t width = scaled(picture.width);
  return resample(picture, {height, width, crop_begin(height, transform.crop),
                            crop_begin(width, transform.crop), transform.crop, transform.crop});
}

}  // namespace fovea
