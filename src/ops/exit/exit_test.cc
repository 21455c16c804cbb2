#include "ops/exit/exit.h"

#include "op_testing.h"

namespace fovea {
namespace {

using testing::HasSubstr;

TEST(Exit, HasNoOutputAndCostsNothing) {
  const OpUnderTest op("exit(a) metric=margin", {{1}});
  EXPECT_EQ(op.view().n_outputs(), 0);
  EXPECT_EQ(op.cost(), Cost{});
  EXPECT_EQ(op.view().attributes<Exit>().metric, Metric::kMargin);
}

TEST(Exit, NamesLogitsThatAreNoVector) {
  EXPECT_THAT(op_error("exit(a)", {{10, 1, 1}}), HasSubstr("expected [C]; found inputs [10,1,1]"));
  EXPECT_THAT(op_error("exit(a) metric=surprise", {{10}}), HasSubstr("max_softmax"));
}

TEST(Exit, HasATemperatureAboveZero) {
  const OpUnderTest op("exit(a) temperature=1.5", {{1}});
  EXPECT_EQ(op.view().attributes<Exit>().scoring(), (Scoring{Metric::kMaxSoftmax, 1.5F}));
  for (const char* bad : {"0", "-1", "1e-300", "1e300"}) {
    EXPECT_THAT(op_error(std::string("exit(a) temperature=") + bad, {{1}}),
                HasSubstr("a finite number above 0"))
        << bad;
  }
}

TEST(Exit, HasAsManyClassesAsTheOthers) {
  EXPECT_THAT(op_error("exit(a)", {{10}}), HasSubstr("exits with different numbers of classes"));
}

TEST(Exit, StandsInTheMainBlockOnly) {
  const std::string text =
      "route(b, a) combine=residual {\n body yes(x0 [1]) {\n exit.1 = exit(x0)\n return x0\n "
      "}\n}\n";
  const auto graph =
      parse_graph("fovea-graph 1\ngraph g\nops exit@1\ninput a [1]\nb = decide(a)\nc = " + text +
                      "exit.0 = exit(a)\n",
                  "test");
  ASSERT_FALSE(graph.ok());
  EXPECT_THAT(graph.error().message(), HasSubstr("an exit inside a body"));
}

}  // namespace
}  // namespace fovea
