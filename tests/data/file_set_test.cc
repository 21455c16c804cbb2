#include "data/codecs/file_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "encoders.h"
#include "support.h"

namespace fovea {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A PNG of one pixel of that red.
std::string dot(uint8_t red) {
  Picture picture(1, 1);
  picture.pixels[0] = red;
  return encode_png(picture.view());
}

std::vector<std::string> names(const Dataset& data) {
  std::vector<std::string> all;
  for (int64_t i = 0; i < data.size(); ++i) all.push_back(data.file_name(i));
  return all;
}

int red(const Dataset& data, int64_t i) { return data.picture(i).value().pixels[0]; }

TEST(ClassFolder, SortsClassesAndFilesAndGoesIntoFoldersBelow) {
  const ScratchFolder folder;
  folder.write("dog/b.PNG", dot(3));
  folder.write("dog/a/z.jpeg", dot(4));
  folder.write("Cat/1.png", dot(1));
  folder.write("Cat/notes.txt", "no picture");
  folder.write("Cat/.hidden.png", "no picture");
  folder.write("README", "no picture");
  const FileSetPtr set = read_class_folder(folder.path()).value();
  EXPECT_THAT(set->class_names(), ElementsAre("Cat", "dog"));
  EXPECT_THAT(names(*set), ElementsAre("Cat/1.png", "dog/a/z.jpeg", "dog/b.PNG"));
  EXPECT_EQ(set->label(0), 0);
  EXPECT_EQ(set->label(2), 1);
  EXPECT_EQ(red(*set, 2), 3);
  EXPECT_EQ(set->n_ignored(), 3U);
  EXPECT_FALSE(set->view(0).has_value());
}

TEST(ClassFolder, ABrokenPictureIsAnErrorOfThatPictureAlone) {
  const ScratchFolder folder;
  folder.write("a/1.png", dot(1));
  folder.write("a/2.png", "broken");
  const FileSetPtr set = read_class_folder(folder.path() + "/").value();
  EXPECT_EQ(red(*set, 0), 1);
  EXPECT_THAT(set->picture(1).error().message(),
              HasSubstr("not a picture (" + (folder / "/a/2.png")));
}

TEST(ClassFolder, AnEmptyClassFolderIsNamed) {
  const ScratchFolder folder;
  folder.write("cat/1.png", dot(1));
  folder.write("dog/notes.txt", "no picture");
  const ErrorInfo error = read_class_folder(folder.path()).error();
  EXPECT_EQ(error.kind, ErrorKind::kBadInput);
  EXPECT_THAT(error.message(), HasSubstr("a class folder holds no picture (" + (folder / "dog") +
                                         "; expected at least one .jpg or .png)"));
  EXPECT_THAT(error.hint, HasSubstr("remove it"));
  // A hidden folder is no class.
  std::filesystem::rename(folder / "dog", folder / ".dog");
  EXPECT_EQ(read_class_folder(folder.path()).value()->n_classes(), 1);
}

TEST(ClassFolder, EmptyClassesAreKeptAndFoundWhereAskedFor) {
  const ScratchFolder folder;
  folder.write("set/b/1.png", "");
  for (const char* name : {"a", "c"})
    std::filesystem::create_directories(folder / "set" + "/" + name);
  const FileSetPtr set =
      read_class_folder(folder / "set", {.empty_classes = EmptyClasses::kKeep}).value();
  EXPECT_THAT(set->class_names(), ElementsAre("b", "a", "c"));
  EXPECT_EQ(set->label(0), 0);
  ASSERT_EQ(set->findings().size(), 2U);
  EXPECT_THAT(set->findings()[1].text,
              HasSubstr("a class folder holds no picture (" + (folder / "set/c")));
}

TEST(ClassArchive, AnEmptyClassFolderIsNamed) {
  const ScratchFolder folder;
  const std::string path = folder.write("x.tar", make_tar({{"x/train/cat/", ""},
                                                           {"x/train/cat/1.png", dot(1)},
                                                           {"x/train/dog/", ""},
                                                           {"x/val/cat/1.png", dot(2)},
                                                           {"x/val/bird/", ""}}));
  EXPECT_THAT(read_class_archive(path, "train").error().message(),
              HasSubstr("a class folder holds no picture (" + path + "/dog"));
  EXPECT_THAT(read_class_archive(path, "val").error().message(), HasSubstr(path + "/bird"));
  const std::string flat =
      folder.write("y.tar", make_tar({{"cat/", ""}, {"cat/1.png", dot(1)}, {"dog/", ""}}));
  EXPECT_THAT(read_class_archive(flat, "").error().message(), HasSubstr(flat + "/dog"));
}

TEST(ClassFolder, TakesTheOrderOfKnownClasses) {
  const ScratchFolder folder;
  folder.write("b/1.png", dot(1));
  FileSetOptions options{.class_names = {"c", "b", "a"}};
  EXPECT_EQ(read_class_folder(folder.path(), options).value()->label(0), 1);
  folder.write("x/1.png", dot(1));
  EXPECT_THAT(read_class_folder(folder.path(), options).error().message(),
              HasSubstr("not among the known classes"));
}

TEST(ClassFolder, NothingThereIsAnError) {
  const ScratchFolder folder;
  folder.write("1.png", dot(1));
  EXPECT_THAT(read_class_folder(folder.path()).error().message(),
              AllOf(HasSubstr("no pictures in class folders"), HasSubstr("CLASS/NAME.jpg")));
  EXPECT_THAT(read_class_folder(folder / "none").error().message(), HasSubstr("no such folder"));
  EXPECT_THAT(read_class_folder(folder / "1.png").error().message(), HasSubstr("not a folder"));
}

TEST(ClassArchive, GivesWhatTheFolderGives) {
  const ScratchFolder folder;
  const NamedBytes files = {{"test/dog/b.png", dot(3)},
                            {"test/dog/a.png", dot(4)},
                            {"test/cat/1.png", dot(1)},
                            {"test/readme.txt", "x"},
                            {"../test/cat/9.png", dot(9)}};
  for (const auto& [name, bytes] : files) {
    if (!name.starts_with("..")) folder.write(name, bytes);
  }
  const std::string path = folder.write("test.tar.xz", make_tar(files, TarFilter::kXz));
  const FileSetPtr from_tar = read_class_archive(path, "test").value();
  const FileSetPtr from_folder = read_class_folder(folder / "test").value();
  EXPECT_EQ(names(*from_tar), names(*from_folder));
  EXPECT_EQ(from_tar->class_names(), from_folder->class_names());
  for (int64_t i = 0; i < 3; ++i) EXPECT_EQ(red(*from_tar, i), red(*from_folder, i));
  EXPECT_EQ(from_tar->n_ignored(), 1U);
  EXPECT_EQ(from_tar->split_found(), "test");
}

TEST(ClassArchive, ReadsOneOfSeveralSplits) {
  const ScratchFolder folder;
  const std::string path = folder.write("toy.tar", make_tar({{"toy/train/a/1.png", dot(1)},
                                                             {"toy/train/b/1.png", dot(2)},
                                                             {"toy/val/a/7.png", dot(7)}}));
  EXPECT_THAT(names(*read_class_archive(path, "train").value()), ElementsAre("a/1.png", "b/1.png"));
  EXPECT_THAT(names(*read_class_archive(path, "val").value()), ElementsAre("a/7.png"));
  EXPECT_EQ(read_class_archive(path, "").value()->split_found(), "train");
  EXPECT_THAT(read_class_archive(path, "test").error().message(),
              HasSubstr("no split 'test' in the archive"));
}

TEST(ClassArchive, AClassMayBeCalledLikeASplit) {
  const ScratchFolder folder;
  const std::string path = folder.write(
      "x.tar",
      make_tar({{"train/1.png", dot(1)}, {"plane/1.png", dot(2)}, {"plane/0.png", dot(3)}}));
  EXPECT_THAT(names(*read_class_archive(path, "train").value()),
              ElementsAre("plane/0.png", "plane/1.png", "train/1.png"));
}

TEST(ClassArchive, ACommonFolderIsNoClass) {
  const ScratchFolder folder;
  const std::string path = folder.write(
      "x.tar", make_tar({{"flowers/rose/1.png", dot(1)}, {"flowers/lily/1.png", dot(2)}}));
  EXPECT_THAT(read_class_archive(path, "").value()->class_names(), ElementsAre("lily", "rose"));
}

TEST(ClassArchive, TheLaterOfTwoEqualPathsStays) {
  const ScratchFolder folder;
  const std::string path =
      folder.write("x.tar", make_tar({{"a/1.png", dot(1)}, {"./a/1.png", dot(2)}}));
  const FileSetPtr set = read_class_archive(path, "").value();
  EXPECT_EQ(set->size(), 1);
  EXPECT_EQ(red(*set, 0), 2);
}

TEST(ClassArchive, ABrokenPictureNamesArchiveAndEntry) {
  const ScratchFolder folder;
  const std::string path = folder.write("x.tar", make_tar({{"a/1.png", "broken"}}));
  EXPECT_THAT(read_class_archive(path, "").value()->picture(0).error().message(),
              HasSubstr("x.tar: a/1.png"));
}

TEST(OpenData, HoldsOutOfAnArchiveWithoutValidation) {
  const ScratchFolder folder;
  NamedBytes files;
  for (uint8_t i = 0; i < 30; ++i) {
    files.emplace_back("train/a/" + std::to_string(i) + ".png", dot(i));
  }
  folder.write("toy/toy.tar.gz", make_tar(files, TarFilter::kGzip));
  const FindOptions find{.environment = folder.path()};
  EXPECT_EQ(open_data("toy", "train", find).value()->size(), 30);
  const DatasetPtr val = open_data("toy", "val", find, {.seed = 2, .count = 4}).value();
  EXPECT_EQ(val->size(), 4);
  const DatasetPtr train = open_data("toy", "train", find).value();
  EXPECT_EQ(val->file_name(0), train->file_name(hold_out(30, {.seed = 2, .count = 4}).val[0]));
  EXPECT_THAT(open_data("toy", "test", find).error().message(), HasSubstr("no split 'test'"));
  EXPECT_THAT(open_data("none", "test", find).error().message(), HasSubstr("no such data set"));
}

/// The files of tests/data/cifar/NAME as entries of an archive.
NamedBytes cifar_files(const std::string& name) {
  NamedBytes files{{name + "/", ""}};
  const std::string folder = std::string(FOVEA_SOURCE_DIR) + "/tests/data/cifar/" + name;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string file = entry.path().filename().string();
    files.emplace_back(std::string(name).append("/").append(file),
                       file_bytes(entry.path().string()));
  }
  return files;
}

TEST(CifarArchive, GivesWhatTheUnpackedFilesGive) {
  const ScratchFolder folder;
  for (const std::string name : {"cifar-10-batches-py", "cifar-100-python"}) {
    const std::string unpacked = std::string(FOVEA_SOURCE_DIR) + "/tests/data/cifar/" + name;
    for (const auto& [filter, ending] :
         {std::pair{TarFilter::kNone, ".tar"}, std::pair{TarFilter::kGzip, ".tar.gz"},
          std::pair{TarFilter::kXz, ".tar.xz"}, std::pair{TarFilter::kZstd, ".tar.zst"}}) {
      const std::string path = folder.write(name + ending, make_tar(cifar_files(name), filter));
      for (const std::string split : {"train", "test"}) {
        const DatasetPtr from_tar = open_data(path, split, {}).value();
        const DatasetPtr from_folder = open_data(unpacked, split, {}).value();
        ASSERT_EQ(names(*from_tar), names(*from_folder));
        EXPECT_EQ(from_tar->class_names(), from_folder->class_names());
        for (int64_t i = 0; i < from_tar->size(); ++i) {
          EXPECT_EQ(from_tar->picture(i).value(), from_folder->picture(i).value());
          EXPECT_EQ(from_tar->label(i), from_folder->label(i));
        }
      }
    }
  }
}

TEST(CifarArchive, IsFoundUnderItsOfficialNameAndHoldsOutOfTraining) {
  const ScratchFolder folder;
  folder.write("cifar10/cifar-10-python.tar.gz",
               make_tar(cifar_files("cifar-10-batches-py"), TarFilter::kGzip));
  const FindOptions find{.environment = folder.path()};
  EXPECT_EQ(open_data("cifar10", "train", find).value()->size(), 10);
  EXPECT_EQ(open_data("cifar10", "test", find).value()->size(), 2);
  const DatasetPtr val = open_data("cifar10", "val", find, {.seed = 1, .count = 4}).value();
  EXPECT_EQ(val->size(), 4);
  EXPECT_EQ(val->file_name(0), open_data("cifar10", "train", find)
                                   .value()
                                   ->file_name(hold_out(10, {.seed = 1, .count = 4}).val[0]));
}

TEST(CifarArchive, TheBinaryFormIsReadOutOfATarBallToo) {
  constexpr size_t kPixelBytes = 3072;
  const ScratchFolder folder;
  const auto record = [](uint8_t label, uint8_t value) {
    return std::string(1, static_cast<char>(label)) +
           std::string(kPixelBytes, static_cast<char>(value));
  };
  const std::string inner = "cifar-10-batches-bin/";
  NamedBytes files{{inner + "batches.meta.txt", "airplane\nautomobile\n"},
                   {inner + "test_batch.bin", record(0, 9) + record(1, 7)}};
  for (uint8_t k = 1; k <= 5; ++k) {
    files.emplace_back(inner + "data_batch_" + std::to_string(k) + ".bin", record(k % 2, k));
  }
  const std::string tar = folder.write("c.tar.gz", make_tar(files, TarFilter::kGzip));
  const DatasetPtr train = open_data(tar, "train", {}).value();
  ASSERT_EQ(train->size(), 5);
  EXPECT_THAT(train->class_names(), ElementsAre("airplane", "automobile"));
  EXPECT_EQ(train->label(2), 1);
  EXPECT_EQ(red(*train, 2), 3);
  const DatasetPtr test = open_data(tar, "test", {}).value();
  ASSERT_EQ(test->size(), 2);
  EXPECT_EQ(test->label(1), 1);
  EXPECT_EQ(red(*test, 1), 7);
}

TEST(CifarArchive, WrongAndDamagedArchivesAreNamed) {
  const ScratchFolder folder;
  NamedBytes files = cifar_files("cifar-10-batches-py");
  std::erase_if(files, [](const auto& file) { return file.first.ends_with("data_batch_4"); });
  const std::string lacking = folder.write("lacking.tar", make_tar(files));
  EXPECT_THAT(
      open_data(lacking, "train", {}).error().message(),
      HasSubstr("a file of the CIFAR archive is missing (" + lacking + "; expected data_batch_4)"));
  for (auto& [name, bytes] : files) {
    if (name.ends_with("data_batch_2")) bytes.resize(5000);
  }
  const std::string cut = folder.write("cut.tar", make_tar(files));
  EXPECT_THAT(open_data(cut, "train", {}).error().message(),
              AllOf(HasSubstr("the pickle is cut short"), HasSubstr(cut + ": data_batch_2")));
  const std::string other = folder.write("other.tar", make_tar({{"a/readme.txt", "x"}}));
  EXPECT_THAT(open_data(other, "train", {}).error().message(),
              HasSubstr("no pictures in class folders (" + other));
  const std::string none = folder.write("none.tar.gz", "no archive");
  EXPECT_THAT(open_data(none, "train", {}).error().message(),
              HasSubstr("not a tar archive, or damaged (" + none));
}

}  // namespace
}  // namespace fovea
