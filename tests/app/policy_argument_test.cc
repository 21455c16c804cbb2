#include "app/policy_argument.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "eval/scores_graph.h"

namespace fovea::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Thresholds = std::vector<std::optional<float>>;

Model four_exits() {
  Model model{.graph = scores_graph(4, 3)};
  model.policies["easy"] = R"({"thresholds":[0.1,0.2,0.3]})";
  model.policies["broken"] = "{";
  return model;
}

std::optional<Policy> policy_of(const std::vector<std::string>& words,
                                const Model& model = four_exits()) {
  return policy_from(Arguments::parse("run", policy_options(), words), model);
}

ErrorInfo error_of(const std::vector<std::string>& words) {
  try {
    (void)policy_of(words);
  } catch (const Error& error) {
    return error.info();
  }
  ADD_FAILURE() << "no error for " << words[0];
  return {};
}

TEST(Thresholds, OneStandsForAllExitsButTheLast) {
  EXPECT_EQ(parse_thresholds("0.9", 4).value(), (Thresholds{0.9F, 0.9F, 0.9F}));
  EXPECT_EQ(parse_thresholds("0.9", 1).value(), Thresholds{});
}

TEST(Thresholds, DashSwitchesAnExitOff) {
  EXPECT_EQ(parse_thresholds("0,-,1", 4).value(), (Thresholds{0.0F, std::nullopt, 1.0F}));
}

TEST(Thresholds, RefusesWhatIsNoShareOfOne) {
  for (const char* bad : {"1.5", "-0.1", "nan", "many", "", "0.5,", "inf", "1e999", "0x1", " 0.5",
                          "0.5,0.5", "0.1,0.1,0.1,0.1"}) {
    const auto got = parse_thresholds(bad, 4);
    ASSERT_FALSE(got.ok()) << bad;
    EXPECT_EQ(got.error().kind, ErrorKind::kUsage);
  }
}

TEST(PolicyOptions, NothingGivenIsNoPolicy) {
  EXPECT_FALSE(policy_of({}));
  EXPECT_TRUE(policy_or_default(Arguments::parse("run", policy_options(), {}), four_exits())
                  .thresholds.empty());
}

TEST(PolicyOptions, TakesUnits) {
  EXPECT_EQ(policy_of({"--deadline", "1.5s"})->deadline_ms, 1500);
  EXPECT_EQ(policy_of({"--exit", "2"})->exit, 2);
  EXPECT_EQ(error_of({"--max-macs", "-1k"}).kind, ErrorKind::kUsage);
  EXPECT_EQ(error_of({"--max-macs", "lots"}).kind, ErrorKind::kUsage);
  EXPECT_EQ(error_of({"--deadline", "soon"}).kind, ErrorKind::kUsage);
  EXPECT_EQ(error_of({"--deadline", "-1"}).kind, ErrorKind::kUsage);
}

TEST(PolicyOptions, ExitMustExist) {
  for (const char* bad : {"4", "-1", "x", "1.0", "99999999999999999999"}) {
    const ErrorInfo error = error_of({"--exit", bad});
    EXPECT_EQ(error.kind, ErrorKind::kUsage);
    EXPECT_THAT(error.message(), HasSubstr("0 to 3"));
  }
}

TEST(PolicyOptions, PatienceFitsTheExitsAsked) {
  EXPECT_EQ(policy_of({"--patience", "3"})->patience, 3);
  EXPECT_EQ(policy_of({"--patience", "3", "--policy", R"({"patience":2})"})->patience, 2);
  for (const char* bad : {"1", "0", "-2", "4", "5", "two", "2.5", ""}) {
    EXPECT_EQ(error_of({"--patience", bad}).kind, ErrorKind::kUsage) << bad;
  }
  EXPECT_EQ(error_of({"--patience", "2", "--exit", "1"}).kind, ErrorKind::kUsage);
  EXPECT_EQ(error_of({"--patience", "2", "--budget", "1M"}).kind, ErrorKind::kUsage);
}

TEST(PolicyOptions, JsonAllowsAnyFiniteThreshold) {
  const auto policy = policy_of({"--policy", R"({"thresholds":[0.9,null,1e8]})"});
  EXPECT_THAT(policy->thresholds, ElementsAre(0.9F, std::nullopt, 1e8F));
  EXPECT_EQ(error_of({"--policy", R"({"thresholds":[1e999,0,0]})"}).kind, ErrorKind::kUsage);
  EXPECT_EQ(error_of({"--policy", R"({"thresholds":[0.1]})"}).kind, ErrorKind::kUsage);
}

TEST(PolicyOptions, FindsStoredNamesAndSuggestsThem) {
  EXPECT_THAT(policy_of({"--policy", "easy"})->thresholds, ElementsAre(0.1F, 0.2F, 0.3F));
  EXPECT_EQ(error_of({"--policy", "eazy"}).hint, "perhaps 'easy'");
  EXPECT_EQ(error_of({"--policy", "eazy"}).kind, ErrorKind::kUsage);
  EXPECT_EQ(error_of({"--policy", "broken"}).kind, ErrorKind::kBadInput);
}

TEST(PolicyOptions, ReadsFiles) {
  const std::string path = testing::TempDir() + "policy_argument_test.json";
  ASSERT_TRUE(write_file(path, " {\"exit\":1}\n", Overwrite::kAllow).ok());
  EXPECT_EQ(policy_of({"--policy", path})->exit, 1);
  ASSERT_TRUE(write_file(path, "nothing", Overwrite::kAllow).ok());
  EXPECT_EQ(error_of({"--policy", path}).kind, ErrorKind::kBadInput);
  EXPECT_EQ(error_of({"--policy", path + ".absent.json"}).kind, ErrorKind::kBadInput);
  EXPECT_EQ(error_of({"--policy", R"({"replay":"absent.safetensors"})"}).kind,
            ErrorKind::kBadInput);
}

TEST(PolicyOptions, PartsCombineToTheFirstThatSaysSo) {
  const auto policy = policy_of({"--policy", R"({"thresholds":[0.5,null,0.2],"exit":3})",
                                 "--threshold", "-,0.7,0.4", "--exit", "2"});
  EXPECT_THAT(policy->thresholds, ElementsAre(0.5F, 0.7F, 0.2F));
  EXPECT_EQ(policy->exit, 2);
}

TEST(PolicyOptions, DefaultComesFromTheModel) {
  Model model = four_exits();
  model.policies["default"] = R"({"exit":1})";
  const auto nothing = Arguments::parse("predict", policy_options(), {});
  EXPECT_EQ(policy_or_default(nothing, model).exit, 1);
  model.policies["default"] = R"({"exit":9})";
  EXPECT_THROW((void)policy_or_default(nothing, model), Error);
}

}  // namespace
}  // namespace fovea::app
