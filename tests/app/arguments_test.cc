#include "app/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/error.h"

namespace fovea::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const OptionSpecs kSpecs{{"--input", "FILE", "", Takes::kOne},
                         {"--output", "FILE", "", Takes::kOne, "-o"},
                         {"--tap", "NAME", "", Takes::kMany},
                         {"--force", "", "", Takes::kNothing}};

Arguments parse(const std::vector<std::string>& words) {
  return Arguments::parse("run", kSpecs, words);
}

ErrorInfo error_of(const std::vector<std::string>& words) {
  try {
    (void)parse(words);
  } catch (const Error& error) {
    return error.info();
  }
  ADD_FAILURE() << "no error";
  return {};
}

TEST(Arguments, ReadsValuesInBothForms) {
  const Arguments a = parse({"m.fovea", "--input", "a b", "--output=c=d", "--force"});
  EXPECT_THAT(a.inputs(), ElementsAre("m.fovea"));
  EXPECT_EQ(a.value("--input"), "a b");
  EXPECT_EQ(a.value("--output"), "c=d");
  EXPECT_TRUE(a.has("--force"));
  EXPECT_FALSE(a.has("--tap"));
}

TEST(Arguments, ReadsLettersRepeatsAndTheEndOfOptions) {
  const Arguments a = parse({"-o", "x", "--tap", "p", "--tap", "q", "-", "--", "--input"});
  EXPECT_EQ(a.value("--output"), "x");
  EXPECT_THAT(a.values("--tap"), ElementsAre("p", "q"));
  EXPECT_THAT(a.inputs(), ElementsAre("-", "--input"));
}

TEST(Arguments, TakesValuesThatBeginWithADash) {
  EXPECT_EQ(parse({"--input", "-"}).value("--input"), "-");
  EXPECT_EQ(parse({"--input", "-0.5"}).value("--input"), "-0.5");
}

TEST(Arguments, NamesTheNearestOption) {
  const ErrorInfo error = error_of({"--inptu", "a"});
  EXPECT_EQ(error.kind, ErrorKind::kUsage);
  EXPECT_THAT(error.message(), HasSubstr("--inptu"));
  EXPECT_EQ(error.hint, "perhaps --input");
}

TEST(Arguments, RefusesMissingSurplusAndDoubleValues) {
  EXPECT_THAT(error_of({"--input"}).message(), HasSubstr("--input needs a value"));
  EXPECT_THAT(error_of({"--input", "--force"}).message(), HasSubstr("--input needs a value"));
  EXPECT_THAT(error_of({"--force=1"}).message(), HasSubstr("--force takes no value"));
  EXPECT_THAT(error_of({"--input", "a", "--input", "b"}).message(), HasSubstr("stands twice"));
}

TEST(Arguments, BoundsCounts) {
  EXPECT_EQ(parse({"--input", "30M"}).count("--input", 0, 1, 100'000'000), 30'000'000);
  EXPECT_EQ(parse({}).count("--input", 7, 1, 9), 7);
  for (const char* bad : {"0", "10", "x", "", "1.2.3", "nan"}) {
    EXPECT_THROW((void)parse({"--input", bad}).count("--input", 0, 1, 9), Error) << bad;
  }
}

TEST(Arguments, NamesWhatIsMissing) {
  try {
    (void)parse({}).needed("--output");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_THAT(error.info().expected, HasSubstr("-o FILE"));
  }
  EXPECT_THROW(parse({}).expect_inputs(1, 1, "one MODEL"), Error);
  EXPECT_THROW(parse({"a", "b"}).expect_inputs(1, 1, "one MODEL"), Error);
  EXPECT_NO_THROW(parse({"a"}).expect_inputs(1, 1, "one MODEL"));
}

}  // namespace
}  // namespace fovea::app
