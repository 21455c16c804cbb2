#include "model/safetensors.h"

#include <gmock/gmock.h>

#include <cstring>

#include "scratch.h"

namespace fovea {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A file of the given header text and data.
std::string file_of(std::string_view header, std::string_view data) {
  std::string out(8, '\0');
  const uint64_t length = header.size();
  std::memcpy(out.data(), &length, sizeof length);
  return out.append(header).append(data);
}

Result<TensorFile> parse(std::string_view bytes) {
  return parse_safetensors(std::as_bytes(std::span(bytes.data(), bytes.size())), "a.safetensors");
}

/// The message of the error that `bytes` gives; empty where there is none.
std::string refusal(std::string_view bytes) {
  const Result<TensorFile> result = parse(bytes);
  if (result.ok()) return {};
  EXPECT_EQ(result.error().kind, ErrorKind::kBadInput);
  EXPECT_THAT(result.error().message(), HasSubstr("a.safetensors"));
  return result.error().message();
}

std::string one_tensor(std::string_view fields, std::string_view data = "12345678") {
  return file_of("{\"w\":{" + std::string(fields) + "}}", data);
}

TEST(Safetensors, WhatIsWrittenReadsBackInEveryType) {
  const Scratch scratch;
  NamedTensors tensors;
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16, DType::kF64, DType::kI64,
                            DType::kI32, DType::kI16, DType::kI8, DType::kU8, DType::kBool}) {
    Tensor tensor(dtype, {3, 1});
    std::memset(tensor.raw(), 7, tensor.bytes());
    tensors.emplace("t." + std::string(dtype_name(dtype)), tensor);
  }
  tensors.emplace("scalar", Tensor::i64({}));
  tensors.emplace("empty", Tensor::f32({0, 4}));
  const StringMap metadata{{"text", "line\nline \"quoted\" \xc3\xa9"}, {"none", ""}};
  const std::string path = scratch.path("a.safetensors");
  ASSERT_TRUE(write_safetensors(path, tensors, metadata, Overwrite::kRefuse).ok());
  const Result<TensorFile> read = read_safetensors(path);
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(read.value().metadata, metadata);
  ASSERT_EQ(read.value().tensors.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    const Tensor& back = read.value().tensors.at(name);
    EXPECT_EQ(back.dtype(), tensor.dtype()) << name;
    EXPECT_EQ(back.shape(), tensor.shape()) << name;
    EXPECT_EQ(std::memcmp(back.raw(), tensor.raw(), tensor.bytes()), 0) << name;
  }
}

TEST(Safetensors, EqualContentGivesEqualBytes) {
  const Scratch scratch;
  const NamedTensors tensors{{"b", Tensor::f32({2})}, {"a", Tensor::i64({1})}};
  for (const std::string_view name : {"x", "y"}) {
    ASSERT_TRUE(write_safetensors(scratch.path(name), tensors, {}, Overwrite::kRefuse).ok());
  }
  EXPECT_EQ(scratch.read("x"), scratch.read("y"));
}

TEST(Safetensors, WrittenTensorsAreAligned) {
  const Scratch scratch;
  const NamedTensors tensors{
      {"a", Tensor(DType::kU8, {3})}, {"b", Tensor::f32({1})}, {"c", Tensor::i64({2})}};
  const std::string path = scratch.path("a.safetensors");
  ASSERT_TRUE(write_safetensors(path, tensors, {}, Overwrite::kRefuse).ok());
  const std::string bytes = scratch.read("a.safetensors");
  const Result<SafetensorsHeader> header =
      parse_safetensors_header(std::as_bytes(std::span(bytes.data(), bytes.size())), "a");
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header.value().data_begin % 8, 0U);
  for (const auto& [name, entry] : header.value().entries) {
    EXPECT_EQ(entry.begin % element_bytes(entry.dtype), 0U) << name;
  }
}

TEST(Safetensors, ReadsWholeNumbersThatStartAtAnyByte) {
  const std::string data("abcd\x01\0\0\0\0\0\0\0", 12);
  const Result<TensorFile> read =
      parse(file_of("{\"f\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                    "\"i\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[4,12]}}",
                    data));
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(read.value().tensors.at("i").data<int64_t>()[0], 1);
}

TEST(Safetensors, RefusesAnExistingFileUnlessAllowed) {
  const Scratch scratch;
  const std::string path = scratch.write("a.safetensors", "old");
  const Status refused = write_safetensors(path, {}, {}, Overwrite::kRefuse);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kCannotWrite);
  EXPECT_EQ(scratch.read("a.safetensors"), "old");
  EXPECT_TRUE(write_safetensors(path, {}, {}, Overwrite::kAllow).ok());
  EXPECT_TRUE(read_safetensors(path).ok());
  EXPECT_EQ(scratch.n_files(), 1U);
}

TEST(Safetensors, RefusesToWriteNamesThatNoReaderTakes) {
  const Scratch scratch;
  const std::string path = scratch.path("a.safetensors");
  const NamedTensors reserved{{"__metadata__", Tensor::f32({1})}};
  EXPECT_THAT(write_safetensors(path, reserved, {}, Overwrite::kRefuse).error().message(),
              HasSubstr("__metadata__"));
  const NamedTensors bytes{{"\xff", Tensor::f32({1})}};
  EXPECT_THAT(write_safetensors(path, bytes, {}, Overwrite::kRefuse).error().message(),
              HasSubstr("UTF-8"));
  EXPECT_THAT(write_safetensors(path, {}, {{"k", "\xff"}}, Overwrite::kRefuse).error().message(),
              HasSubstr("'k'"));
  EXPECT_EQ(scratch.n_files(), 0U);
}

TEST(SafetensorsErrors, CutFiles) {
  EXPECT_THAT(refusal(""), HasSubstr("empty"));
  EXPECT_THAT(refusal("12345"), AllOf(HasSubstr("cut short"), HasSubstr("found 5 bytes")));
  EXPECT_THAT(refusal(file_of("{}", "").substr(0, 9)), HasSubstr("the header is cut short"));
  const std::string whole = one_tensor("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]");
  EXPECT_EQ(refusal(whole), "");
  EXPECT_THAT(refusal(std::string_view(whole).substr(0, whole.size() - 1)),
              AllOf(HasSubstr("'w' lies outside the file"), HasSubstr("7 bytes")));
}

TEST(SafetensorsErrors, HeaderLengthOutOfRange) {
  const std::string huge("\0\0\0\0\0\0\0\x40", 8);
  EXPECT_THAT(refusal(huge + "{}"),
              AllOf(HasSubstr("out of range"), HasSubstr("4611686018427387904")));
  EXPECT_THAT(refusal(std::string(8, '\xff') + "{}"), HasSubstr("out of range"));
  EXPECT_THAT(refusal("\x89PNG\r\n\x1a\n and more"), HasSubstr("is this a safetensors file?"));
}

TEST(SafetensorsErrors, HeaderThatIsNoJson) {
  EXPECT_THAT(refusal(file_of("", "")), HasSubstr("no valid JSON"));
  EXPECT_THAT(refusal(file_of("{\"a\":", "")), HasSubstr("no valid JSON"));
  EXPECT_THAT(refusal(file_of("{} x", "")), HasSubstr("no valid JSON"));
  EXPECT_THAT(refusal(file_of(std::string(50, '\xff'), "")), HasSubstr("no valid JSON"));
  EXPECT_THAT(refusal(file_of("[]", "")), HasSubstr("expected an object"));
  EXPECT_THAT(refusal(file_of("{\"\xff\":1}", "")), HasSubstr("no valid JSON"));
}

TEST(SafetensorsErrors, DeepNestingIsHarmless) {
  EXPECT_THAT(refusal(file_of(std::string(200000, '['), "")), HasSubstr("found a list"));
  EXPECT_THAT(refusal(file_of("{\"w\":" + std::string(200000, '['), "")), HasSubstr("'w'"));
  std::string objects;
  for (int i = 0; i < 50000; ++i) objects += "{\"a\":";
  EXPECT_THAT(refusal(file_of(objects, "")), HasSubstr("unknown key"));
}

TEST(SafetensorsErrors, EntriesOfTheWrongForm) {
  EXPECT_THAT(refusal(one_tensor("\"dtype\":\"Q4\",\"shape\":[2],\"data_offsets\":[0,8]")),
              AllOf(HasSubstr("'w'"), HasSubstr("'Q4'")));
  EXPECT_THAT(refusal(one_tensor("\"dtype\":4,\"shape\":[2],\"data_offsets\":[0,8]")),
              AllOf(HasSubstr("dtype of tensor 'w'"), HasSubstr("expected a text")));
  EXPECT_THAT(refusal(one_tensor("\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]")),
              AllOf(HasSubstr("shape of tensor 'w'"), HasSubstr("found -2")));
  EXPECT_THAT(refusal(one_tensor("\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]")),
              HasSubstr("found 2.0"));
  EXPECT_THAT(refusal(one_tensor("\"dtype\":\"F32\",\"shape\":[[2]],\"data_offsets\":[0,8]")),
              HasSubstr("found a list"));
  EXPECT_THAT(refusal(one_tensor("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]")),
              HasSubstr("expected two numbers"));
  EXPECT_THAT(refusal(one_tensor("\"dtype\":\"F32\",\"shape\":[2]")), HasSubstr("incomplete"));
  EXPECT_THAT(refusal(one_tensor("\"dtype\":\"F32\",\"colour\":1")),
              AllOf(HasSubstr("unknown key"), HasSubstr("'colour'")));
  EXPECT_THAT(refusal(file_of("{\"__metadata__\":{\"a\":1}}", "")),
              AllOf(HasSubstr("metadata's 'a'"), HasSubstr("expected a text")));
}

TEST(SafetensorsErrors, NamesThatComeTwice) {
  EXPECT_THAT(refusal(file_of("{\"w\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},"
                              "\"w\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}",
                              "")),
              HasSubstr("'w' twice"));
  EXPECT_THAT(refusal(file_of("{\"__metadata__\":{},\"__metadata__\":{}}", "")),
              HasSubstr("'__metadata__' twice"));
  EXPECT_THAT(refusal(file_of("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", "")),
              HasSubstr("'a' twice"));
  EXPECT_THAT(refusal(one_tensor("\"shape\":[2],\"shape\":[3]")), HasSubstr("shape twice"));
}

TEST(SafetensorsErrors, ShapesThatDoNotFitTheirBytes) {
  EXPECT_THAT(refusal(one_tensor("\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]")),
              AllOf(HasSubstr("expected F32 [3]"), HasSubstr("found 8 bytes")));
  EXPECT_THAT(refusal(one_tensor("\"dtype\":\"F32\",\"shape\":[1099511627776,1099511627776],"
                                 "\"data_offsets\":[0,8]")),
              HasSubstr("shape and length of tensor 'w' differ"));
  EXPECT_THAT(refusal(one_tensor("\"dtype\":\"F32\",\"shape\":[18446744073709551615],"
                                 "\"data_offsets\":[0,8]")),
              HasSubstr("too large"));
}

TEST(SafetensorsErrors, OffsetsThatDoNotTileTheData) {
  const auto two = [](std::string_view a, std::string_view b) {
    const std::string kind = "\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":";
    return file_of("{\"a\":{" + kind + std::string(a) + "},\"b\":{" + kind + std::string(b) + "}}",
                   "12345678");
  };
  EXPECT_EQ(refusal(two("[4,8]", "[0,4]")), "");
  EXPECT_THAT(refusal(two("[0,4]", "[2,6]")), HasSubstr("'b' overlaps another"));
  EXPECT_THAT(refusal(two("[0,4]", "[0,4]")), HasSubstr("overlaps another"));
  EXPECT_THAT(refusal(two("[0,4]", "[5,9]")), HasSubstr("'b' lies outside the file"));
  EXPECT_THAT(refusal(one_tensor("\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]")),
              HasSubstr("leaves a gap"));
  EXPECT_THAT(refusal(one_tensor("\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]")),
              AllOf(HasSubstr("left over"), HasSubstr("expected 4 bytes"), HasSubstr("found 8")));
  EXPECT_THAT(refusal(one_tensor("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]")),
              AllOf(HasSubstr("run backwards"), HasSubstr("[8,0]")));
  EXPECT_THAT(refusal(one_tensor("\"dtype\":\"F32\",\"shape\":[2],"
                                 "\"data_offsets\":[0,1152921504606846976]")),
              HasSubstr("differ"));
}

TEST(SafetensorsErrors, FilesThatCannotBeRead) {
  const Scratch scratch;
  EXPECT_THAT(read_safetensors(scratch.path("absent.fovea")).error().message(),
              AllOf(HasSubstr("no such file"), HasSubstr("absent.fovea")));
  EXPECT_THAT(read_safetensors(scratch.path("")).error().message(), HasSubstr("is a folder"));
}

}  // namespace
}  // namespace fovea
