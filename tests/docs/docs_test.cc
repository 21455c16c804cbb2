// What the documentation shows is what is compiled, parsed and listed.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "fovea/graph.h"
#include "graph/op_def.h"

namespace fovea {
namespace {

std::string content(const std::string& path) {
  std::ifstream file(FOVEA_SOURCE_DIR "/" + path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

struct FencedBlock {
  std::string info;  ///< what stands behind the three backticks
  std::string text;
};

std::vector<FencedBlock> blocks_of(const std::string& page) {
  std::vector<FencedBlock> blocks;
  const std::string text = "\n" + content(page);
  size_t at = 0;
  while ((at = text.find("\n```", at)) != std::string::npos) {
    const size_t line_end = text.find('\n', at + 4);
    const size_t end = text.find("\n```\n", line_end);
    EXPECT_NE(end, std::string::npos) << page << ": a block does not end";
    if (end == std::string::npos) break;
    blocks.push_back(
        {text.substr(at + 4, line_end - at - 4), text.substr(line_end + 1, end - line_end)});
    at = end + 4;
  }
  return blocks;
}

class Page : public testing::TestWithParam<std::string> {};

TEST_P(Page, ShowsExamplesAsTheyAreCompiled) {
  int n = 0;
  for (const FencedBlock& block : blocks_of(GetParam())) {
    if (!block.info.starts_with("cpp examples/")) continue;
    ++n;
    const std::string path = block.info.substr(4);
    EXPECT_EQ(block.text, content(path)) << GetParam() << " and " << path << " differ";
  }
  EXPECT_GE(n, 3);
}

INSTANTIATE_TEST_SUITE_P(Docs, Page,
                         testing::Values("docs/adding-a-network.md", "docs/adding-an-operator.md"),
                         [](const auto& each) {
                           std::string name = each.param.substr(5);
                           name.resize(name.size() - 3);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(GraphTextPage, ShowsANetworkAsItIsWritten) {
  int n = 0;
  for (const FencedBlock& block : blocks_of("docs/graph-text.md")) {
    if (block.info != "text network") continue;
    ++n;
    const Result<Graph> graph = parse_graph(block.text, "docs/graph-text.md");
    ASSERT_TRUE(graph.ok()) << graph.error().message();
    EXPECT_EQ(to_text(graph.value()), block.text);
  }
  EXPECT_EQ(n, 1);
}

TEST(GraphTextPage, ListsEveryOperatorWithItsAttributesAndDefaults) {
  const std::string page = content("docs/graph-text.md");
  for (const OpDef* op : all_ops()) {
    const size_t begin = page.find("\n| `" + std::string(op->name) + "` |");
    ASSERT_NE(begin, std::string::npos) << op->name << " has no row";
    const std::string row = page.substr(begin + 1, page.find('\n', begin + 1) - begin - 1);
    for (const AttributeDoc& doc : op->attributes()->docs()) {
      const size_t name = row.find("`" + std::string(doc.name) + "`");
      ASSERT_NE(name, std::string::npos) << op->name << " " << doc.name;
      const std::string stated = "(" + doc.default_text;
      EXPECT_NE(row.find(stated, name), std::string::npos)
          << op->name << ": default of " << doc.name << " is " << doc.default_text;
    }
  }
}

}  // namespace
}  // namespace fovea
