#include "report/page.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "report/chart.h"
#include "report/style.h"

namespace fovea::report {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Files : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "report-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root = name;
  }
  void TearDown() override { std::filesystem::remove_all(root); }
  [[nodiscard]] std::string text_of(const std::string& file) const {
    std::ifstream in(root / "out" / file);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  std::filesystem::path root;
};

Page one_figure() {
  Figure figure{.name = "curve",
                .svg = draw(Chart{.title = "t", .series = {{.points = {{.x = 1, .y = 2}}}}}),
                .csv = "x,y\n1,2\n"};
  return {.title = "A & B", .sections = {{.id = "s", .title = "S", .figures = {figure}}}};
}

TEST_F(Files, StandBesideThePage) {
  const std::string folder = (root / "out").string();
  ASSERT_TRUE(write_files(one_figure(), "{}", folder, Overwrite::kRefuse).ok());
  EXPECT_EQ(text_of("report.json"), "{}\n");
  EXPECT_EQ(text_of("curve.csv"), "x,y\n1,2\n");
  EXPECT_THAT(text_of("curve.svg"), StartsWith("<svg xmlns"));
  EXPECT_THAT(text_of("curve.svg"), HasSubstr("<style>"));
  EXPECT_EQ(write_files(one_figure(), "{}", folder, Overwrite::kRefuse).error().kind,
            ErrorKind::kCannotWrite);
  EXPECT_TRUE(write_files(one_figure(), "{}", folder, Overwrite::kAllow).ok());
}

TEST_F(Files, NeedAPlace) {
  const auto status =
      write_files(one_figure(), "{}", (root / "no" / "out").string(), Overwrite::kRefuse);
  EXPECT_EQ(status.error().kind, ErrorKind::kCannotWrite);
}

TEST(Html, IsOnePageWithItsStyle) {
  const std::string text = html(one_figure());
  EXPECT_THAT(text, StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(text, HasSubstr("<title>A &amp; B</title>"));
  EXPECT_THAT(text, HasSubstr("prefers-color-scheme:dark"));
  EXPECT_THAT(text, HasSubstr("<figure id=\"figure-curve\">"));
}

TEST(ExitClass, RunsFromFirstToLastColour) {
  EXPECT_EQ(exit_class(0, 3), "x0");
  EXPECT_EQ(exit_class(1, 3), "x4");
  EXPECT_EQ(exit_class(2, 3), "x8");
  EXPECT_EQ(exit_class(0, 1), "x8");
  EXPECT_EQ(exit_class(20, 40), "x4");
}

}  // namespace
}  // namespace fovea::report
