// Policies: their JSON form, and what they mean for a network.
#include "fovea/policy.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "graph/cost.h"
#include "networks.h"

namespace fovea {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;

/// Four exits, each 120 multiply-adds behind the one before.
Graph four_exits() {
  Builder b("four");
  ValueHandle x = b.input("input", {10});
  for (int e = 0; e < 4; ++e) {
    x = b.linear("layer" + std::to_string(e), x, {.features = 10});
    b.exit(b.linear("head" + std::to_string(e), x, {.features = 2}));
  }
  return b.finish();
}

Result<Trace> load_trace(const std::string& path) {
  if (path == "missing") return ErrorInfo{.kind = ErrorKind::kBadInput, .what = "no such file"};
  Trace trace;
  trace.points["exit"] = Tensor::i64({3});
  trace.points["exit"].data<int64_t>()[1] = 2;
  return trace;
}

Policy parsed(std::string_view json) {
  Result<Policy> policy = parse_policy_json(json, load_trace);
  EXPECT_TRUE(policy.ok()) << policy.error().message();
  return policy.ok() ? policy.value() : Policy{};
}

std::string refused(std::string_view json) {
  const Result<Policy> policy = parse_policy_json(json, load_trace);
  if (policy.ok()) return "accepted";
  return policy.error().message() + " " + policy.error().hint;
}

std::string unfit(const Policy& policy, const Graph& graph = four_exits(), int64_t n = 0) {
  const Result<ResolvedPolicy> resolved = resolve(policy, graph, n);
  if (resolved.ok()) return "accepted";
  EXPECT_EQ(resolved.error().kind, ErrorKind::kUsage);
  return resolved.error().message() + " " + resolved.error().hint;
}

TEST(PolicyJson, HasTheDocumentedForms) {
  EXPECT_THAT(parsed(R"({"thresholds":[0.9,null,1e8]})").thresholds,
              ElementsAre(Optional(0.9F), std::nullopt, Optional(1e8F)));
  EXPECT_EQ(parsed(R"({"exit":3})").exit, 3);
  EXPECT_EQ(parsed(R"({"patience":2})").patience, 2);
  EXPECT_EQ(parsed(R"({"max_macs":30000000})").max_macs, 30000000);
  EXPECT_EQ(parsed(R"({"max_macs":3e7})").max_macs, 30000000);
  EXPECT_EQ(parsed(R"({"deadline_ms":5})").deadline_ms, 5);
  EXPECT_EQ(parsed(R"({"replay":"t.safetensors"})").replay->points.size(), 1U);
  const Policy points = parsed(R"({"points":{"a":{"threshold":0.5},"b":{"force":1}}})");
  EXPECT_EQ(points.points.at("a").threshold, 0.5F);
  EXPECT_EQ(points.points.at("b").force, 1);
  EXPECT_THAT(parsed("{}").thresholds, IsEmpty());
}

TEST(PolicyJson, ParsesBack) {
  for (const char* text :
       {R"({"thresholds":[0.5,null,100000000.0]})", R"({"exit":2,"max_macs":5,"patience":3})",
        R"({"deadline_ms":2.5})", R"({"points":{"a":{"force":1},"b":{"threshold":0.25}}})", "{}"}) {
    EXPECT_EQ(policy_to_json(parsed(text)), policy_to_json(parsed(policy_to_json(parsed(text)))));
  }
  // A float32 threshold comes back with the same bits.
  const float awkward = std::nextafter(0.7F, 1.0F);
  EXPECT_EQ(parsed(policy_to_json(Policy{.thresholds = {awkward}})).thresholds[0], awkward);
}

TEST(PolicyJson, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(refused("["), HasSubstr("no JSON object"));
  EXPECT_THAT(refused("[0.9]"), HasSubstr("no JSON object"));
  EXPECT_THAT(refused(R"({"treshold":[0.9]})"),
              AllOf(HasSubstr("unknown key 'treshold'"), HasSubstr("perhaps 'thresholds'")));
  EXPECT_THAT(refused(R"({"thresholds":0.9})"), HasSubstr("'thresholds' has the wrong type"));
  EXPECT_THAT(refused(R"({"thresholds":["a"]})"), HasSubstr("finite number or null"));
  EXPECT_THAT(refused(R"({"thresholds":[1e300]})"), HasSubstr("finite number or null"));
  EXPECT_THAT(refused(R"({"exit":1.5})"), HasSubstr("'exit' has the wrong type"));
  EXPECT_THAT(refused(R"({"patience":"much"})"), HasSubstr("'patience' has the wrong type"));
  EXPECT_THAT(refused(R"({"patience":1e300})"), HasSubstr("'patience' has the wrong type"));
  EXPECT_THAT(refused(R"({"patience":18446744073709551615})"), HasSubstr("wrong type"));
  EXPECT_THAT(refused(R"({"exit":-1})"), HasSubstr("no such exit"));
  EXPECT_THAT(refused(R"({"exit":18446744073709551615})"), HasSubstr("no such exit"));
  EXPECT_THAT(refused(R"({"max_macs":1e30})"), HasSubstr("wrong type"));
  EXPECT_THAT(refused(R"({"replay":"missing"})"), HasSubstr("no such file"));
  EXPECT_THAT(refused(R"({"points":{"a":{}}})"), HasSubstr("point 'a' is unclear"));
  EXPECT_THAT(refused(R"({"points":{"a":1}})"), HasSubstr("point 'a' is unclear"));
  EXPECT_THAT(refused(R"({"points":{"a":{"force":1,"treshold":2}}})"), HasSubstr("unclear"));
}

TEST(Resolve, WithoutAnythingAsksTheLastExitOnly) {
  const ResolvedPolicy resolved = resolve(Policy::last_exit(), four_exits()).value();
  EXPECT_THAT(resolved.asked, ElementsAre(3));
  EXPECT_THAT(every_exit(four_exits()).asked, ElementsAre(0, 1, 2, 3));
}

TEST(Resolve, AsksExitsWithThresholdsAndSkipsThoseSwitchedOff) {
  const ResolvedPolicy resolved =
      resolve({.thresholds = {0.9F, std::nullopt, 1e8F}}, four_exits()).value();
  EXPECT_THAT(resolved.asked, ElementsAre(0, 2, 3));
  EXPECT_THAT(resolved.thresholds,
              ElementsAre(Optional(0.9F), std::nullopt, Optional(1e8F), std::nullopt));
}

TEST(Resolve, TakesTheOfficialRulesThresholdOfTheLastExitAsWell) {
  const ResolvedPolicy resolved =
      resolve({.thresholds = {0.9F, 0.8F, 0.7F, -1e8F}}, four_exits()).value();
  EXPECT_THAT(resolved.asked, ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(resolved.thresholds[3], std::nullopt);
}

TEST(Resolve, CombinesThresholdsWithAnExit) {
  const ResolvedPolicy resolved =
      resolve({.thresholds = {0.9F, 0.8F, 0.7F}, .exit = 2}, four_exits()).value();
  EXPECT_THAT(resolved.asked, ElementsAre(0, 1, 2));
  EXPECT_EQ(resolved.thresholds[2], std::nullopt);
}

TEST(Resolve, ACapTakesTheLastExitWithinIt) {
  const Graph graph = four_exits();
  const std::vector<ExitCost> costs = exit_costs(graph);
  EXPECT_THAT(resolve({.max_macs = costs[2].macs_needed}, graph).value().asked, ElementsAre(2));
  EXPECT_THAT(resolve({.max_macs = costs[2].macs_needed - 1}, graph).value().asked, ElementsAre(1));
  EXPECT_THAT(resolve({.max_macs = INT64_MAX}, graph).value().asked, ElementsAre(3));
  EXPECT_THAT(unfit({.max_macs = costs[0].macs_needed - 1}),
              AllOf(HasSubstr("below the first exit"), HasSubstr("at least 120")));
}

TEST(Resolve, PatienceAsksEveryExitOrThoseWithThresholds) {
  const ResolvedPolicy all = resolve({.patience = 2}, four_exits()).value();
  EXPECT_THAT(all.asked, ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(all.patience, 2);
  EXPECT_THAT(resolve({.patience = 2, .exit = 2}, four_exits()).value().asked,
              ElementsAre(0, 1, 2));
  const Policy some{.thresholds = {1e8F, std::nullopt, 0.5F}, .patience = 2};
  EXPECT_THAT(resolve(some, four_exits()).value().asked, ElementsAre(0, 2, 3));
}

TEST(Resolve, RefusesAPatienceUnderWhichNobodyCanLeaveEarly) {
  for (const int patience : {-1, 0, 1, 4, 1000}) {
    EXPECT_THAT(
        unfit({.patience = patience}),
        HasSubstr("expected 2 to 3 of the 4 exits asked; found " + std::to_string(patience)));
  }
  EXPECT_THAT(unfit({.patience = 3, .exit = 2}), HasSubstr("expected 2 to 2 of the 3"));
  EXPECT_THAT(unfit({.patience = 2, .exit = 1}),
              HasSubstr("expected a policy that asks at least 3 exits; found 2 asked"));
}

TEST(Resolve, AReplayDoesNotAskForPatience) {
  const Policy policy{.patience = 2, .replay = std::make_shared<Trace>(load_trace("").value())};
  const ResolvedPolicy resolved = resolve(policy, four_exits(), 3).value();
  EXPECT_THAT(resolved.asked, ElementsAre(0, 2));
  EXPECT_EQ(resolved.patience, 0);
}

TEST(Resolve, ADeadlineAsksEveryExit) {
  EXPECT_THAT(resolve({.deadline_ms = 1}, four_exits()).value().asked, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(unfit({.deadline_ms = -1}), HasSubstr("deadline"));
  EXPECT_THAT(unfit({.deadline_ms = std::numeric_limits<double>::quiet_NaN()}),
              HasSubstr("deadline"));
}

TEST(Resolve, AReplayAsksTheExitsThatItNames) {
  const Policy policy = parsed(R"({"replay":"t.safetensors"})");
  EXPECT_THAT(resolve(policy, four_exits()).value().asked, ElementsAre(0, 2));
  EXPECT_EQ(unfit(policy, four_exits(), 3), "accepted");
  EXPECT_THAT(unfit(policy, four_exits(), 4), AllOf(HasSubstr("does not fit"), HasSubstr("[4]")));
  Trace wrong = *policy.replay;
  wrong.points["exit"].data<int64_t>()[0] = 4;
  EXPECT_THAT(unfit({.replay = std::make_shared<Trace>(wrong)}), HasSubstr("0 to 3"));
  wrong.points["exit"] = Tensor::f32({3});
  EXPECT_THAT(unfit({.replay = std::make_shared<Trace>(wrong)}), HasSubstr("I64 [N]"));
}

TEST(Resolve, RefusesWhatDoesNotFitTheNetwork) {
  EXPECT_THAT(unfit({.thresholds = {0.1F, 0.2F}}), HasSubstr("fewer thresholds than exits"));
  EXPECT_THAT(unfit({.thresholds = {0.1F, 0.2F, 0.3F, 0.4F, 0.5F}}),
              HasSubstr("more thresholds than exits"));
  EXPECT_THAT(unfit({.thresholds = {0.1F, 0.2F, std::numeric_limits<float>::infinity()}}),
              HasSubstr("finite"));
  EXPECT_THAT(unfit({.exit = 4}), AllOf(HasSubstr("no such exit"), HasSubstr("0 to 3")));
  EXPECT_THAT(unfit({.exit = -1}), HasSubstr("no such exit"));
}

TEST(Resolve, ChecksDecisionPoints) {
  const Graph graph = routed_network();
  EXPECT_EQ(unfit({.points = {{"gate", {.threshold = 0.5F}}}}, graph), "accepted");
  EXPECT_EQ(unfit({.points = {{"gate", {.force = 1}}}}, graph), "accepted");
  EXPECT_THAT(unfit({.points = {{"gat", {.force = 1}}}}, graph),
              AllOf(HasSubstr("no decision point 'gat'"), HasSubstr("perhaps 'gate'")));
  EXPECT_THAT(unfit({.points = {{"gate", {.force = 2}}}}, graph), HasSubstr("0 to 1"));
  EXPECT_THAT(unfit({.points = {{"head0", {.force = 0}}}}, graph), HasSubstr("no decision point"));
}

}  // namespace
}  // namespace fovea
