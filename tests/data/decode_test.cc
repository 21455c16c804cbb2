#include "data/codecs/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "encoders.h"
#include "support.h"

namespace fovea {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using namespace std::string_literals;

std::string message_of(const std::string& bytes) {
  const Result<Picture> picture = decode_picture(bytes, "in.dat");
  EXPECT_FALSE(picture.ok());
  if (picture.ok()) return "accepted";
  EXPECT_EQ(picture.error().kind, ErrorKind::kBadInput);
  return picture.error().message();
}

TEST(DecodePicture, OtherFormatsAreNamed) {
  const auto unsupported = [](const std::string& name) {
    return AllOf(HasSubstr("pictures in this format are not supported"),
                 HasSubstr("expected JPEG or PNG; found " + name + ")"));
  };
  EXPECT_THAT(message_of("RIFF\x10\0\0\0WEBPVP8 "s), unsupported("WebP"));
  EXPECT_THAT(message_of("GIF89a\1\0\1\0"s), unsupported("GIF"));
  EXPECT_THAT(message_of("GIF87a"), unsupported("GIF"));
  EXPECT_THAT(message_of("BM\x46\0\0\0\0\0\0\0\x36\0\0\0"s), unsupported("BMP"));
  EXPECT_THAT(message_of("II*\0\x08\0\0\0"s), unsupported("TIFF"));
  EXPECT_THAT(message_of("MM\0*\0\0\0\x08"s), unsupported("TIFF"));
  EXPECT_THAT(message_of("\0\0\0\x1c"
                         "ftypavif"s),
              unsupported("AVIF"));
  EXPECT_THAT(message_of("\0\0\0\x1c"
                         "ftypheic"s),
              unsupported("HEIC"));
}

TEST(DecodePicture, WhatIsNoPictureIsSaidToBeNone) {
  EXPECT_EQ(message_of(""), "the file is empty (in.dat)");
  EXPECT_EQ(message_of("hello"), "not a picture (in.dat; expected JPEG or PNG)");
  EXPECT_EQ(message_of("B"), "not a picture (in.dat; expected JPEG or PNG)");
  EXPECT_EQ(message_of("\x89P"), "not a picture (in.dat; expected JPEG or PNG)");
  EXPECT_EQ(message_of("BMW is a car"), "not a picture (in.dat; expected JPEG or PNG)");
}

TEST(DecodePicture, ASignatureAloneIsATruncatedPicture) {
  EXPECT_EQ(message_of("\xff\xd8"), "the JPEG is truncated (in.dat)");
  EXPECT_EQ(message_of("\x89PNG"), "the PNG is truncated (in.dat)");
}

TEST(ReadPicture, NamesTheFile) {
  const ScratchFolder folder;
  const Picture picture = formula_picture(4, 6);
  const std::string path = folder.write("a b.png", encode_png(picture.view()));
  EXPECT_EQ(read_picture(path).value(), picture);
  EXPECT_THAT(read_picture(folder / "none.png").error().message(), HasSubstr("no such file ("));
  EXPECT_THAT(read_picture(folder.write("bad.png", "nothing")).error().message(),
              HasSubstr("bad.png; expected JPEG or PNG"));
}

}  // namespace
}  // namespace fovea
