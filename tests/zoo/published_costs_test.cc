// Every integer of the published cost tables.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "graph/cost.h"
#include "zoo/zoo.h"

namespace fovea {
namespace {

struct Row {
  int64_t exit = 0, ops = 0, params = 0, macs = 0, macs_single = 0;
};
struct Table {
  int64_t params = 0;
  std::vector<Row> rows;
};

std::map<std::string, Table> published() {
  std::ifstream file(FOVEA_SOURCE_DIR "/tests/golden/published_costs.txt");
  std::map<std::string, Table> tables;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) continue;
    std::istringstream words(line);
    std::string name;
    int64_t total = 0;
    Row row;
    words >> name >> total >> row.exit >> row.ops >> row.params >> row.macs >> row.macs_single;
    EXPECT_TRUE(words) << line;
    tables[name].params = total;
    tables[name].rows.push_back(row);
  }
  return tables;
}

TEST(PublishedCosts, ThereAre29Tables) { EXPECT_EQ(published().size(), 29U); }

class PublishedCosts : public testing::TestWithParam<std::pair<const std::string, Table>> {};

TEST_P(PublishedCosts, AreThoseOfTheGraph) {
  const auto& [name, table] = GetParam();
  const Graph graph = make_network(name);
  EXPECT_EQ(graph.name(), name);
  EXPECT_EQ(graph.n_params(), table.params);
  const std::vector<ExitCost> costs = exit_costs(graph);
  ASSERT_EQ(costs.size(), table.rows.size());
  for (size_t e = 0; e < costs.size(); ++e) {
    SCOPED_TRACE("exit " + std::to_string(e));
    EXPECT_EQ(table.rows[e].exit, static_cast<int64_t>(e));
    EXPECT_EQ(costs[e].ops, table.rows[e].ops);
    EXPECT_EQ(costs[e].params, table.rows[e].params);
    EXPECT_EQ(costs[e].macs, table.rows[e].macs);
    EXPECT_EQ(costs[e].macs_single, table.rows[e].macs_single);
    EXPECT_LE(costs[e].macs_single, costs[e].macs_needed);
    EXPECT_LE(costs[e].macs_needed, costs[e].macs);
  }
}

INSTANTIATE_TEST_SUITE_P(Tables, PublishedCosts, testing::ValuesIn(published()),
                         [](const auto& each) {
                           std::string name = each.param.first;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// 5.3: RANet finishes everything that stands before an exit; MSDNet need not finish fine scales.
TEST(CostOfAnExit, NeedsEverythingInRanetAndLessInMsdnet) {
  for (const ExitCost& cost : exit_costs(make_network("ranet-b1-cifar10"))) {
    EXPECT_EQ(cost.macs_needed, cost.macs);
  }
  EXPECT_LT(exit_costs(make_network("msdnet-even-b7-cifar10"))[0].macs_needed,
            exit_costs(make_network("msdnet-even-b7-cifar10"))[0].macs);
}

}  // namespace
}  // namespace fovea
