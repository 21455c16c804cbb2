#include "data/codecs/listed_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "data/codecs/decode.h"
#include "data/codecs/file_set.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class ListedFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    root = testing::TempDir() + "fovea-listed-" +
           testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(root);
    fs::create_directories(root);
  }
  void TearDown() override { fs::remove_all(root); }
  void list(const std::string& text) const {
    ASSERT_TRUE(write_file(root + "/list.csv", text, Overwrite::kAllow).ok());
  }
  std::string error_of(const std::string& text) const {
    list(text);
    const auto data = read_listed_folder(root);
    return data.ok() ? "no error" : data.error().message();
  }
  std::string root;
};

TEST_F(ListedFolderTest, ReadsColumnsByTheirNames) {
  list("class,file,more,label\r\ncat,a.png,1,2\r\ndog,b.png,2,0\n");
  const DatasetPtr data = read_listed_folder(root).value();
  EXPECT_EQ(data->size(), 2);
  EXPECT_THAT(data->class_names(), ElementsAre("dog", "1", "cat"));
  EXPECT_EQ(data->label(0), 2);
  EXPECT_EQ(data->file_name(1), "b.png");
  EXPECT_FALSE(data->picture(0).ok());
}

TEST_F(ListedFolderTest, ReadsItsPictures) {
  Picture picture(3, 2);
  picture.row(1)[4] = 200;
  ASSERT_TRUE(write_file(root + "/a.png", encode_png(picture.view()), Overwrite::kAllow).ok());
  list("file,label,class\na.png,0,cat\n");
  EXPECT_EQ(read_listed_folder(root).value()->picture(0).value(), picture);
}

TEST_F(ListedFolderTest, ErrorsNameTheLine) {
  const std::string head = "file,label,class\n";
  EXPECT_THAT(error_of("file,label\na,0\n"), HasSubstr("list.csv:1"));
  EXPECT_THAT(error_of(head + "a.png,0,x\nb.png\n"), HasSubstr("list.csv:3"));
  EXPECT_THAT(error_of(head + "a.png,-1,x\n"), HasSubstr("class number"));
  EXPECT_THAT(error_of(head + "a.png,99999999,x\n"), HasSubstr("class number"));
  EXPECT_THAT(error_of(head + "../a.png,0,x\n"), HasSubstr("not inside the folder"));
  EXPECT_THAT(error_of(head + "/a.png,0,x\n"), HasSubstr("not inside the folder"));
  EXPECT_THAT(error_of(head + "a.png,0,x\nb.png,0,y\n"), HasSubstr("two names"));
  EXPECT_THAT(error_of(head), HasSubstr("empty"));
  EXPECT_THAT(error_of(""), HasSubstr("empty"));
}

TEST_F(ListedFolderTest, IsOpenedByItsNameAndHeldOutOf) {
  list("file,label,class\na.png,0,cat\nb.png,0,cat\nc.png,1,dog\nd.png,1,dog\n");
  EXPECT_EQ(open_data(root, "", {}).value()->size(), 4);
  EXPECT_EQ(open_data(root, "train", {}).value()->size(), 4);
  EXPECT_EQ(open_data(root, "val", {}, {.count = 1}).value()->size(), 1);
  EXPECT_THAT(open_data(root, "test", {}).error().message(), HasSubstr("no split 'test'"));
}

TEST_F(ListedFolderTest, LabelsThatAreLeftOutAreAFinding) {
  list("file,label,class\na.png,0,x\nb.png,5,y\n");
  const std::vector<DataFinding> findings = read_listed_folder(root).value()->findings();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].weight, DataFinding::Weight::kFault);
  EXPECT_THAT(findings[0].text, HasSubstr("no picture has label 1, 2, 3, 4"));
  list("file,label,class\na.png,0,x\nb.png,1,y\n");
  EXPECT_TRUE(read_listed_folder(root).value()->findings().empty());
}

}  // namespace
}  // namespace fovea
