#include "app/listed_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "data/codecs/decode.h"

namespace fovea::app {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class ListedFolder : public testing::Test {
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

TEST_F(ListedFolder, ReadsColumnsByTheirNames) {
  list("class,file,more,label\r\ncat,a.png,1,2\r\ndog,b.png,2,0\n");
  const DatasetPtr data = read_listed_folder(root).value();
  EXPECT_EQ(data->size(), 2);
  EXPECT_THAT(data->class_names(), ElementsAre("dog", "1", "cat"));
  EXPECT_EQ(data->label(0), 2);
  EXPECT_EQ(data->file_name(1), "b.png");
  EXPECT_FALSE(data->picture(0).ok());
}

TEST_F(ListedFolder, ReadsItsPictures) {
  Picture picture(3, 2);
  picture.row(1)[4] = 200;
  ASSERT_TRUE(write_file(root + "/a.png", encode_png(picture.view()), Overwrite::kAllow).ok());
  list("file,label,class\na.png,0,cat\n");
  EXPECT_EQ(read_listed_folder(root).value()->picture(0).value(), picture);
}

TEST_F(ListedFolder, ErrorsNameTheLine) {
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

TEST_F(ListedFolder, IsFoundWhereDataIsLookedUp) {
  list("file,label,class\na.png,0,cat\n");
  const fs::path path(root);
  EXPECT_EQ(find_listed_folder(root, "test", {}), root);
  const FindOptions options{.environment = path.parent_path().string()};
  EXPECT_TRUE(find_listed_folder(path.filename().string(), "", options).has_value());
  EXPECT_FALSE(find_listed_folder("absent", "", options).has_value());
}

}  // namespace
}  // namespace fovea::app
