#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "data/codecs/decode.h"
#include "data/codecs/formats.h"
#include "encoders.h"
#include "support.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;

/// A smooth picture, which JPEG keeps well; its corners differ from each other.
Picture smooth_picture(int32_t height, int32_t width) {
  Picture picture(height, width);
  for (int32_t y = 0; y < height; ++y) {
    for (int32_t x = 0; x < width; ++x) {
      picture.row(y)[int64_t{3} * x] = static_cast<uint8_t>(20 + 200 * x / width);
      picture.row(y)[3 * x + 1] = static_cast<uint8_t>(20 + 200 * y / height);
      picture.row(y)[3 * x + 2] = static_cast<uint8_t>(220 - 100 * x / width - 90 * y / height);
    }
  }
  return picture;
}

int largest_difference(const Picture& a, const Picture& b) {
  EXPECT_EQ(a.height, b.height);
  EXPECT_EQ(a.width, b.width);
  if (a.pixels.size() != b.pixels.size()) return 256;
  int largest = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    largest = std::max(largest, std::abs(int{a.pixels[i]} - int{b.pixels[i]}));
  }
  return largest;
}

std::string message_of(std::string_view bytes, const DecodeLimits& limits = {}) {
  const Result<Picture> picture = decode_picture(bytes, "x.jpg", limits);
  return picture.ok() ? "accepted" : picture.error().message();
}

TEST(Jpeg, DecodesColourBaselineAndProgressive) {
  const Picture picture = smooth_picture(37, 53);
  for (const bool progressive : {false, true}) {
    const std::string bytes = encode_jpeg(37, 53, picture.pixels, {.progressive = progressive});
    EXPECT_LE(largest_difference(decode_picture(bytes, "x").value(), picture), 4);
  }
}

TEST(Jpeg, GreyBecomesThreeEqualChannels) {
  const std::vector<uint8_t> grey = {10, 60, 120, 250};
  const Picture picture =
      decode_picture(encode_jpeg(2, 2, grey, {.kind = JpegKind::kGrey, .quality = 100}), "x")
          .value();
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(picture.pixels[3 * i], grey[i], 2);
    EXPECT_EQ(picture.pixels[3 * i], picture.pixels[3 * i + 1]);
    EXPECT_EQ(picture.pixels[3 * i], picture.pixels[3 * i + 2]);
  }
}

TEST(Jpeg, CmykOfAdobeIsInverted) {
  // 255: no ink. Cyan full, the rest none: no red.
  std::vector<uint8_t> samples;
  for (int i = 0; i < 64; ++i) samples.insert(samples.end(), {0, 255, 255, 255});
  for (const JpegKind kind : {JpegKind::kCmyk, JpegKind::kYcck}) {
    const Picture picture =
        decode_picture(encode_jpeg(8, 8, samples, {.kind = kind, .quality = 100}), "x").value();
    EXPECT_NEAR(picture.pixels[0], 0, 3);
    EXPECT_NEAR(picture.pixels[1], 255, 3);
    EXPECT_NEAR(picture.pixels[2], 255, 3);
  }
}

TEST(Jpeg, KeyDarkensAllChannels) {
  std::vector<uint8_t> samples;
  for (int i = 0; i < 64; ++i) samples.insert(samples.end(), {255, 128, 255, 100});
  const Picture picture =
      decode_picture(encode_jpeg(8, 8, samples, {.kind = JpegKind::kCmyk, .quality = 100}), "x")
          .value();
  EXPECT_NEAR(picture.pixels[0], 100, 2);
  EXPECT_NEAR(picture.pixels[1], 50, 2);
  EXPECT_NEAR(picture.pixels[2], 100, 2);
}

TEST(Jpeg, CmykWithoutAdobesMarkerCountsInk) {
  std::vector<uint8_t> samples;
  for (int i = 0; i < 64; ++i) samples.insert(samples.end(), {255, 0, 0, 0});
  const Picture picture =
      decode_picture(
          encode_jpeg(8, 8, samples,
                      {.kind = JpegKind::kCmyk, .adobe = AdobeMarker::kLeftOut, .quality = 100}),
          "x")
          .value();
  EXPECT_NEAR(picture.pixels[0], 0, 3);
  EXPECT_NEAR(picture.pixels[1], 255, 3);
}

TEST(Jpeg, IsTurnedAsExifSays) {
  const Picture picture = smooth_picture(24, 40);
  const int32_t h = 24;
  const int32_t w = 40;
  // For each orientation: which stored pixel is seen at (y, x); Exif 2.32, table of Orientation.
  using From = std::function<std::pair<int32_t, int32_t>(int32_t, int32_t)>;
  const std::vector<From> from = {
      [](int32_t y, int32_t x) { return std::pair(y, x); },
      [&](int32_t y, int32_t x) { return std::pair(y, w - 1 - x); },          // mirrored
      [&](int32_t y, int32_t x) { return std::pair(h - 1 - y, w - 1 - x); },  // upside down
      [&](int32_t y, int32_t x) { return std::pair(h - 1 - y, x); },
      [&](int32_t y, int32_t x) { return std::pair(x, y); },          // transposed
      [&](int32_t y, int32_t x) { return std::pair(h - 1 - x, y); },  // to be turned right
      [&](int32_t y, int32_t x) { return std::pair(h - 1 - x, w - 1 - y); },
      [&](int32_t y, int32_t x) { return std::pair(x, w - 1 - y); },  // to be turned left
  };
  for (uint16_t orientation = 1; orientation <= 8; ++orientation) {
    Picture expected(orientation < 5 ? h : w, orientation < 5 ? w : h);
    for (int32_t y = 0; y < expected.height; ++y) {
      for (int32_t x = 0; x < expected.width; ++x) {
        const auto [fy, fx] = from[orientation - 1U](y, x);
        std::copy_n(picture.view().row(fy) + int64_t{3} * fx, 3, expected.row(y) + int64_t{3} * x);
      }
    }
    for (const bool little : {false, true}) {
      const std::string bytes =
          encode_jpeg(h, w, picture.pixels, {.exif = exif_segment(orientation, little)});
      EXPECT_LE(largest_difference(decode_picture(bytes, "x").value(), expected), 4) << orientation;
    }
  }
}

TEST(Jpeg, DamagedExifLeavesThePictureAsItIs) {
  const std::string whole = exif_segment(6, true).substr(6);
  const auto orientation = [](std::string_view tiff) {
    return codecs::exif_orientation(std::as_bytes(std::span(tiff.data(), tiff.size())));
  };
  EXPECT_EQ(orientation(whole), 6);
  for (size_t n = 0; n < 34; ++n) EXPECT_EQ(orientation(whole.substr(0, n)), 1) << n;
  std::string far = whole;
  far.replace(4, 4, "\xff\xff\xff\xff");
  EXPECT_EQ(orientation(far), 1);
  std::string many = whole;
  many.replace(8, 2, "\xff\xff");
  EXPECT_EQ(orientation(many), 6);
  std::string nine = exif_segment(9, false).substr(6);
  EXPECT_EQ(orientation(nine), 1);
}

TEST(Jpeg, EveryTruncationIsAnError) {
  const std::string bytes = encode_jpeg(40, 40, smooth_picture(40, 40).pixels);
  for (size_t n = 2; n < bytes.size(); ++n) {
    EXPECT_EQ(message_of(bytes.substr(0, n)), "the JPEG is truncated (x.jpg)") << n;
  }
  const std::string progressive =
      encode_jpeg(40, 40, smooth_picture(40, 40).pixels, {.progressive = true});
  for (size_t n = 2; n < progressive.size(); n += 3) {
    EXPECT_EQ(message_of(progressive.substr(0, n)), "the JPEG is truncated (x.jpg)") << n;
  }
}

TEST(Jpeg, DataThatStopsShortBeforeTheEndMarkerIsAnError) {
  std::string bytes = encode_jpeg(40, 40, smooth_picture(40, 40).pixels);
  bytes.erase(bytes.size() - 40, 38);
  EXPECT_EQ(message_of(bytes), "the JPEG is damaged (x.jpg)");
}

TEST(Jpeg, BytesAfterTheEndAreNoError) {
  const Picture picture = smooth_picture(9, 9);
  EXPECT_TRUE(decode_picture(encode_jpeg(9, 9, picture.pixels) + "trailing", "x").ok());
}

/// The picture with other extents in its frame header.
std::string with_extents(std::string bytes, uint16_t height, uint16_t width) {
  const size_t frame = bytes.find("\xff\xc0");
  const std::string extents = {static_cast<char>(height >> 8), static_cast<char>(height),
                               static_cast<char>(width >> 8), static_cast<char>(width)};
  return bytes.replace(frame + 5, 4, extents);
}

TEST(Jpeg, ExtentsAreCheckedBeforeMemoryIsTaken) {
  const std::string bytes = encode_jpeg(9, 9, smooth_picture(9, 9).pixels);
  EXPECT_THAT(
      message_of(with_extents(bytes, 65000, 65000)),
      HasSubstr("too many pixels (x.jpg; expected at most 100000000 pixels; found 65000x65000)"));
  EXPECT_THAT(message_of(with_extents(bytes, 0, 9)), HasSubstr("the picture has no pixels"));
  EXPECT_THAT(message_of(with_extents(bytes, 9, 0)), HasSubstr("the picture has no pixels"));
  EXPECT_THAT(message_of(bytes, {.max_pixels = 80}), HasSubstr("found 9x9"));
  EXPECT_EQ(message_of(bytes, {.max_pixels = 81}), "accepted");
}

TEST(Jpeg, NoisyBytesNeverCrash) {
  const std::string good =
      encode_jpeg(24, 24, smooth_picture(24, 24).pixels, {.exif = exif_segment(6, true)});
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0xA5);
    const Result<Picture> picture = decode_picture(bad, "x", {.max_pixels = 100'000});
    if (picture.ok()) {
      EXPECT_GT(picture.value().pixels.size(), 0U);
    }
  }
}

}  // namespace
}  // namespace fovea
