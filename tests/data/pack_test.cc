#include "data/core/pack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "support.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// Three pictures of 2x5, classes "cat" and "dog"; a name with odd bytes.
std::string small_pack(const ScratchFolder& folder) {
  std::string path = folder / "small.fpack";
  PackWriter writer = PackWriter::create(path, Overwrite::kAllow, 2, 5, {"cat", "dog"}).value();
  for (uint8_t i = 0; i < 3; ++i) {
    Picture picture = formula_picture(2, 5);
    picture.pixels[0] = i;
    writer.add(picture.view(), i % 2, i == 2 ? "dog/\xff b.png" : "cat/" + std::to_string(i))
        .value();
  }
  writer.commit().value();
  return path;
}

TEST(Pack, GivesBackWhatWasWritten) {
  const ScratchFolder folder;
  const PackPtr pack = Pack::open(small_pack(folder)).value();
  EXPECT_EQ(pack->size(), 3);
  EXPECT_EQ(pack->height(), 2);
  EXPECT_EQ(pack->width(), 5);
  EXPECT_THAT(pack->class_names(), ElementsAre("cat", "dog"));
  EXPECT_THAT(pack->labels(), ElementsAre(0, 1, 0));
  EXPECT_EQ(pack->label(1), 1);
  EXPECT_EQ(pack->file_name(0), "cat/0");
  EXPECT_EQ(pack->file_name(2), "dog/\xff b.png");
  EXPECT_EQ(pack->pixels(2)[0], 2);
  EXPECT_EQ(pack->pixels(2).size(), 30U);
  EXPECT_EQ(pack->view(1)->row(1)[0], formula_picture(2, 5).row(1)[0]);
  EXPECT_EQ(pack->picture(1).value().pixels[0], 1);
  EXPECT_TRUE(pack->verify().ok());
}

TEST(Pack, PackOfAPackHasEqualBytes) {
  const ScratchFolder folder;
  const std::string path = small_pack(folder);
  write_pack(folder / "again.fpack", *Pack::open(path).value(), Overwrite::kRefuse).value();
  EXPECT_EQ(file_bytes(path), file_bytes(folder / "again.fpack"));
}

TEST(Pack, KeepsWhatItsWriterSaysOfTheSource) {
  const ScratchFolder folder;
  PackWriter writer =
      PackWriter::create(folder / "a.fpack", Overwrite::kRefuse, 1, 1, {"a"}).value();
  writer.add(Picture(1, 1).view(), 0, "x").value();
  writer.made_of(0xFEDCBA9876543210);
  writer.commit().value();
  const PackPtr pack = Pack::open(folder / "a.fpack").value();
  EXPECT_EQ(pack->source(), 0xFEDCBA9876543210);
  EXPECT_TRUE(pack->findings().empty());
  // No part of the content.
  write_pack(folder / "b.fpack", *pack, Overwrite::kRefuse).value();
  EXPECT_EQ(Pack::open(folder / "b.fpack").value()->source(), 0U);
  EXPECT_EQ(Pack::open(folder / "b.fpack").value()->content_hash(), pack->content_hash());
}

TEST(Pack, VerifyFindsAnyChangedByteOfTheContent) {
  const ScratchFolder folder;
  const std::string bytes = file_bytes(small_pack(folder));
  int found = 0;
  for (size_t i = 64; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const Result<PackPtr> pack = Pack::read(bytes_of(changed), "test");
    // Padding before the labels carries nothing; what the pack was made of is no content.
    const bool counts =
        (i < 64 + 90 || i >= 160) && (i < bytes.size() - 16 || i >= bytes.size() - 8);
    if (counts) {
      EXPECT_TRUE(!pack.ok() || !pack.value()->verify().ok()) << "byte " << i;
      ++found;
    }
  }
  EXPECT_GT(found, 150);
  std::string changed = bytes;
  changed[70] ^= 1;
  EXPECT_THAT(Pack::read(bytes_of(changed), "test").value()->verify().error().message(),
              HasSubstr("the pack's content does not match its hash (test)"));
  EXPECT_EQ(Pack::read(bytes_of(changed), "test").value()->findings().size(), 1U);
}

TEST(Pack, EveryTruncationIsAnError) {
  const ScratchFolder folder;
  const std::string bytes = file_bytes(small_pack(folder));
  for (size_t n = 0; n < bytes.size(); ++n) {
    const std::string part = bytes.substr(0, n);
    const Result<PackPtr> pack = Pack::read(bytes_of(part), "test");
    ASSERT_FALSE(pack.ok()) << n;
    EXPECT_THAT(pack.error().message(), HasSubstr(n < 8 ? "not a pack of pictures" : "truncated"));
  }
}

TEST(Pack, HostileNumbersAreErrors) {
  const ScratchFolder folder;
  const std::string bytes = file_bytes(small_pack(folder));
  const auto message = [&](size_t field, uint64_t value) {
    std::string changed = bytes;
    std::memcpy(changed.data() + bytes.size() - 80 + 8 * field, &value, 8);
    const Result<PackPtr> pack = Pack::read(bytes_of(changed), "test");
    return pack.ok() ? std::string("accepted") : pack.error().message();
  };
  EXPECT_THAT(message(0, 1000), HasSubstr("shorter than its pictures"));
  EXPECT_THAT(message(0, uint64_t{1} << 60), HasSubstr("extents are out of range"));
  EXPECT_THAT(message(0, 2), HasSubstr("do not follow each other"));
  EXPECT_THAT(message(1, 0), HasSubstr("extents are out of range"));
  EXPECT_THAT(message(2, uint64_t{1} << 40), HasSubstr("extents are out of range"));
  EXPECT_THAT(message(3, 1), HasSubstr("a label in the pack has no class"));
  EXPECT_THAT(message(3, 3), HasSubstr("class names are damaged"));
  for (const size_t field : {4U, 5U, 6U}) {
    for (const uint64_t value : {uint64_t{0}, uint64_t{100}, uint64_t{1} << 63, ~uint64_t{0}}) {
      EXPECT_NE(message(field, value), "accepted") << field << " " << value;
    }
  }
}

TEST(Pack, MissingFileIsNamed) {
  EXPECT_THAT(Pack::open("/nowhere/x.fpack").error().message(),
              HasSubstr("no such file (/nowhere/x.fpack)"));
}

TEST(PackWriter, RefusesWhatDoesNotBelong) {
  const ScratchFolder folder;
  PackWriter writer =
      PackWriter::create(folder / "a.fpack", Overwrite::kRefuse, 2, 2, {"one"}).value();
  EXPECT_THAT(writer.add(Picture(2, 3).view(), 0, "wide.png").error().message(),
              HasSubstr("have one size (wide.png; expected 2x2; found 2x3)"));
  EXPECT_THAT(writer.add(Picture(2, 2).view(), 1, "x.png").error().message(),
              HasSubstr("expected a label below 1; found 1"));
  EXPECT_THAT(
      PackWriter::create(folder / "b.fpack", Overwrite::kRefuse, 0, 2, {}).error().message(),
      HasSubstr("found 0x2"));
}

TEST(PackWriter, LeavesNothingWithoutCommit) {
  const ScratchFolder folder;
  {
    PackWriter writer =
        PackWriter::create(folder / "a.fpack", Overwrite::kRefuse, 2, 2, {"one"}).value();
    writer.add(Picture(2, 2).view(), 0, "x.png").value();
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(PackWriter, AnEmptyPackIsAPack) {
  const ScratchFolder folder;
  PackWriter writer =
      PackWriter::create(folder / "a.fpack", Overwrite::kRefuse, 4, 4, {"one"}).value();
  writer.commit().value();
  const PackPtr pack = Pack::open(folder / "a.fpack").value();
  EXPECT_EQ(pack->size(), 0);
  EXPECT_TRUE(pack->verify().ok());
  EXPECT_THAT(write_pack(folder / "b.fpack", *pack, Overwrite::kRefuse).error().message(),
              HasSubstr("there are no pictures to pack"));
}

/// Three encoded "pictures": their bytes are a red value, which the decoder makes a pixel of.
std::string encoded_pack(const ScratchFolder& folder) {
  std::string path = folder / "encoded.fpack";
  PackWriter writer = PackWriter::create_encoded(path, Overwrite::kAllow, {"cat", "dog"}).value();
  writer.add_file("7", 1, "dog/1.jpg").value();
  writer.add_file("", 0, "cat/empty.jpg").value();
  writer.add_file("eight", 0, "cat/2.jpg").value();
  writer.commit().value();
  return path;
}

Result<Picture> toy_decoder(std::string_view bytes, std::string_view source) {
  if (bytes.empty()) {
    return ErrorInfo{
        .kind = ErrorKind::kBadInput, .what = "empty file", .where = std::string(source)};
  }
  Picture picture(1, static_cast<int32_t>(bytes.size()));
  picture.pixels[0] = static_cast<uint8_t>(bytes[0]);
  return picture;
}

TEST(EncodedPack, GivesFilesAndDecodesThemWhereItCan) {
  const ScratchFolder folder;
  const std::string path = encoded_pack(folder);
  const PackPtr pack = Pack::open(path, toy_decoder).value();
  EXPECT_EQ(pack->form(), PackForm::kEncoded);
  EXPECT_EQ(pack->size(), 3);
  EXPECT_EQ(pack->label(0), 1);
  EXPECT_EQ(pack->file_bytes(0), "7");
  EXPECT_EQ(pack->file_bytes(1), "");
  EXPECT_EQ(pack->encoded(2).value(), "eight");
  EXPECT_FALSE(pack->view(0).has_value());
  EXPECT_EQ(pack->picture(2).value().width, 5);
  EXPECT_EQ(pack->picture(0).value().pixels[0], '7');
  EXPECT_THAT(pack->picture(1).error().message(),
              HasSubstr("empty file (" + path + ": cat/empty.jpg"));
  EXPECT_TRUE(pack->verify().ok());
  const PackPtr without = Pack::open(path).value();
  EXPECT_EQ(without->picture(0).error().kind, ErrorKind::kNotInBuild);
  EXPECT_THAT(without->picture(0).error().hint, HasSubstr("FOVEA_CODECS"));
  EXPECT_EQ(Pack::open(small_pack(folder)).value()->encoded(0).error().kind, ErrorKind::kUsage);
}

TEST(EncodedPack, DamageIsFound) {
  const ScratchFolder folder;
  const std::string bytes = file_bytes(encoded_pack(folder));
  for (size_t n = 0; n < bytes.size(); ++n) {
    ASSERT_FALSE(Pack::read(bytes_of(bytes.substr(0, n)), "test").ok()) << n;
  }
  // Files, ends, labels, classes, names: 64 to 80 bytes before the end. Two bytes fill up to 8.
  int found = 0;
  for (size_t i = 64; i < bytes.size() - 80; ++i) {
    if (i == 64 + 6 || i == 64 + 7) continue;
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const Result<PackPtr> pack = Pack::read(bytes_of(changed), "test");
    EXPECT_TRUE(!pack.ok() || !pack.value()->verify().ok()) << "byte " << i;
    ++found;
  }
  EXPECT_GT(found, 50);
  const auto message = [&](size_t at, uint64_t value) {
    std::string changed = bytes;
    std::memcpy(changed.data() + at, &value, 8);
    const Result<PackPtr> pack = Pack::read(bytes_of(changed), "test");
    return pack.ok() ? std::string("accepted") : pack.error().message();
  };
  EXPECT_THAT(message(72, 9), HasSubstr("do not follow each other (test; found picture 0"));
  EXPECT_THAT(message(88, uint64_t{1} << 62), HasSubstr("do not follow each other"));
  EXPECT_THAT(message(bytes.size() - 72, 4), HasSubstr("extents are out of range"));
}

}  // namespace
}  // namespace fovea
