#include "data/core/cifar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "data/core/cifar_batch.h"
#include "data/core/find.h"
#include "support.h"

namespace fovea {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Looks below one folder only.
FindOptions under(const ScratchFolder& folder) {
  return {.root = "", .environment = folder.path(), .local = "/nowhere"};
}

std::string cifar_record(uint8_t label, uint8_t first) {
  std::string record(3073, '\0');
  record[0] = static_cast<char>(label);
  record[1] = static_cast<char>(first);  // red of the first pixel
  record[1 + 1024] = static_cast<char>(first + 1);
  record[1 + 2048 + 33] = static_cast<char>(first + 2);  // blue of row 1, column 1
  return record;
}

TEST(CifarBinary, ReadsRecordsIntoInterleavedPixels) {
  const ScratchFolder folder;
  const std::string inner = "cifar/cifar-10-batches-bin/";
  folder.write(inner + "batches.meta.txt", "airplane\nautomobile\n\n");
  for (int k = 1; k <= 5; ++k) {
    folder.write(inner + "data_batch_" + std::to_string(k) + ".bin",
                 cifar_record(static_cast<uint8_t>(k % 2), static_cast<uint8_t>(10 * k)));
  }
  folder.write(inner + "test_batch.bin", cifar_record(1, 200));
  const DataPlace place = find_data("cifar", "train", under(folder)).value();
  EXPECT_EQ(place.kind, PlaceKind::kCifar);
  const DatasetPtr train = open_without_codecs(place, {}).value();
  EXPECT_EQ(train->size(), 5);
  EXPECT_THAT(train->class_names(), ElementsAre("airplane", "automobile"));
  EXPECT_EQ(train->label(2), 1);
  EXPECT_EQ(train->file_name(2), "data_batch_3.bin#0");
  const Picture picture = train->picture(2).value();
  EXPECT_EQ(picture.pixels[0], 30);
  EXPECT_EQ(picture.pixels[1], 31);
  EXPECT_EQ(picture.pixels[3 * 33 + 2], 32);
  const DataPlace test = find_data("cifar", "test", under(folder)).value();
  EXPECT_EQ(open_without_codecs(test, {}).value()->size(), 1);
}

TEST(CifarBinary, OfTheTwoLabelsOfCifar100TheFineOneIsTaken) {
  const ScratchFolder folder;
  const std::string inner = "cifar100/cifar-100-binary/";
  folder.write(inner + "coarse_label_names.txt", "fruit\nanimals\n");
  folder.write(inner + "fine_label_names.txt", "apple\nbear\ncup\n");
  const auto both = [](uint8_t coarse, uint8_t fine, uint8_t first) {
    return std::string(1, static_cast<char>(coarse)) + cifar_record(fine, first);
  };
  folder.write(inner + "train.bin", both(1, 0, 10) + both(0, 2, 20));
  folder.write(inner + "test.bin", both(1, 1, 30));
  const DataPlace place = find_data("cifar100", "train", under(folder)).value();
  EXPECT_EQ(place.kind, PlaceKind::kCifar);
  const DatasetPtr train = open_without_codecs(place, {}).value();
  ASSERT_EQ(train->size(), 2);
  EXPECT_THAT(train->class_names(), ElementsAre("apple", "bear", "cup"));
  EXPECT_EQ(train->label(0), 0);
  EXPECT_EQ(train->label(1), 2);
  const Picture picture = train->picture(1).value();
  EXPECT_EQ(picture.pixels[0], 20);
  EXPECT_EQ(picture.pixels[1], 21);
  EXPECT_EQ(picture.pixels[3 * 33 + 2], 22);
  const DataPlace test = find_data("cifar100", "test", under(folder)).value();
  EXPECT_EQ(open_without_codecs(test, {}).value()->label(0), 1);
}

TEST(CifarBinary, ABatchThatWasCutBetweenPicturesIsNamed) {
  const ScratchFolder folder;
  folder.write("batches.meta.txt", "airplane\nautomobile\n");
  for (int k = 1; k <= 5; ++k) {
    const std::string record = cifar_record(0, static_cast<uint8_t>(k));
    folder.write("data_batch_" + std::to_string(k) + ".bin", k == 3 ? record : record + record);
  }
  folder.write("test_batch.bin", cifar_record(1, 200));
  EXPECT_THAT(read_cifar_folder(folder.path(), "train").error().message(),
              AllOf(HasSubstr("the training batches have different numbers of pictures"),
                    HasSubstr("data_batch_2.bin: 2, data_batch_3.bin: 1")));
  const std::vector<DataFinding> findings =
      read_cifar_folder(folder.path(), "test").value()->findings();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].weight, DataFinding::Weight::kRemark);
  EXPECT_THAT(findings[0].text, HasSubstr("1 pictures; the published archive has 10000"));
}

TEST(CifarBinary, DamagedFilesAreNamed) {
  const ScratchFolder folder;
  folder.write("fine_label_names.txt", "apple\n");
  folder.write("train.bin", std::string(3073, '\0'));
  EXPECT_THAT(read_cifar_folder(folder.path(), "train").error().message(),
              HasSubstr("train.bin; expected a multiple of 3074 bytes; found 3073"));
  std::string bad(3074, '\0');
  bad[1] = 1;
  folder.write("test.bin", bad);
  EXPECT_THAT(read_cifar_folder(folder.path(), "test").error().message(),
              HasSubstr("expected below 1; found 1 in record 0"));
  EXPECT_THAT(read_cifar_folder(folder.path(), "val").error().message(),
              HasSubstr("expected train or test; found val"));
}

/// What make_cifar_pickles.py wrote as pixels of a picture.
Picture formula(int number) {
  std::string planes;
  for (int i = 0; i < 3072; ++i) planes += static_cast<char>(number * 31 + i * 7 + i / 1024 * 50);
  return cifar_picture(planes);
}

const std::string kPickles = std::string(FOVEA_SOURCE_DIR) + "/tests/data/cifar";

TEST(CifarPickle, ReadsWhatPython2Wrote) {
  const DataPlace place = find_data(kPickles + "/cifar-10-batches-py", "train", {}).value();
  EXPECT_EQ(place.kind, PlaceKind::kCifar);
  const DatasetPtr train = open_without_codecs(place, {}).value();
  ASSERT_EQ(train->size(), 10);
  EXPECT_THAT(train->class_names(), ElementsAre("airplane", "automobile", "bird"));
  EXPECT_EQ(train->file_name(5), "data_batch_3#1");
  for (int64_t i = 0; i < 10; ++i) {
    EXPECT_EQ(train->picture(i).value(), formula(static_cast<int>(i) + 2)) << i;
    EXPECT_EQ(train->label(i), (i / 2 + 1 + i % 2) % 3) << i;
  }
  const DatasetPtr test = read_cifar_folder(kPickles + "/cifar-10-batches-py", "test").value();
  EXPECT_EQ(test->picture(1).value(), formula(13));
}

TEST(CifarPickle, ReadsWhatPython3WritesAndTakesTheFineLabels) {
  const DatasetPtr train = read_cifar_folder(kPickles + "/cifar-100-python", "train").value();
  ASSERT_EQ(train->size(), 3);
  EXPECT_THAT(train->class_names(), ElementsAre("apple", "bear", "cup", "dog"));
  EXPECT_EQ(train->label(0), 1);
  EXPECT_EQ(train->label(2), 3);
  EXPECT_EQ(train->picture(2).value(), formula(22));
  EXPECT_EQ(read_cifar_folder(kPickles + "/cifar-100-python", "test").value()->label(0), 2);
}

TEST(CifarPickle, ValidationIsHeldOutOfTraining) {
  const FindOptions find{.environment = kPickles, .local = "/nowhere"};
  const DataPlace place = find_data("cifar-10-batches-py", "val", find).value();
  EXPECT_EQ(place.origin, SplitOrigin::kHeldOutOfTrain);
  const DatasetPtr val = open_without_codecs(place, {.seed = 4, .count = 3}).value();
  const std::vector<int64_t> indices = hold_out(10, {.seed = 4, .count = 3}).val;
  ASSERT_EQ(val->size(), 3);
  for (int64_t i = 0; i < 3; ++i) {
    const int64_t whole = indices[static_cast<size_t>(i)];
    EXPECT_EQ(val->picture(i).value(), formula(static_cast<int>(whole) + 2));
  }
}

/// The message that a test batch gets after a change of its bytes.
std::string message_of(const std::string& from, const std::string& to) {
  std::string bytes = file_bytes(kPickles + "/cifar-10-batches-py/test_batch");
  const size_t at = bytes.find(from);
  EXPECT_NE(at, std::string::npos);
  bytes.replace(at, from.size(), to);
  std::vector<Sample> samples;
  const Status status =
      add_cifar_pickle(bytes, {.name = "b", .source = "test_batch", .n_classes = 3}, samples);
  return status.ok() ? "accepted" : status.error().message();
}

TEST(CifarPickle, DamageIsNamed) {
  using std::string_literals::operator""s;
  EXPECT_EQ(message_of("U\x02u1", "U\x02u1"), "accepted");
  EXPECT_THAT(message_of("U\x02u1",
                         "U\x02"
                         "f4"),
              HasSubstr("another type (test_batch; expected uint8; found f4)"));
  EXPECT_THAT(message_of("K\x02M\x00\x0c"s, "K\x03M\x00\x0c"s),
              HasSubstr("another shape (test_batch; expected [2,3072], a row for each label; found "
                        "[3,3072])"));
  EXPECT_THAT(message_of("labels", "labelz"),
              HasSubstr("lacks its list (test_batch; expected 'fine_labels' or 'labels'"));
  EXPECT_THAT(message_of("U\x04"
                         "data",
                         "U\x04"
                         "dats"),
              HasSubstr("has no 'data'"));
  EXPECT_THAT(message_of("K\x00K\x01\x65"s, "K\x00K\x07\x65"s),
              HasSubstr("a label has no class (test_batch; expected 0 to 2; found 7 in record 1)"));
  EXPECT_THAT(message_of("T\x00\x18\x00\x00"s, "T\x00\x17\x00\x00"s), HasSubstr("pickle"));
}

TEST(CifarPickle, ATruncatedBatchIsAnErrorAtEveryByte) {
  const std::string bytes = file_bytes(kPickles + "/cifar-100-python/test");
  for (size_t n = 0; n < bytes.size(); n += n < 400 ? 1 : 97) {
    std::vector<Sample> samples;
    const Status status = add_cifar_pickle(bytes.substr(0, n), {"b", "b", 4}, samples);
    ASSERT_FALSE(status.ok()) << n;
    EXPECT_EQ(status.error().kind, ErrorKind::kBadInput);
  }
}

TEST(CifarPickle, NothingIsCalled) {
  std::vector<Sample> samples;
  const Status status =
      add_cifar_pickle("cposix\nsystem\n(S'false'\ntR.", {"b", "evil", 4}, samples);
  EXPECT_THAT(status.error().message(), AllOf(HasSubstr("evil"), HasSubstr("posix.system")));
}

TEST(CifarFiles, AMissingFileIsNamed) {
  CifarFiles files;
  for (const char* name : {"data_batch_1", "batches.meta"}) {
    files[name] = file_bytes(kPickles + "/cifar-10-batches-py/" + name);
  }
  EXPECT_THAT(read_cifar_files(files, "train", "x.tar.gz").error().message(),
              HasSubstr("missing (x.tar.gz; expected data_batch_2)"));
  EXPECT_THAT(read_cifar_files({}, "train", "x.tar.gz").error().message(),
              HasSubstr("none of the official CIFAR archives (x.tar.gz"));
}

}  // namespace
}  // namespace fovea
