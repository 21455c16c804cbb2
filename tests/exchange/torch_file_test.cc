// Files that PyTorch itself wrote (tools/make_torch_fixtures.py), in both forms.
#include "exchange/torch_file.h"

#include <gmock/gmock.h>

#include <cstring>
#include <filesystem>

#include "../model/tiny_network.h"
#include "base/file.h"
#include "exchange/zip.h"

namespace fovea {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Values;

std::string bytes_of(const std::string& name) {
  return read_file(FOVEA_SOURCE_DIR "/tests/golden/torch/" + name + ".pth").value();
}

Result<NamedTensors> parse(const std::string& bytes) {
  return read_torch_file(std::as_bytes(std::span(bytes.data(), bytes.size())), "a.pth");
}

class TorchFile : public ::testing::TestWithParam<const char*> {
 protected:
  static std::string bytes(const std::string& name) { return bytes_of(name + "." + GetParam()); }
  static NamedTensors tensors(const std::string& name) {
    Result<NamedTensors> result = parse(bytes(name));
    EXPECT_TRUE(result.ok()) << name << ": " << (result.ok() ? "" : result.error().message());
    return result.ok() ? std::move(result).value() : NamedTensors();
  }
  static std::string refusal(const std::string& name) {
    const Result<NamedTensors> result = parse(bytes(name));
    if (result.ok()) return {};
    EXPECT_EQ(result.error().kind, ErrorKind::kBadInput);
    EXPECT_EQ(result.error().where, "a.pth");
    return result.error().message();
  }
};
INSTANTIATE_TEST_SUITE_P(Forms, TorchFile, Values("zip", "old"));

TEST_P(TorchFile, StateDictsComeBackToTheBit) {
  const NamedTensors wanted = formula_weights(tiny_network());
  for (const std::string name : {"ordered_dict", "plain_dict", "parameters", "under_model"}) {
    EXPECT_TRUE(equal_tensors(tensors(name), wanted)) << name;
  }
}

TEST_P(TorchFile, CheckpointsGiveTheStateDictAlone) {
  const NamedTensors wanted = formula_weights(tiny_network());
  const NamedTensors got = tensors("checkpoint");
  ASSERT_EQ(got.size(), wanted.size());
  for (const auto& [name, tensor] : wanted) {
    const auto it = got.find("module." + name);
    ASSERT_NE(it, got.end()) << name;
    EXPECT_EQ(std::memcmp(it->second.raw(), tensor.raw(), tensor.bytes()), 0) << name;
  }
}

TEST_P(TorchFile, KeepsTheStoredElementType) {
  EXPECT_EQ(tensors("half").at("conv.weight").dtype(), DType::kF16);
  EXPECT_EQ(tensors("bfloat16").at("conv.weight").dtype(), DType::kBF16);
  EXPECT_EQ(tensors("double").at("conv.weight").dtype(), DType::kF64);
  EXPECT_EQ(tensors("half").at("norm.num_batches_tracked").dtype(), DType::kI64);
  const Tensor wanted = formula_tensor("conv.weight", {4, 1, 3, 3});
  const Tensor half = tensors("half").at("conv.weight").to(DType::kF32);
  const Tensor brain = tensors("bfloat16").at("conv.weight").to(DType::kF32);
  const Tensor twice = tensors("double").at("conv.weight").to(DType::kF32);
  for (int64_t i = 0; i < wanted.numel(); ++i) {
    EXPECT_EQ(half.f()[i], float_from_half(half_from_float(wanted.f()[i])));
    EXPECT_NEAR(brain.f()[i], wanted.f()[i], 0.01);
    EXPECT_EQ(twice.f()[i], wanted.f()[i]);
  }
}

TEST_P(TorchFile, ViewsOfOneStorageBecomeTensorsOfTheirOwn) {
  const NamedTensors got = tensors("shared");
  const Tensor base = formula_tensor("base", {48});
  const auto grid = [&](int64_t row, int64_t column) { return base.f()[8 + row * 10 + column]; };
  EXPECT_EQ(got.at("whole").shape(), (Shape{48}));
  EXPECT_EQ(got.at("tail").shape(), (Shape{8}));
  EXPECT_EQ(got.at("tail").f()[0], base.f()[40]);
  EXPECT_EQ(got.at("scalar").shape(), Shape{});
  EXPECT_EQ(got.at("scalar").f()[0], base.f()[5]);
  EXPECT_EQ(got.at("empty").numel(), 0);
  const Tensor& transposed = got.at("transposed");
  ASSERT_EQ(transposed.shape(), (Shape{10, 4}));
  for (int64_t i = 0; i < 40; ++i) EXPECT_EQ(transposed.f()[i], grid(i % 4, i / 4));
  const Tensor& every_other = got.at("every_other");
  ASSERT_EQ(every_other.shape(), (Shape{4, 5}));
  for (int64_t i = 0; i < 20; ++i) EXPECT_EQ(every_other.f()[i], grid(i / 5, i % 5 * 2));
  const Tensor& expanded = got.at("expanded");
  ASSERT_EQ(expanded.shape(), (Shape{3, 4}));
  for (int64_t i = 0; i < 12; ++i) EXPECT_EQ(expanded.f()[i], base.f()[i / 4]);
}

TEST_P(TorchFile, NothingInTheFileIsEverCalled) {
  EXPECT_TRUE(equal_tensors(tensors("system_beside"), formula_weights(tiny_network())));
  EXPECT_THAT(refusal("system_inside"),
              AllOf(HasSubstr("'evil.weight'"), HasSubstr("posix.system")));
  EXPECT_FALSE(std::filesystem::exists("/tmp/fovea-was-here"));
}

TEST_P(TorchFile, NamesWhatIsNoTensor) {
  EXPECT_THAT(refusal("text_inside"),
              AllOf(HasSubstr("'version'"), HasSubstr("no tensor"), HasSubstr("class str")));
  EXPECT_THAT(refusal("sparse_inside"),
              AllOf(HasSubstr("'rare.weight'"), HasSubstr("_rebuild_sparse_tensor")));
  EXPECT_NE(refusal("complex_inside"), "");
  EXPECT_THAT(refusal("no_dict"), AllOf(HasSubstr("no state dict"), HasSubstr("class list")));
}

TEST_P(TorchFile, CutAnywhereIsAnErrorAndNoCrash) {
  const std::string whole = bytes("checkpoint");
  for (size_t n = 0; n < whole.size(); n += 7) {
    EXPECT_FALSE(parse(whole.substr(0, n)).ok()) << n;
  }
}

TEST_P(TorchFile, ChangedBytesNeverCrash) {
  const std::string whole = bytes("shared");
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const int change : {1, 0x80, 0xff}) {
      std::string changed = whole;
      changed[i] = static_cast<char>(changed[i] ^ change);
      const Result<NamedTensors> result = parse(changed);
      EXPECT_TRUE(result.ok() || result.error().where == "a.pth");
    }
  }
}

TEST(TorchFileForms, OtherProtocolsOfPickle) {
  const Result<NamedTensors> result = parse(bytes_of("protocol4.zip"));
  ASSERT_TRUE(result.ok()) << result.error().message();
  EXPECT_TRUE(result.value().contains("module.head.bias"));
}

TEST(TorchFileForms, AWholeModuleIsRefusedWithAHint) {
  const Result<NamedTensors> result = parse(bytes_of("whole_module.zip"));
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().message(), HasSubstr("__main__.Tiny"));
  EXPECT_THAT(result.error().hint, HasSubstr("state_dict()"));
}

TEST(TorchFileForms, DamageOfAStorageIsFound) {
  std::string bytes = bytes_of("ordered_dict.zip");
  const Tensor weight = formula_tensor("conv.weight", {4, 1, 3, 3});
  const size_t at =
      bytes.find(std::string_view(reinterpret_cast<const char*>(weight.raw()), weight.bytes()));
  ASSERT_NE(at, std::string::npos);
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  const Result<NamedTensors> result = parse(bytes);
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().message(), HasSubstr("checksum"));
}

TEST(TorchFileForms, OtherFilesAreNone) {
  EXPECT_THAT(parse("hello").error().message(), HasSubstr("no torch.save file"));
  EXPECT_THAT(parse(std::string("PK\x03\x04", 4) + std::string(100, '\0')).error().message(),
              HasSubstr("no directory"));
}

/// A literal with its zero bytes.
template <size_t N>
std::string raw(const char (&text)[N]) {
  return std::string(text, N - 1);
}

/// Python's pickle of {"w": tensor of the given shape and stride over a storage of 4 floats}, in
/// the older form.
std::string handmade(const std::string& numbers) {
  const auto text = [](const std::string& s) {
    return std::string("X") + static_cast<char>(s.size()) + std::string(3, '\0') + s;
  };
  std::string out("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);
  out += "\x80\x02M\xe9\x03.}.";
  out += "}" + text("w") + "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") +
         "ctorch\nFloatStorage\n" + text("7") + text("cpu") + "K\x04NtQ" + numbers + "\x89NtRs.";
  out += "]" + text("7") + "a.";
  out += std::string("\x04\0\0\0\0\0\0\0", 8) + std::string(16, '\0');
  return out;
}

TEST(TorchFileBounds, TensorsStayInsideTheirStorage) {
  const auto refusal = [](const std::string& numbers) {
    const Result<NamedTensors> result = parse(handmade(numbers));
    return result.ok() ? std::string() : result.error().message();
  };
  EXPECT_EQ(refusal("K\x01(K\x03t(K\x01t"), "");  // offset, shape, strides
  EXPECT_THAT(refusal("K\x02(K\x03t(K\x01t"), HasSubstr("'w' lies outside its storage"));
  EXPECT_THAT(refusal(raw("K\0(K\x03t(K\x02t")), HasSubstr("outside its storage"));
  EXPECT_THAT(refusal(raw("K\0(J\xff\xff\xff\x7ft(K\0t")), HasSubstr("much more memory"));
  EXPECT_THAT(refusal(raw("K\0(J\xff\xff\xff\xfft(K\x01t")), HasSubstr("damaged"));
  EXPECT_THAT(refusal(raw("K\0(K\x02t(t")), HasSubstr("damaged"));
  EXPECT_THAT(refusal(raw("K\0(\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x8a\x08\xff\xff\xff"
                          "\xff\xff\xff\xff\x7ft(K\x01K\x01t")),
              HasSubstr("outside its storage"));
}

}  // namespace
}  // namespace fovea
