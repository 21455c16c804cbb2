#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/codecs/decode.h"
#include "encoders.h"
#include "support.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string message_of(std::string_view bytes, const DecodeLimits& limits = {}) {
  const Result<Picture> picture = decode_picture(bytes, "x.png", limits);
  return picture.ok() ? "accepted" : picture.error().message();
}

std::vector<uint8_t> decoded(const std::string& bytes) {
  return decode_picture(bytes, "x.png").value().pixels;
}

TEST(Png, GivesBackWhatWasEncoded) {
  for (const auto& [height, width] : {std::pair(1, 1), std::pair(17, 31), std::pair(1, 3000)}) {
    const Picture picture = formula_picture(height, width);
    EXPECT_EQ(decode_picture(encode_png(picture.view()), "x").value(), picture);
  }
}

TEST(Png, InterlacedPicturesAreWhole) {
  for (const auto& [height, width] :
       {std::pair(1, 1), std::pair(1, 9), std::pair(9, 1), std::pair(19, 23)}) {
    const Picture picture = formula_picture(height, width);
    const std::string bytes = encode_any_png(height, width, picture.pixels, {.interlaced = true});
    EXPECT_EQ(decode_picture(bytes, "x").value(), picture) << height << "x" << width;
  }
}

TEST(Png, GreyOfAnyDepthBecomesRgb) {
  EXPECT_THAT(decoded(encode_any_png(1, 2, {7, 200}, {.colour_type = 0})),
              ElementsAre(7, 7, 7, 200, 200, 200));
  EXPECT_THAT(decoded(encode_any_png(1, 2, {0b01000000}, {.colour_type = 0, .bits = 1})),
              ElementsAre(0, 0, 0, 255, 255, 255));
  EXPECT_THAT(decoded(encode_any_png(1, 2, {0b01100000}, {.colour_type = 0, .bits = 2})),
              ElementsAre(85, 85, 85, 170, 170, 170));
}

TEST(Png, SixteenBitsAreRounded) {
  // 0x80ff is 128.5 / 255 of the range and more: 129; 0x0080 is just above 0.
  EXPECT_THAT(decoded(encode_any_png(1, 1, {0x80, 0xff, 0x00, 0x7f, 0xff, 0xff}, {.bits = 16})),
              ElementsAre(128, 0, 255));
  EXPECT_THAT(decoded(encode_any_png(1, 1, {0x12, 0xf0}, {.colour_type = 0, .bits = 16})),
              ElementsAre(19, 19, 19));
}

TEST(Png, AlphaLiesOverWhite) {
  EXPECT_THAT(decoded(encode_any_png(1, 3, {10, 20, 30, 255, 10, 20, 30, 0, 0, 100, 200, 51},
                                     {.colour_type = 6})),
              ElementsAre(10, 20, 30, 255, 255, 255, 204, 224, 244));
  EXPECT_THAT(decoded(encode_any_png(1, 2, {0, 128, 9, 255}, {.colour_type = 4})),
              ElementsAre(127, 127, 127, 9, 9, 9));
}

TEST(Png, PaletteWithAndWithoutAlpha) {
  PngOptions options{.colour_type = 3, .bits = 4, .palette = {1, 2, 3, 200, 100, 50, 9, 9, 9}};
  EXPECT_THAT(decoded(encode_any_png(1, 3, {0x10, 0x20}, options)),
              ElementsAre(200, 100, 50, 1, 2, 3, 9, 9, 9));
  options.palette_alpha = {255, 0};
  EXPECT_THAT(decoded(encode_any_png(1, 3, {0x10, 0x20}, options)),
              ElementsAre(255, 255, 255, 1, 2, 3, 9, 9, 9));
}

TEST(Png, IsTurnedAsExifSays) {
  Picture picture(1, 2);
  picture.pixels = {1, 2, 3, 4, 5, 6};
  const std::string bytes =
      encode_any_png(1, 2, picture.pixels, {.exif = exif_segment(8, true).substr(6)});
  const Picture turned = decode_picture(bytes, "x").value();
  EXPECT_EQ(turned.height, 2);
  EXPECT_EQ(turned.width, 1);
  EXPECT_THAT(turned.pixels, ElementsAre(4, 5, 6, 1, 2, 3));
}

TEST(Png, EveryTruncationIsAnError) {
  const std::string bytes = encode_png(formula_picture(20, 20).view());
  for (size_t n = 4; n < bytes.size(); ++n) {
    EXPECT_EQ(message_of(bytes.substr(0, n)), "the PNG is truncated (x.png)") << n;
  }
}

TEST(Png, DamagedPixelsAreAnError) {
  std::string bytes = encode_png(formula_picture(20, 20).view());
  const size_t data = bytes.find("IDAT");
  bytes[data + 40] = static_cast<char>(bytes[data + 40] ^ 0x10);
  EXPECT_THAT(message_of(bytes), HasSubstr("the PNG cannot be decoded (x.png; found "));
}

/// The picture with other extents in its header (whose checksum is wrong then; it is not reached).
std::string with_extents(std::string bytes, uint32_t height, uint32_t width) {
  for (size_t k = 0; k < 4; ++k) {
    bytes[16 + k] = static_cast<char>(width >> (24 - 8 * k));
    bytes[20 + k] = static_cast<char>(height >> (24 - 8 * k));
  }
  return bytes;
}

TEST(Png, ExtentsAreCheckedBeforeMemoryIsTaken) {
  const std::string bytes = encode_png(formula_picture(9, 9).view());
  EXPECT_THAT(
      message_of(with_extents(bytes, 20000, 20000)),
      HasSubstr("too many pixels (x.png; expected at most 100000000 pixels; found 20000x20000)"));
  EXPECT_THAT(message_of(with_extents(bytes, 0xffffffff, 0xffffffff)),
              HasSubstr("too many pixels"));
  EXPECT_THAT(message_of(with_extents(bytes, 0, 7)),
              HasSubstr("the picture has no pixels (x.png; found 7x0)"));
  EXPECT_THAT(message_of(bytes, {.max_pixels = 80}), HasSubstr("found 9x9"));
  EXPECT_EQ(message_of(bytes, {.max_pixels = 81}), "accepted");
}

TEST(Png, NoisyBytesNeverCrash) {
  const std::string good =
      encode_any_png(9, 9, formula_picture(9, 9).pixels, {.exif = exif_segment(6, true).substr(6)});
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
