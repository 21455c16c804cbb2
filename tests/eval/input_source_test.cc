#include "eval/input_source.h"

#include <gmock/gmock.h>

#include <memory>

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(TensorSource, GivesRowsAndLabelsInOrder) {
  const TensorSource source({{"input", Tensor({3, 1}, std::vector<float>{1, 2, 3})}}, {4, 5, 6});
  const LabelledInputs part = source.load(1, 3).value();
  EXPECT_THAT(part.labels, ElementsAre(5, 6));
  EXPECT_THAT(part.inputs.find("input")->second.data<float>(), ElementsAre(2, 3));
}

TEST(TensorSource, KnowsNoClassWithoutLabels) {
  const TensorSource source({{"input", Tensor::f32({2, 1})}});
  EXPECT_EQ(source.n(), 2);
  EXPECT_THAT(source.load(0, 2).value().labels, ElementsAre(-1, -1));
}

TEST(TensorSource, RefusesInputsOfDifferentLength) {
  try {
    const TensorSource source({{"a", Tensor::f32({2, 1})}, {"b", Tensor::f32({3, 1})}});
    FAIL() << "nothing thrown";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("(input 'b'; expected 2; found 3)"));
  }
}

TEST(DatasetSource, TransformsPicturesToPlanarInputs) {
  std::vector<Sample> samples;
  for (const int32_t label : {1, 0}) {
    Sample sample{.picture = Picture(2, 2), .label = label};
    for (auto& pixel : sample.picture.pixels) pixel = label == 1 ? 255 : 0;
    sample.picture.pixels[0] = 51;
    samples.push_back(std::move(sample));
  }
  const auto dataset =
      std::make_shared<MemoryDataset>(std::vector<std::string>{"no", "yes"}, samples);
  const DatasetSource source(dataset, {.resize = 2, .crop = 2}, "picture");
  EXPECT_EQ(source.n(), 2);
  const LabelledInputs both = source.load(0, 2).value();
  EXPECT_THAT(both.labels, ElementsAre(1, 0));
  const Tensor& input = both.inputs.find("picture")->second;
  EXPECT_EQ(input.shape(), (Shape{2, 3, 2, 2}));
  EXPECT_FLOAT_EQ(input.f()[0], 0.2F);
  EXPECT_FLOAT_EQ(input.f()[1], 1.0F);
  EXPECT_FLOAT_EQ(input.f()[12], 0.2F);
  EXPECT_FLOAT_EQ(input.f()[13], 0.0F);
}

}  // namespace
}  // namespace fovea
