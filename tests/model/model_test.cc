#include "fovea/model.h"

#include <gmock/gmock.h>

#include "model/safetensors.h"
#include "scratch.h"
#include "tiny_network.h"

namespace fovea {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Model tiny_model() {
  Model model{.graph = tiny_network()};
  model.params = formula_weights(model.graph);
  model.transform = "resize=6";
  model.labels = {"cat", "dog \"the\" second", "\xc3\xa9"};
  model.policies = {{"default", "{\"thresholds\":[]}"}, {"first", "{\"exit\":0}"}};
  model.training = "{\"seed\":1}";
  model.extra.emplace("fovea.scores", Tensor::f32({2, 3}));
  model.metadata = {{"fovea.costs", "{}"}, {"other", "kept"}};
  return model;
}

std::string saved(const Scratch& scratch, const Model& model, Storage storage = Storage::kF32) {
  std::string path = scratch.path("m.fovea");
  const Status status = save_model(path, model, storage, Overwrite::kAllow);
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message());
  return path;
}

/// Saves a model, changes what a plain safetensors reader sees, and gives the error of loading.
template <typename Edit>
std::string refusal(Edit edit) {
  const Scratch scratch;
  const std::string path = saved(scratch, tiny_model());
  Result<TensorFile> file = read_safetensors(path);
  edit(file.value());
  EXPECT_TRUE(
      write_safetensors(path, file.value().tensors, file.value().metadata, Overwrite::kAllow).ok());
  const Result<Model> loaded = load_model(path);
  if (loaded.ok()) return {};
  EXPECT_EQ(loaded.error().kind, ErrorKind::kBadInput);
  EXPECT_THAT(loaded.error().message(), HasSubstr("m.fovea"));
  EXPECT_EQ(load_model_header(path).ok(), false) << "the header alone was accepted";
  return loaded.error().message();
}

TEST(ModelFile, EverythingComesBack) {
  const Scratch scratch;
  const Model model = tiny_model();
  const Result<Model> loaded = load_model(saved(scratch, model));
  ASSERT_TRUE(loaded.ok()) << loaded.error().message();
  const Model& back = loaded.value();
  EXPECT_TRUE(back.graph == model.graph);
  EXPECT_TRUE(equal_tensors(back.params, model.params));
  EXPECT_TRUE(equal_tensors(back.extra, model.extra));
  EXPECT_EQ(back.transform, model.transform);
  EXPECT_EQ(back.labels, model.labels);
  EXPECT_EQ(back.policies, model.policies);
  EXPECT_EQ(back.training, model.training);
  EXPECT_EQ(back.metadata, model.metadata);
}

TEST(ModelFile, SavingWhatWasLoadedGivesTheSameBytes) {
  const Scratch scratch;
  const std::string path = saved(scratch, tiny_model());
  const std::string first = scratch.read("m.fovea");
  const Result<Model> loaded = load_model(path);
  ASSERT_TRUE(loaded.ok());
  saved(scratch, loaded.value());
  EXPECT_EQ(scratch.read("m.fovea"), first);
}

TEST(ModelFile, IsASafetensorsFileWithTheDocumentedKeys) {
  const Scratch scratch;
  const Result<TensorFile> file = read_safetensors(saved(scratch, tiny_model()));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file.value().metadata.at("fovea.format_version"), "1.0");
  for (const std::string_view key :
       {"fovea.graph", "fovea.transform", "fovea.labels", "fovea.policies", "fovea.training"}) {
    EXPECT_TRUE(file.value().metadata.contains(key)) << key;
  }
  EXPECT_TRUE(file.value().tensors.contains("conv.weight"));
}

TEST(ModelFile, TheHeaderAloneHasNoWeights) {
  const Scratch scratch;
  const Result<Model> loaded = load_model_header(saved(scratch, tiny_model()));
  ASSERT_TRUE(loaded.ok());
  EXPECT_TRUE(loaded.value().params.empty());
  EXPECT_EQ(loaded.value().labels.size(), 3U);
}

TEST(ModelFile, HalfPrecisionStoresMatricesInHalfAndTheRestWhole) {
  const Scratch scratch;
  const Model model = tiny_model();
  const std::string path = saved(scratch, model, Storage::kF16);
  const Result<TensorFile> file = read_safetensors(path);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file.value().tensors.at("conv.weight").dtype(), DType::kF16);
  EXPECT_EQ(file.value().tensors.at("head.weight").dtype(), DType::kF16);
  EXPECT_EQ(file.value().tensors.at("norm.running_var").dtype(), DType::kF32);
  const Result<Model> loaded = load_model(path);
  ASSERT_TRUE(loaded.ok());
  const Tensor& back = loaded.value().params.at("conv.weight");
  ASSERT_EQ(back.dtype(), DType::kF32);
  for (int64_t i = 0; i < back.numel(); ++i) {
    const float value = model.params.at("conv.weight").f()[i];
    EXPECT_EQ(back.f()[i], float_from_half(half_from_float(value)));
  }
}

TEST(ModelFile, RefusesWeightsTooLargeForHalf) {
  const Scratch scratch;
  Model model = tiny_model();
  model.params.at("head.weight") = model.params.at("head.weight").clone();
  model.params.at("head.weight").f()[2] = 65520;
  const Status status = save_model(scratch.path("m.fovea"), model, Storage::kF16);
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message(), AllOf(HasSubstr("head.weight"), HasSubstr("65520")));
  EXPECT_EQ(scratch.n_files(), 0U);
}

TEST(ModelFile, AbsentCountersBecomeZero) {
  const Scratch scratch;
  Model model = tiny_model();
  model.params.erase("norm.num_batches_tracked");
  const Result<Model> loaded = load_model(saved(scratch, model));
  ASSERT_TRUE(loaded.ok()) << loaded.error().message();
  EXPECT_EQ(loaded.value().params.at("norm.num_batches_tracked").data<int64_t>()[0], 0);
}

TEST(ModelFile, RefusesToOverwriteUnlessAllowed) {
  const Scratch scratch;
  const std::string path = scratch.write("m.fovea", "precious");
  const Status status = save_model(path, tiny_model());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kCannotWrite);
  EXPECT_EQ(scratch.read("m.fovea"), "precious");
}

TEST(ModelFile, RefusesToSaveWhatCouldNotBeLoaded) {
  const Scratch scratch;
  const auto refused = [&](auto edit) {
    Model model = tiny_model();
    edit(model);
    const Status status = save_model(scratch.path("m.fovea"), model);
    EXPECT_EQ(scratch.n_files(), 0U);
    return status.ok() ? std::string() : status.error().message();
  };
  EXPECT_THAT(refused([](Model& m) { m.params.erase("head.bias"); }),
              HasSubstr("1 missing: head.bias"));
  EXPECT_THAT(refused([](Model& m) { m.labels.pop_back(); }), HasSubstr("number of labels"));
  EXPECT_THAT(refused([](Model& m) { m.labels[0] = "\xff"; }), HasSubstr("UTF-8"));
  EXPECT_THAT(refused([](Model& m) { m.policies["x"] = "[1]"; }), HasSubstr("policy 'x'"));
  EXPECT_THAT(refused([](Model& m) { m.training = "{"; }), HasSubstr("training record"));
  EXPECT_THAT(refused([](Model& m) { m.extra.emplace("scores", Tensor::f32({1})); }),
              HasSubstr("'scores'"));
}

TEST(ModelFileErrors, ListWhatDoesNotFit) {
  const std::string message = refusal([](TensorFile& file) {
    file.tensors.erase("head.bias");
    file.tensors.erase("conv.weight");
    file.tensors.emplace("surprise.weight", Tensor::f32({1}));
    file.tensors.at("norm.bias") = Tensor::f32({5});
    file.tensors.at("norm.weight") = Tensor::i64({4});
  });
  EXPECT_THAT(message, HasSubstr("2 missing: conv.weight, head.bias"));
  EXPECT_THAT(message, HasSubstr("1 unexpected: surprise.weight"));
  EXPECT_THAT(message, HasSubstr("norm.bias: expected F32 [4], found F32 [5]"));
  EXPECT_THAT(message, HasSubstr("norm.weight: expected F32 [4], found I64 [4]"));
  EXPECT_THAT(message, Not(HasSubstr("\n")));
}

TEST(ModelFileErrors, LongListsAreCut) {
  const std::string message = refusal([](TensorFile& file) {
    for (int i = 0; i < 25; ++i) {
      file.tensors.emplace("extra." + std::to_string(100 + i), Tensor::f32({1}));
    }
  });
  EXPECT_THAT(message, AllOf(HasSubstr("25 unexpected"), HasSubstr("extra.109"), HasSubstr("…"),
                             Not(HasSubstr("extra.110"))));
}

TEST(ModelFileErrors, Versions) {
  const auto with = [](const std::string& version) {
    return refusal(
        [&](TensorFile& file) { file.metadata.insert_or_assign("fovea.format_version", version); });
  };
  EXPECT_THAT(with("999"), AllOf(HasSubstr("newer format"), HasSubstr("expected version 1.x"),
                                 HasSubstr("found version 999")));
  EXPECT_THAT(with("2.0"), HasSubstr("newer format"));
  EXPECT_EQ(with("1.7"), "") << "a newer minor version is readable";
  EXPECT_THAT(with("one"), HasSubstr("no version"));
  EXPECT_THAT(with("1.0.0"), HasSubstr("no version"));
  EXPECT_THAT(with("-1"), HasSubstr("no version"));
  EXPECT_THAT(refusal([](TensorFile& file) { file.metadata.erase("fovea.format_version"); }),
              HasSubstr("no fovea.format_version"));
}

TEST(ModelFileErrors, Graphs) {
  EXPECT_THAT(refusal([](TensorFile& file) { file.metadata.erase("fovea.graph"); }),
              HasSubstr("no graph"));
  EXPECT_NE(refusal([](TensorFile& file) {
              std::string& graph = file.metadata.at("fovea.graph");
              graph.resize(graph.size() / 2);
            }),
            "");
  EXPECT_NE(refusal([](TensorFile& file) {
              std::string& graph = file.metadata.at("fovea.graph");
              graph.insert(0, std::string("\0(((", 4));
            }),
            "");
}

TEST(ModelFileErrors, RecordsOfTheWrongForm) {
  const auto with = [](std::string_view key, const std::string& value) {
    return refusal([&](TensorFile& file) { file.metadata.at(std::string(key)) = value; });
  };
  EXPECT_THAT(with("fovea.labels", "{}"), HasSubstr("fovea.labels"));
  EXPECT_THAT(with("fovea.labels", "[1,2,3]"), HasSubstr("fovea.labels"));
  EXPECT_THAT(with("fovea.labels", "[\"a\"]"), HasSubstr("number of labels"));
  EXPECT_THAT(with("fovea.policies", "[]"), HasSubstr("fovea.policies"));
  EXPECT_THAT(with("fovea.policies", "{\"p\":3}"), HasSubstr("policy 'p'"));
  EXPECT_THAT(with("fovea.training", "{"), HasSubstr("fovea.training"));
  EXPECT_THAT(with("fovea.training", std::string(100000, '[')), HasSubstr("fovea.training"));
}

}  // namespace
}  // namespace fovea
