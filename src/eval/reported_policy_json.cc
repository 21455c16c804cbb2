#include "eval/reported_policy_json.h"

#include "eval/anytime.h"
#include "eval/interval.h"

namespace fovea {

void write_policy(const ReportedPolicy& reported, nlohmann::ordered_json& to) {
  using Json = nlohmann::ordered_json;
  to["policy"] = Json::parse(policy_to_json(reported.policy));
  to["expected"] = Json();
  if (!reported.expected) return;
  const Expectation& expected = *reported.expected;
  const Interval share = wilson(expected.correct, expected.n);
  to["expected"] = {{"n", expected.n},
                    {"held_out", expected.held_out},
                    {"top1", *percent(expected.correct, expected.n)},
                    {"top1_low", 100 * share.low},
                    {"top1_high", 100 * share.high},
                    {reported.unit == CostUnit::kMs ? "ms" : "mean_macs", expected.cost}};
}

}  // namespace fovea
