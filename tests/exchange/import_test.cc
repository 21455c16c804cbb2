#include "exchange/import.h"

#include <gmock/gmock.h>

#include <cmath>

#include "../model/scratch.h"
#include "../model/tiny_network.h"

namespace fovea {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string fixture(const std::string& name) {
  return FOVEA_SOURCE_DIR "/tests/golden/torch/" + name + ".pth";
}

/// A checkpoint of the tiny network whose keys begin with `prefix`.
StoredTensors checkpoint(const std::string& prefix = {}) {
  StoredTensors out{.source = "c.pth"};
  for (const auto& [name, tensor] : formula_weights(tiny_network())) {
    out.tensors.emplace(prefix + name, tensor.clone());
  }
  return out;
}

std::string refusal(const StoredTensors& from, std::string_view prefix = {}) {
  const Result<NamedTensors> result = match_checkpoint(tiny_network(), from, prefix);
  if (result.ok()) return {};
  EXPECT_EQ(result.error().kind, ErrorKind::kBadInput);
  EXPECT_THAT(result.error().message(), AllOf(HasSubstr("c.pth"), Not(HasSubstr("\n"))));
  return result.error().message();
}

void expect_matches(const StoredTensors& from, std::string_view prefix = {}) {
  const Result<NamedTensors> result = match_checkpoint(tiny_network(), from, prefix);
  ASSERT_TRUE(result.ok()) << result.error().message();
  EXPECT_TRUE(equal_tensors(result.value(), formula_weights(tiny_network())));
}

TEST(MatchCheckpoint, StripsModuleAndPrefixInAnyOrder) {
  expect_matches(checkpoint());
  expect_matches(checkpoint("module."));
  expect_matches(checkpoint("param."), "param.");
  expect_matches(checkpoint("module.param."), "param.");
  expect_matches(checkpoint("param.module."), "param.");
  expect_matches(checkpoint("module.param."), "module.param.");
}

TEST(MatchCheckpoint, APrefixLeavesOtherKeysOut) {
  StoredTensors from = checkpoint("param.");
  from.tensors.emplace("input", Tensor::f32({1}));
  from.tensors.emplace("logits.0", Tensor::f32({1}));
  expect_matches(from, "param.");
}

TEST(MatchCheckpoint, ConvertsOtherPrecisions) {
  for (const DType dtype : {DType::kF16, DType::kF64}) {
    StoredTensors from = checkpoint();
    Tensor& weight = from.tensors.at("head.weight");
    weight = weight.to(dtype);
    const Result<NamedTensors> result = match_checkpoint(tiny_network(), from, "");
    ASSERT_TRUE(result.ok()) << result.error().message();
    const Tensor& got = result.value().at("head.weight");
    ASSERT_EQ(got.dtype(), DType::kF32);
    EXPECT_NEAR(got.f()[1], formula_tensor("head.weight", {3, 4}).f()[1], 1e-3);
  }
}

TEST(MatchCheckpoint, CountersMayBeAbsent) {
  StoredTensors from = checkpoint();
  from.tensors.erase("norm.num_batches_tracked");
  expect_matches(from);
}

TEST(MatchCheckpointErrors, ListMissingUnexpectedAndMisshapedKeys) {
  StoredTensors from = checkpoint("module.");
  from.tensors.erase("module.conv.weight");
  from.tensors.emplace("module.surprise.weight", Tensor::f32({1}));
  from.tensors.at("module.head.bias") = Tensor::f32({7});
  EXPECT_THAT(refusal(from),
              AllOf(HasSubstr("network 'tiny'"), HasSubstr("1 missing: conv.weight"),
                    HasSubstr("1 unexpected: surprise.weight"),
                    HasSubstr("1 mis-shaped: head.bias: expected F32 [3], found F32 [7]")));
}

TEST(MatchCheckpointErrors, HintAtThePrefix) {
  const Result<NamedTensors> result = match_checkpoint(tiny_network(), checkpoint("backbone."), "");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().hint, "give --prefix backbone.");
  EXPECT_THAT(refusal(checkpoint(), "param."),
              AllOf(HasSubstr("no key"), HasSubstr("'param.'"), HasSubstr("conv.weight")));
}

TEST(MatchCheckpointErrors, NameWeightsThatAreNotFinite) {
  for (const float value : {std::nanf(""), INFINITY}) {
    StoredTensors from = checkpoint();
    from.tensors.at("norm.bias").f()[2] = value;
    EXPECT_THAT(refusal(from), AllOf(HasSubstr("not finite"), HasSubstr("norm.bias")));
  }
  StoredTensors too_large = checkpoint();
  Tensor& weight = too_large.tensors.at("head.weight");
  weight = weight.to(DType::kF64);
  weight.data<double>()[0] = 1e300;  // finite there, not in float32
  EXPECT_THAT(refusal(too_large), HasSubstr("head.weight"));
}

TEST(MatchCheckpointErrors, KeysThatBecomeEqual) {
  StoredTensors from = checkpoint();
  from.tensors.emplace("module.head.bias", Tensor::f32({3}));
  EXPECT_THAT(refusal(from), AllOf(HasSubstr("'head.bias'"), HasSubstr("'module.head.bias'")));
}

TEST(ReadCheckpoint, TellsTheFormsApartByContent) {
  for (const std::string name : {"checkpoint.zip", "checkpoint.old", "half.zip", "half.old"}) {
    const Result<StoredTensors> read = read_checkpoint(fixture(name));
    ASSERT_TRUE(read.ok()) << read.error().message();
    const Result<NamedTensors> matched = match_checkpoint(tiny_network(), read.value(), "");
    EXPECT_TRUE(matched.ok()) << name << ": " << matched.error().message();
  }
}

TEST(ReadCheckpoint, SafetensorsBringTheirSettings) {
  const Scratch scratch;
  NamedTensors tensors = formula_weights(tiny_network());
  tensors.emplace("fovea.scores", Tensor::f32({1}));
  const std::string path = scratch.path("c.safetensors");
  const StringMap metadata{{"format", "pt"}, {"nBlocks", "2"}, {"fovea.graph", "…"}};
  ASSERT_TRUE(write_safetensors(path, tensors, metadata, Overwrite::kRefuse).ok());
  const Result<StoredTensors> read = read_checkpoint(path);
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(read.value().settings, (StringMap{{"nBlocks", "2"}}));
  EXPECT_FALSE(read.value().tensors.contains("fovea.scores"));
  expect_matches(read.value());
}

TEST(ReadCheckpoint, NamesTheFileInEveryError) {
  const Scratch scratch;
  const auto message = [&](const std::string& path) {
    const Result<StoredTensors> read = read_checkpoint(path);
    return read.ok() ? std::string() : read.error().message();
  };
  EXPECT_THAT(message(scratch.path("absent.pth")),
              AllOf(HasSubstr("no such file"), HasSubstr("absent.pth")));
  EXPECT_THAT(message(scratch.write("junk.pth", "hello world, no tensors")), HasSubstr("junk.pth"));
  EXPECT_THAT(message(fixture("text_inside.zip")),
              AllOf(HasSubstr("text_inside.zip.pth"), HasSubstr("'version'")));
}

}  // namespace
}  // namespace fovea
