#include "data/core/find.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "data/core/pack.h"
#include "support.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;

/// Looks below one folder only.
FindOptions under(const ScratchFolder& folder) {
  return {.root = "", .environment = folder.path(), .local = "/nowhere"};
}

TEST(FindData, LooksInOptionThenEnvironmentThenLocalFolder) {
  const ScratchFolder option, environment, local;
  local.write("toy/train/a/1.png", "");
  FindOptions options{
      .root = option.path(), .environment = environment.path(), .local = local.path()};
  EXPECT_EQ(find_data("toy", "train", options).value().path, local / "toy/train");
  environment.write("toy/train/a/1.png", "");
  EXPECT_EQ(find_data("toy", "train", options).value().path, environment / "toy/train");
  option.write("toy/train/a/1.png", "");
  EXPECT_EQ(find_data("toy", "train", options).value().path, option / "toy/train");
  EXPECT_EQ(find_data(local / "toy", "train", options).value().path, local / "toy/train");
}

TEST(FindData, ReadsTheEnvironment) {
  ::setenv("FOVEA_DATA", "/some/where", 1);
  EXPECT_EQ(find_options("/root").environment, "/some/where");
  EXPECT_EQ(find_options("/root").root, "/root");
  ::unsetenv("FOVEA_DATA");
  EXPECT_EQ(find_options().environment, "");
}

TEST(FindData, SplitsAreFoldersArchivesOrPacks) {
  const ScratchFolder folder;
  folder.write("toy/train.tar.xz", "");
  folder.write("toy/test/a/1.png", "");
  folder.write("toy/valid.fpack", "");
  const auto find = [&](std::string_view split) {
    return find_data("toy", split, under(folder)).value();
  };
  EXPECT_EQ(find("train").kind, PlaceKind::kArchive);
  EXPECT_EQ(find("train").path, folder / "toy/train.tar.xz");
  EXPECT_EQ(find("test").kind, PlaceKind::kFolder);
  EXPECT_EQ(find("val").kind, PlaceKind::kPack);
  EXPECT_EQ(find("val").path, folder / "toy/valid.fpack");
  EXPECT_EQ(find("val").origin, SplitOrigin::kOwn);
}

TEST(FindData, ValidationIsHeldOutOfTrainingWhereThereIsNone) {
  const ScratchFolder folder;
  folder.write("toy/train.tar.xz", "");
  folder.write("toy/test.tar.xz", "");
  const DataPlace place = find_data("toy", "val", under(folder)).value();
  EXPECT_EQ(place.path, folder / "toy/train.tar.xz");
  EXPECT_EQ(place.split, "train");
  EXPECT_EQ(place.origin, SplitOrigin::kHeldOutOfTrain);
}

TEST(FindData, ATarNamedAsItsFolderHoldsTheSplits) {
  const ScratchFolder folder;
  folder.write("toy/toy.tar.gz", "");
  const DataPlace place = find_data("toy", "val", under(folder)).value();
  EXPECT_EQ(place.path, folder / "toy/toy.tar.gz");
  EXPECT_EQ(place.split, "val");
}

TEST(FindData, AFolderOfClassesIsTrainingData) {
  const ScratchFolder folder;
  folder.write("mine/cat/1.png", "");
  folder.write("mine/dog/1.png", "");
  EXPECT_EQ(find_data("mine", "train", under(folder)).value().path, folder / "mine");
  EXPECT_EQ(find_data("mine", "val", under(folder)).value().origin, SplitOrigin::kHeldOutOfTrain);
  EXPECT_THAT(find_data("mine", "test", under(folder)).error().message(),
              HasSubstr("no split 'test'"));
}

TEST(FindData, AFolderWithAListIsTrainingData) {
  const ScratchFolder folder;
  folder.write("mine/1.png", "");
  folder.write("mine/list.csv", "");
  const auto find = [&](std::string_view split) { return find_data("mine", split, under(folder)); };
  for (const char* split : {"", "train"}) {
    EXPECT_EQ(find(split).value().kind, PlaceKind::kListed);
    EXPECT_EQ(find(split).value().path, folder / "mine");
    EXPECT_EQ(find(split).value().origin, SplitOrigin::kOwn);
  }
  EXPECT_EQ(find("val").value().origin, SplitOrigin::kHeldOutOfTrain);
  for (const char* split : {"test", "banana"}) {
    EXPECT_THAT(find(split).error().message(), HasSubstr("no split '" + std::string(split) + "'"));
  }
  folder.write("mine/test/list.csv", "");
  EXPECT_EQ(find("test").value().kind, PlaceKind::kListed);
  EXPECT_EQ(find("test").value().path, folder / "mine/test");
}

TEST(FindData, AListOfTheTrainingSplitIsHeldOutOf) {
  const ScratchFolder folder;
  folder.write("mine/train/list.csv", "");
  const DataPlace place = find_data("mine", "val", under(folder)).value();
  EXPECT_EQ(place.kind, PlaceKind::kListed);
  EXPECT_EQ(place.path, folder / "mine/train");
  EXPECT_EQ(place.origin, SplitOrigin::kHeldOutOfTrain);
}

TEST(FindData, AFolderOfClassesHasNoOtherSplits) {
  const ScratchFolder folder;
  folder.write("mine/cat/1.png", "");
  EXPECT_THAT(find_data("mine", "banana", under(folder)).error().message(),
              HasSubstr("no split 'banana'"));
}

TEST(CheckOwnSplit, RefusesWhatIsTrainingData) {
  const ScratchFolder folder;
  folder.write("toy.fpack", "");
  folder.write("toy-test.fpack", "");
  folder.write("mine/cat/1.png", "");
  const auto own = [&](const std::string& name, std::string_view split) {
    return check_own_split(find_data(name, split, under(folder)).value(), split).ok();
  };
  EXPECT_TRUE(own("toy", "train"));
  EXPECT_FALSE(own("toy", "test"));
  EXPECT_FALSE(own("toy", "val"));
  EXPECT_TRUE(own("toy-test", "test"));
  EXPECT_TRUE(own("mine", "train"));
  EXPECT_FALSE(own("mine", "val"));
}

TEST(FindData, FilesAreTakenAsNamed) {
  const ScratchFolder folder;
  folder.write("toy.fpack", "");
  folder.write("toy-val.fpack", "");
  EXPECT_EQ(find_data(folder / "toy.fpack", "train", {}).value().origin, SplitOrigin::kOwn);
  EXPECT_EQ(find_data("toy", "val", under(folder)).value().origin, SplitOrigin::kHeldOutOfTrain);
  EXPECT_EQ(find_data("toy-val", "val", under(folder)).value().origin, SplitOrigin::kOwn);
}

TEST(FindData, ErrorsSayWhereWasLookedAndWhatThereIs) {
  const ScratchFolder folder;
  folder.write("toy/train.tar", "");
  folder.write("toy/test/a/1.png", "");
  folder.write("notes.txt", "");
  EXPECT_THAT(find_data("toys", "train", under(folder)).error().message(),
              HasSubstr("no such data set (toys; expected a folder, tar or pack at toys, " +
                        (folder / "toys")));
  EXPECT_THAT(find_data("toy", "extra", under(folder)).error().message(),
              HasSubstr("found test, train"));
  EXPECT_THAT(find_data("notes.txt", "train", under(folder)).error().message(),
              HasSubstr("not a data set"));
  EXPECT_EQ(find_data("", "train", under(folder)).error().kind, ErrorKind::kUsage);
  EXPECT_THAT(find_data("toys", "train", {}).error().hint, HasSubstr("FOVEA_DATA"));
}

TEST(OpenWithoutCodecs, CutsTheHeldOutPartOfAPack) {
  const ScratchFolder folder;
  PackWriter writer =
      PackWriter::create(folder / "train.fpack", Overwrite::kRefuse, 1, 1, {"a"}).value();
  for (int i = 0; i < 40; ++i) {
    writer.add(Picture(1, 1).view(), 0, std::to_string(i)).value();
  }
  writer.commit().value();
  const DataPlace place = find_data(folder.path(), "val", {}).value();
  const DatasetPtr val = open_without_codecs(place, {.seed = 1, .count = 5}).value();
  EXPECT_EQ(val->size(), 5);
  EXPECT_EQ(val->file_name(0), std::to_string(hold_out(40, {.seed = 1, .count = 5}).val[0]));
  const DataPlace train = find_data(folder.path(), "train", {}).value();
  EXPECT_EQ(open_without_codecs(train, {}).value()->size(), 40);
}

TEST(OpenWithoutCodecs, SaysWhatIsMissing) {
  const ErrorInfo error =
      open_without_codecs({.kind = PlaceKind::kFolder, .path = "x"}, {}).error();
  EXPECT_EQ(error.kind, ErrorKind::kNotInBuild);
  EXPECT_THAT(error.hint, HasSubstr("FOVEA_CODECS"));
}

}  // namespace
}  // namespace fovea
