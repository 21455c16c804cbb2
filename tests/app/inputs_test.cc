#include "app/inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace fovea::app {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class Inputs : public testing::Test {
 protected:
  void SetUp() override {
    root = testing::TempDir() + "fovea-inputs \xc3\xa9 " +
           testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(root);
    for (const char* name : {"/b.png", "/a.JPG", "/sub/c.jpeg", "/notes.txt", "/odd[1].png"}) {
      fs::create_directories(fs::path(root + name).parent_path());
      std::ofstream(root + name) << "x";
    }
  }
  void TearDown() override { fs::remove_all(root); }

  std::vector<std::string> all(std::vector<std::string> words, const std::string& list = {}) const {
    std::FILE* file = std::tmpfile();
    std::fwrite(list.data(), 1, list.size(), file);
    std::rewind(file);
    InputFiles inputs(std::move(words), file);
    std::vector<std::string> out;
    while (auto each = inputs.next()) out.push_back(short_name(*each));
    std::fclose(file);
    return out;
  }
  [[nodiscard]] std::string short_name(const std::string& path) const {
    return path.starts_with(root + "/") ? path.substr(root.size() + 1) : path;
  }
  std::string root;
};

TEST_F(Inputs, FoldersGiveTheirPicturesInOrder) {
  EXPECT_THAT(all({root}), ElementsAre("a.JPG", "b.png", "odd[1].png", "sub/c.jpeg"));
}

TEST_F(Inputs, GlobsAreExpandedAndFilesComeFirst) {
  EXPECT_THAT(all({root + "/*.png"}), ElementsAre("b.png", "odd[1].png"));
  EXPECT_THAT(all({root + "/odd[1].png"}), ElementsAre("odd[1].png"));
  EXPECT_THAT(all({root + "/none*.png"}), ElementsAre("none*.png"));
}

TEST_F(Inputs, ListsAreReadWhereTheyStand) {
  EXPECT_THAT(all({"first", "-", "last"}, root + "/b.png\r\n\n" + root + "/sub\nend"),
              ElementsAre("first", "b.png", "sub/c.jpeg", "end", "last"));
  EXPECT_THAT(all({"-"}, ""), ElementsAre());
}

TEST_F(Inputs, WhatIsMissingIsGivenOut) {
  EXPECT_THAT(all({"/absent.png"}), ElementsAre("/absent.png"));
}

}  // namespace
}  // namespace fovea::app
