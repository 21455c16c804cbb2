#include "data/core/transform.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "support.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;

TEST(Transform, ReadsTheWrittenForm) {
  const Transform t =
      Transform::parse("resize=256,crop=224,mean=0.485,0.456,0.406,std=0.229,0.224,0.225").value();
  EXPECT_EQ(t.resize, 256);
  EXPECT_EQ(t.crop, 224);
  EXPECT_EQ(t.normalise, kImageNetNormalisation);
}

TEST(Transform, TextParsesBackToTheSame) {
  for (const Transform& t :
       {Transform{.resize = 32, .crop = 32, .normalise = kCifar10Normalisation},
        Transform{.resize = 256, .crop = 224, .normalise = kPlusMinusOneNormalisation},
        Transform{.resize = 64, .crop = 64, .normalise = {{0.1, 1.0 / 3, -2}, {1e-3, 7, 0.3}}}}) {
    EXPECT_EQ(Transform::parse(t.text()).value(), t) << t.text();
  }
}

TEST(Transform, MissingPartsHaveDefaults) {
  const Transform only_crop = Transform::parse("crop=48").value();
  EXPECT_EQ(only_crop.resize, 48);
  EXPECT_EQ(only_crop.normalise, Normalisation{});
  const Transform only_resize = Transform::parse("mean=0.5,std=0.5,resize=48").value();
  EXPECT_EQ(only_resize.crop, 48);
  EXPECT_EQ(only_resize.normalise, kPlusMinusOneNormalisation);
}

TEST(Transform, BadTextIsAnErrorThatNamesThePlace) {
  const auto message = [](std::string_view text) {
    const Result<Transform> parsed = Transform::parse(text, "the option --transform");
    return parsed.ok() ? std::string("accepted") : parsed.error().message() + parsed.error().hint;
  };
  EXPECT_THAT(message("resise=3"), HasSubstr("unknown key in the transform (the option"));
  EXPECT_THAT(message("resise=3"), HasSubstr("did you mean resize?"));
  EXPECT_THAT(message(""), HasSubstr("not written as key=value"));
  EXPECT_THAT(message("mean=0.5"), HasSubstr("neither resize nor crop"));
  EXPECT_THAT(message("resize=0"), HasSubstr("found resize=0"));
  EXPECT_THAT(message("resize=99999999999999999999"), HasSubstr("bad length"));
  EXPECT_THAT(message("resize=3,4"), HasSubstr("found resize=3,4"));
  EXPECT_THAT(message("resize=32,crop=64"), HasSubstr("crop 64, resize 32"));
  EXPECT_THAT(message("crop=3,crop=3"), HasSubstr("a key twice"));
  EXPECT_THAT(message("crop=3,mean=1,2"), HasSubstr("found mean=1,2"));
  EXPECT_THAT(message("crop=3,std=1,0,1"), HasSubstr("above 0"));
  EXPECT_THAT(message("crop=3,mean=nan"), HasSubstr("bad numbers"));
  EXPECT_THAT(message(std::string(5000, ',')), HasSubstr("too long"));
}

TEST(Transform, NormalisesIntoPlanes) {
  Picture picture(1, 2);
  picture.pixels = {0, 51, 255, 255, 102, 0};
  std::vector<float> out(6);
  Normaliser({{0.5, 0.2, 0.0}, {0.5, 0.1, 2.0}}).apply(picture.view(), out);
  const std::vector<float> expected = {-1, 1, 0, 2, 0.5, 0};
  for (size_t i = 0; i < out.size(); ++i) EXPECT_NEAR(out[i], expected[i], 1e-6) << i;
}

TEST(Transform, PlusMinusOneIsValueOver127AndAHalfMinusOne) {
  Picture picture(1, 256);
  for (size_t v = 0; v < 256; ++v) picture.pixels[3 * v] = static_cast<uint8_t>(v);
  std::vector<float> out(768);
  Normaliser(kPlusMinusOneNormalisation).apply(picture.view(), out);
  for (size_t v = 0; v < 256; ++v) {
    EXPECT_NEAR(out[v], static_cast<float>(v) / 127.5F - 1.0F, 1.2e-7) << v;
  }
}

TEST(Transform, AppliesGeometryThenNormalisation) {
  const Transform t{.resize = 8, .crop = 6, .normalise = kCifar10Normalisation};
  const Picture picture = formula_picture(20, 30);
  std::vector<float> out(t.n_values());
  apply(t, picture.view(), out);
  const Picture cut = resize_and_crop(picture.view(), t);
  EXPECT_NEAR(out[0], (cut.pixels[0] / 255.0 - 0.4914) / 0.2471, 1e-6);
  EXPECT_NEAR(out[6 * 6 + 7], (cut.pixels[3 * 7 + 1] / 255.0 - 0.4824) / 0.2435, 1e-6);
  EXPECT_NEAR(out[2 * 6 * 6 + 35], (cut.pixels[3 * 35 + 2] / 255.0 - 0.4467) / 0.2616, 1e-6);
}

}  // namespace
}  // namespace fovea
