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

TEST(TensorSource, GivesListedSamplesInTheirOrder) {
  const TensorSource source({{"input", Tensor({3, 1}, std::vector<float>{1, 2, 3})}}, {4, 5, 6});
  const LabelledInputs part = source.load_listed(std::vector<int64_t>{2, 0}).value();
  EXPECT_THAT(part.labels, ElementsAre(6, 4));
  EXPECT_THAT(part.inputs.find("input")->second.data<float>(), ElementsAre(3, 1));
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
  const LabelledInputs listed = source.load_listed(std::vector<int64_t>{1, 0}).value();
  EXPECT_THAT(listed.labels, ElementsAre(0, 1));
  EXPECT_FLOAT_EQ(listed.inputs.find("picture")->second.f()[1], 0.0F);
  EXPECT_FLOAT_EQ(listed.inputs.find("picture")->second.f()[13], 1.0F);
}

/// Pictures that are made when asked for; those with a number above 20 cannot be.
class Made final : public Dataset {
 public:
  [[nodiscard]] int64_t size() const override { return 30; }
  [[nodiscard]] const std::vector<std::string>& class_names() const override { return names_; }
  [[nodiscard]] int32_t label(int64_t i) const override { return static_cast<int32_t>(i % 3); }
  [[nodiscard]] std::string file_name(int64_t i) const override { return std::to_string(i); }
  [[nodiscard]] Result<Picture> picture(int64_t i) const override {
    if (i > 20) {
      return ErrorInfo{.kind = ErrorKind::kBadInput, .what = "broken", .where = file_name(i)};
    }
    Picture picture(4, 5);
    for (size_t k = 0; k < picture.pixels.size(); ++k) {
      picture.pixels[k] = static_cast<uint8_t>(k * 3 + static_cast<size_t>(i) * 7);
    }
    return picture;
  }

 private:
  std::vector<std::string> names_{"a", "b", "c"};
};

TEST(DatasetSource, LoadsTheSameOnAnyNumberOfThreads) {
  const auto made = std::make_shared<Made>();
  const Transform transform{.resize = 3, .crop = 2};
  const LabelledInputs one = DatasetSource(made, transform).load(2, 20).value();
  for (const int threads : {2, 5}) {
    const LabelledInputs more =
        DatasetSource(made, transform, "input", threads).load(2, 20).value();
    EXPECT_EQ(more.labels, one.labels);
    const auto a = more.inputs.at("input").data<float>();
    const auto b = one.inputs.at("input").data<float>();
    EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end()));
  }
  const DatasetSource source(made, transform, "input", 4);
  EXPECT_THAT(source.load(15, 30).error().message(), testing::HasSubstr("broken (21)"));
}

}  // namespace
}  // namespace fovea
