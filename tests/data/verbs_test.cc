#include "data/codecs/verbs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/codecs/file_set.h"
#include "data/core/pack.h"
#include "data/core/transform.h"
#include "encoders.h"
#include "support.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::shared_ptr<MemoryDataset> made_of(std::vector<Sample> samples,
                                       std::vector<std::string> classes = {"a", "b"}) {
  return std::make_shared<MemoryDataset>(std::move(classes), std::move(samples));
}

Picture filled(uint8_t value) {
  Picture picture(2, 2);
  std::fill(picture.pixels.begin(), picture.pixels.end(), value);
  return picture;
}

/// A data set whose pictures with odd indices are broken.
class HalfBroken final : public Dataset {
 public:
  [[nodiscard]] int64_t size() const override { return 300; }
  [[nodiscard]] const std::vector<std::string>& class_names() const override { return classes_; }
  [[nodiscard]] int32_t label(int64_t) const override { return 0; }
  [[nodiscard]] std::string file_name(int64_t i) const override { return std::to_string(i); }
  [[nodiscard]] Result<Picture> picture(int64_t i) const override {
    if (i % 2 == 1)
      return ErrorInfo{.kind = ErrorKind::kBadInput, .what = "broken", .where = file_name(i)};
    Picture picture = filled(static_cast<uint8_t>(i));
    picture.pixels[1] = static_cast<uint8_t>(i >> 8);
    return picture;
  }

 private:
  std::vector<std::string> classes_ = {"only"};
};

TEST(MakeScenes, WritesPicturesAndList) {
  const ScratchFolder folder;
  const std::string out = folder / "scenes";
  make_scenes({.seed = 4, .side = 32}, {.count = 12}, out, Overwrite::kRefuse).value();
  const ScenePicture scene = render_scene({.seed = 4, .side = 32}, 11);
  EXPECT_EQ(read_picture(out + "/000011.png").value(), scene.picture);
  const std::string list = file_bytes(out + "/list.csv");
  EXPECT_TRUE(list.starts_with("file,label,class,x0,y0,x1,y1,difficulty\n000000.png,")) << list;
  EXPECT_TRUE(list.ends_with(scene_csv_line(11, scene.truth) + "\n")) << list;
  EXPECT_EQ(std::count(list.begin(), list.end(), '\n'), 13);
}

TEST(MakeScenes, BeginsAtAnyScene) {
  const ScratchFolder folder;
  const std::string out = folder / "later";
  make_scenes({.seed = 4, .side = 32}, {.count = 2, .first = 11}, out, Overwrite::kRefuse).value();
  const ScenePicture scene = render_scene({.seed = 4, .side = 32}, 11);
  EXPECT_EQ(read_picture(out + "/000000.png").value(), scene.picture);
  EXPECT_THAT(file_bytes(out + "/list.csv"), HasSubstr(scene_csv_line(0, scene.truth) + "\n"));
}

TEST(MakeScenes, RefusesToOverwriteAndLeavesNothingHalfDone) {
  const ScratchFolder folder;
  make_scenes({}, {.count = 2}, folder / "a", Overwrite::kRefuse).value();
  EXPECT_THAT(make_scenes({}, {.count = 2}, folder / "a", Overwrite::kRefuse).error().message(),
              HasSubstr("list.csv"));
  make_scenes({}, {.count = 2}, folder / "a", Overwrite::kAllow).value();
  folder.write("b/000001.png", "mine");
  const Status refused = make_scenes({}, {.count = 3}, folder / "b", Overwrite::kRefuse);
  EXPECT_EQ(refused.error().kind, ErrorKind::kCannotWrite);
  EXPECT_THAT(refused.error().message(), HasSubstr("000001.png"));
  EXPECT_FALSE(std::filesystem::exists(folder / "b/000000.png"));
  EXPECT_FALSE(std::filesystem::exists(folder / "b/list.csv"));
  EXPECT_EQ(file_bytes(folder / "b/000001.png"), "mine");
}

TEST(MakeScenes, StopsOnRequestWithoutLeavings) {
  const ScratchFolder folder;
  const Status stopped = make_scenes({.side = 16}, {.count = 500}, folder / "a", Overwrite::kRefuse,
                                     {.progress = [](int64_t, int64_t) { return false; }});
  EXPECT_EQ(stopped.error().kind, ErrorKind::kInterrupted);
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
}

TEST(MakeScenes, BadOptionsAreUsage) {
  const ScratchFolder folder;
  EXPECT_EQ(make_scenes({}, {.count = 0}, folder / "a", Overwrite::kRefuse).error().kind,
            ErrorKind::kUsage);
  EXPECT_EQ(make_scenes({.side = 5}, {.count = 1}, folder / "a", Overwrite::kRefuse).error().kind,
            ErrorKind::kUsage);
  EXPECT_THAT(
      make_scenes({}, {.count = 1}, folder / "no/way", Overwrite::kRefuse).error().message(),
      HasSubstr("cannot make the folder"));
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
}

TEST(WritePictures, WritesAnyDataSetAndItsClasses) {
  const ScratchFolder folder;
  const ScenesDataset scenes({.seed = 1, .side = 16}, 9);
  const std::string out = folder / "copy";
  write_pictures(scenes, out, Overwrite::kRefuse).value();
  for (int64_t i = 0; i < scenes.size(); ++i) {
    EXPECT_EQ(read_picture(out + "/" + scene_file_name(i)).value(), scenes.picture(i).value());
  }
  const std::string list = file_bytes(out + "/list.csv");
  EXPECT_TRUE(list.starts_with("file,label,class\n000000.png,")) << list;
  EXPECT_THAT(list, HasSubstr("000008.png," + std::to_string(scenes.label(8)) + "," +
                              scenes.class_names()[static_cast<size_t>(scenes.label(8))] + "\n"));
  EXPECT_EQ(write_pictures(scenes, out, Overwrite::kRefuse).error().kind, ErrorKind::kCannotWrite);
}

TEST(WritePictures, RefusesClassesThatAListCannotHold) {
  const ScratchFolder folder;
  const MemoryDataset data({"a,b"}, {{.picture = Picture(4, 4), .label = 0, .file_name = "x"}});
  const Status refused = write_pictures(data, folder / "out", Overwrite::kRefuse);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUsage);
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
}

TEST(PackData, KeepsOrderLabelsAndPixelsOnAnyNumberOfThreads) {
  const ScratchFolder folder;
  const ScenesDataset scenes({.seed = 1, .side = 16}, 150);
  for (const int threads : {1, 3}) {
    const std::string path = folder / std::to_string(threads) + ".fpack";
    const PackReport report = pack_data(scenes, path, {}, {.n_threads = threads}).value();
    EXPECT_EQ(report.n, 150);
    EXPECT_EQ(report.height, 16);
  }
  EXPECT_EQ(file_bytes(folder / "1.fpack"), file_bytes(folder / "3.fpack"));
  const PackPtr pack = Pack::open(folder / "3.fpack").value();
  for (const int64_t i : {0, 77, 149}) {
    EXPECT_EQ(pack->picture(i).value(), scenes.picture(i).value());
    EXPECT_EQ(pack->label(i), scenes.label(i));
    EXPECT_EQ(pack->file_name(i), scenes.file_name(i));
  }
}

TEST(PackData, FitsPicturesToTheSide) {
  const ScratchFolder folder;
  const auto data = made_of({{formula_picture(20, 30), 0, "x"}, {formula_picture(9, 9), 1, "y"}});
  ASSERT_TRUE(pack_data(*data, folder / "a.fpack", {.side = 8}).ok());
  const PackPtr pack = Pack::open(folder / "a.fpack").value();
  EXPECT_EQ(pack->picture(0).value(), resize_and_crop(formula_picture(20, 30).view(),
                                                      {.resize = 8, .crop = 8, .normalise = {}}));
  const Result<PackReport> mixed = pack_data(*data, folder / "b.fpack", {});
  EXPECT_THAT(mixed.error().message(), HasSubstr("different sizes (y; expected 30x20; found 9x9)"));
  EXPECT_FALSE(std::filesystem::exists(folder / "b.fpack"));
  EXPECT_EQ(pack_data(*data, folder / "b.fpack", {.side = -1}).error().kind, ErrorKind::kUsage);
}

TEST(PackData, StopsAtABrokenPictureOrNamesAllAndGoesOn) {
  const ScratchFolder folder;
  const HalfBroken data;
  EXPECT_THAT(pack_data(data, folder / "a.fpack", {}).error().message(), "broken (1)");
  const PackReport report =
      pack_data(data, folder / "a.fpack", {.on_broken = OnBroken::kSkip}).value();
  EXPECT_EQ(report.n, 150);
  ASSERT_THAT(report.broken, SizeIs(150));
  EXPECT_EQ(report.broken[1].file, "3");
  EXPECT_EQ(report.broken[1].index, 3);
  EXPECT_EQ(Pack::open(folder / "a.fpack").value()->file_name(1), "2");
}

TEST(PackData, RefusesToOverwriteBeforeAnyWork) {
  const ScratchFolder folder;
  folder.write("a.fpack", "mine");
  EXPECT_EQ(pack_data(HalfBroken(), folder / "a.fpack", {}).error().kind, ErrorKind::kCannotWrite);
  EXPECT_EQ(file_bytes(folder / "a.fpack"), "mine");
}

TEST(CheckData, PassesCleanData) {
  const DataCheck check =
      check_data({{"train", std::make_shared<ScenesDataset>(ScenesOptions{.side = 16}, 100)},
                  {"test", std::make_shared<ScenesDataset>(ScenesOptions{.side = 16}, 50, 100)}})
          .value();
  EXPECT_TRUE(check.passed());
  ASSERT_THAT(check.splits, SizeIs(2));
  EXPECT_EQ(check.splits[0].n, 100);
  EXPECT_EQ(check.splits[0].per_class, std::vector<int64_t>(10, 10));
  EXPECT_EQ(check.splits[1].balance, 1.0);
  EXPECT_THAT(check.duplicates, SizeIs(0));
}

TEST(CheckData, FindsDuplicatesAcrossSplits) {
  const auto train = made_of({{filled(1), 0, "t1"}, {filled(2), 0, "t2"}, {filled(2), 0, "t3"}});
  const auto test = made_of({{filled(5), 0, "v5"}, {filled(1), 0, "v1"}});
  const DataCheck check = check_data({{"train", train}, {"test", test}}).value();
  EXPECT_FALSE(check.passed());
  ASSERT_THAT(check.duplicates, SizeIs(2));
  EXPECT_TRUE(check.duplicates[0].across_splits);
  EXPECT_EQ(check.duplicates[0].pictures[0].file, "t1");
  EXPECT_EQ(check.duplicates[0].pictures[1].file, "v1");
  EXPECT_EQ(check.duplicates[0].pictures[1].split, "test");
  EXPECT_FALSE(check.duplicates[1].across_splits);
  EXPECT_TRUE(check_data({{"train", made_of({{filled(2), 0, "x"}, {filled(2), 0, "y"}})}})
                  .value()
                  .passed());
}

TEST(CheckData, FindsContradictingLabelsByClassName) {
  const auto first = made_of({{filled(1), 0, "x"}, {filled(1), 1, "y"}});
  EXPECT_TRUE(check_data({{"train", first}}).value().duplicates[0].across_classes);
  EXPECT_FALSE(check_data({{"train", first}}).value().passed());
  // The same class under another number is no contradiction.
  const auto a = made_of({{filled(1), 0, "x"}}, {"cat", "dog"});
  const auto b = made_of({{filled(1), 1, "x"}}, {"bird", "cat"});
  const DataCheck check = check_data({{"train", a}, {"test", b}}).value();
  EXPECT_FALSE(check.duplicates[0].across_classes);
  EXPECT_THAT(check.class_differences,
              ElementsAre("the classes of 'test' differ from those of 'train'; missing: dog; "
                          "extra: bird"));
}

TEST(CheckData, TellsWhatSplitsShowAsAWhole) {
  const auto twice = made_of({{filled(1), 0, "x"}, {filled(2), 1, "y"}}, {"cat", "cat"});
  const DataCheck repeated = check_data({{"train", twice}}).value();
  EXPECT_FALSE(repeated.passed());
  EXPECT_THAT(repeated.faults, ElementsAre("train: several labels have the class 'cat': 0, 1"));
  const auto with = [](DataFinding::Weight weight) {
    const std::vector<DataFinding> findings{{.weight = weight, .text = "odd"}};
    const DatasetPtr data = std::make_shared<MemoryDataset>(
        std::vector<std::string>{"cat"}, std::vector<Sample>{{filled(1), 0, "x"}}, findings);
    return check_data({{"val", std::make_shared<Subset>(data, std::vector<int64_t>{0})}}).value();
  };
  EXPECT_THAT(with(DataFinding::Weight::kFault).faults, ElementsAre("val: odd"));
  EXPECT_FALSE(with(DataFinding::Weight::kFault).passed());
  EXPECT_THAT(with(DataFinding::Weight::kRemark).remarks, ElementsAre("val: odd"));
  EXPECT_TRUE(with(DataFinding::Weight::kRemark).passed());
}

TEST(ClassDifference, NamesWhatIsMissingAndExtra) {
  EXPECT_EQ(class_difference({"a", "b"}, {"a", "b"}), "");
  EXPECT_EQ(class_difference({"a", "b"}, {"b", "a"}), "another order");
  EXPECT_EQ(class_difference({"a", "b"}, {"a"}), "missing: b");
  EXPECT_EQ(class_difference({"a", "b"}, {"c", "b"}), "missing: a; extra: c");
  const std::vector<std::string> many(25, "x");
  EXPECT_THAT(class_difference({}, many), testing::HasSubstr(" and 5 more"));
}

TEST(CheckData, CountsBrokenPicturesAndBalance) {
  const DataCheck broken = check_data({{"train", std::make_shared<HalfBroken>()}}).value();
  EXPECT_FALSE(broken.passed());
  EXPECT_THAT(broken.splits[0].broken, SizeIs(150));
  EXPECT_EQ(broken.splits[0].broken[0].error.message(), "broken (1)");
  const auto uneven = made_of({{filled(1), 0, "x"}, {filled(2), 0, "y"}, {filled(3), 1, "z"}});
  EXPECT_DOUBLE_EQ(check_data({{"train", uneven}}).value().splits[0].balance, 0.5);
  EXPECT_EQ(check_data({{"train", made_of({{filled(1), 0, "x"}})}}).value().splits[0].balance, 0.0);
}

TEST(DataStats, MeasuresSizesAndChannels) {
  Picture wide(1, 4);
  for (size_t i = 0; i < 4; ++i) wide.pixels[3 * i] = i < 2 ? 0 : 255;
  const auto data = made_of({{wide, 0, "w"}, {Picture(2, 2), 1, "s"}, {Picture(2, 2), 1, "t"}});
  const DataStats stats = data_stats(*data).value();
  EXPECT_EQ(stats.n, 3);
  EXPECT_THAT(stats.per_class, ElementsAre(1, 2));
  EXPECT_EQ(stats.min_height, 1);
  EXPECT_EQ(stats.max_width, 4);
  ASSERT_THAT(stats.sizes, SizeIs(2));
  EXPECT_EQ(stats.sizes[0].first, std::pair(2, 2));
  EXPECT_EQ(stats.sizes[0].second, 2);
  EXPECT_NEAR(stats.mean[0], 1.0 / 6, 1e-12);
  EXPECT_NEAR(stats.deviation[0], std::sqrt(1.0 / 6 - 1.0 / 36), 1e-12);
  EXPECT_EQ(stats.mean[1], 0.0);
  EXPECT_EQ(data_stats(HalfBroken()).value().n_broken, 150);
}

TEST(DataStats, StopsOnRequest) {
  int calls = 0;
  const Result<DataStats> stats =
      data_stats(ScenesDataset({.side = 16}, 3000), {.progress = [&](int64_t, int64_t total) {
                   EXPECT_EQ(total, 3000);
                   return ++calls < 2;
                 }});
  EXPECT_EQ(stats.error().kind, ErrorKind::kInterrupted);
  EXPECT_EQ(calls, 2);
}

TEST(CheckData, FindsLabelsCountedFromOne) {
  const auto shifted = made_of({{filled(1), 1, "x"}, {filled(2), 2, "y"}}, {"0", "a", "b"});
  const DataCheck check = check_data({{"train", shifted}}).value();
  EXPECT_EQ(check.label_base(), 1);
  EXPECT_FALSE(check.passed());
  // One split without the first class is no shift.
  const auto whole = made_of({{filled(3), 0, "z"}}, {"0", "a", "b"});
  const DataCheck both = check_data({{"train", whole}, {"test", shifted}}).value();
  EXPECT_EQ(both.splits[1].label_base, 1);
  EXPECT_EQ(both.label_base(), 0);
  EXPECT_TRUE(both.passed());
}

/// Class folders of JPEGs of which one is cut off.
void write_thousands(const ScratchFolder& folder, int n, int broken) {
  const std::string sound = encode_jpeg(8, 8, std::vector<uint8_t>(size_t{8} * 8 * 3, 90));
  for (int i = 0; i < n; ++i) {
    folder.write("c" + std::to_string(i % 10) + "/" + std::to_string(10000 + i) + ".jpg",
                 i == broken ? sound.substr(0, sound.size() / 2) : sound);
  }
}

TEST(OneBrokenJpegAmongThousands, IsNamedCountedAndStopsOrNotAsAsked) {
  const ScratchFolder folder;
  write_thousands(folder, 2000, 1234);
  const FileSetPtr data = read_class_folder(folder.path()).value();
  const ScratchFolder out;
  const ErrorInfo stopped = pack_data(*data, out / "a.fpack", {}).error();
  EXPECT_EQ(stopped.kind, ErrorKind::kBadInput);
  EXPECT_THAT(stopped.message(), HasSubstr("c4/11234.jpg"));
  EXPECT_FALSE(std::filesystem::exists(out / "a.fpack"));
  for (const PackForm form : {PackForm::kPixels, PackForm::kEncoded}) {
    const std::string path = out / (form == PackForm::kPixels ? "p.fpack" : "e.fpack");
    const PackReport report =
        pack_data(*data, path, {.form = form, .on_broken = OnBroken::kSkip}).value();
    EXPECT_EQ(report.n, 1999);
    ASSERT_THAT(report.broken, SizeIs(1));
    EXPECT_EQ(report.broken[0].file, "c4/11234.jpg");
    const PackPtr pack = Pack::open(path, picture_decoder()).value();
    EXPECT_EQ(pack->size(), 1999);
    EXPECT_EQ(pack->picture(1998).value().height, 8);
  }
  const DataCheck check = check_data({{"all", data}}).value();
  EXPECT_EQ(check.n_broken(), 1);
  EXPECT_EQ(check.splits[0].broken[0].file, "c4/11234.jpg");
  EXPECT_EQ(data_stats(*data).value().n_broken, 1);
}

TEST(PackData, EncodedKeepsTheFilesAsTheyAre) {
  const ScratchFolder folder;
  const std::string first = encode_jpeg(9, 5, std::vector<uint8_t>(size_t{9} * 5 * 3, 10));
  const std::string second = encode_jpeg(4, 30, std::vector<uint8_t>(size_t{4} * 30 * 3, 200));
  folder.write("in/a/1.jpg", first);
  folder.write("in/b/2.jpg", second);
  const FileSetPtr data = read_class_folder(folder / "in").value();
  const PackReport report =
      pack_data(*data, folder / "e.fpack", {.form = PackForm::kEncoded}).value();
  EXPECT_EQ(report.height, 0);
  const DatasetPtr pack = open_data(folder / "e.fpack", "", {}).value();
  EXPECT_EQ(pack->encoded(0).value(), first);
  EXPECT_EQ(pack->encoded(1).value(), second);
  EXPECT_EQ(pack->picture(1).value(), data->picture(1).value());
  EXPECT_EQ(pack->label(1), 1);
  EXPECT_EQ(pack->file_name(1), "b/2.jpg");
  EXPECT_EQ(
      pack_data(*data, folder / "f.fpack", {.side = 8, .form = PackForm::kEncoded}).error().kind,
      ErrorKind::kUsage);
  EXPECT_THAT(
      pack_data(*made_of({{filled(1), 0, "x"}}), folder / "g.fpack", {.form = PackForm::kEncoded})
          .error()
          .message(),
      HasSubstr("has no file of its own (x"));
}

}  // namespace
}  // namespace fovea
