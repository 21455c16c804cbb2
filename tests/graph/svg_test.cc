// The drawing: well-formed for any graph, and everything that matters is in it.
#include "graph/svg.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "graph/svg_layout.h"
#include "networks.h"

namespace fovea {
namespace {

using drawing::Column;
using drawing::ColumnKind;
using drawing::layout_of;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// True where every element is closed in order and attribute values hold no bare < or &.
bool is_well_formed(std::string_view xml) {
  std::vector<std::string> open;
  size_t at = 0;
  while ((at = xml.find('<', at)) != std::string_view::npos) {
    const size_t end = xml.find('>', at);
    if (end == std::string_view::npos) return false;
    const std::string_view tag = xml.substr(at + 1, end - at - 1);
    if (tag.find('<') != std::string_view::npos) return false;
    at = end + 1;
    if (tag.starts_with("/")) {
      if (open.empty() || open.back() != tag.substr(1)) return false;
      open.pop_back();
    } else if (!tag.ends_with("/")) {
      open.emplace_back(tag.substr(0, tag.find(' ')));
    }
  }
  for (size_t amp = xml.find('&'); amp != std::string_view::npos; amp = xml.find('&', amp + 1)) {
    const std::string_view rest = xml.substr(amp, 6);
    if (!rest.starts_with("&lt;") && !rest.starts_with("&gt;") && !rest.starts_with("&amp;") &&
        !rest.starts_with("&quot;")) {
      return false;
    }
  }
  return open.empty();
}

Graph chain(int n_scopes, int n_exits) {
  Builder b("chain");
  ValueHandle x = b.input("input", {4, 8, 8});
  for (int i = 0; i < n_scopes; ++i) {
    const auto scope = b.scope("stage", i);
    x = b.relu("relu", b.conv2d("conv", x, {.channels = 4}));
  }
  for (int e = 0; e < n_exits; ++e) {
    ValueHandle logits;
    {
      const auto scope = b.scope("head", e);
      logits = b.linear("linear", b.mean_hw("mean", x), {.features = 3});
    }
    b.exit(logits);
  }
  return b.finish();
}

TEST(Svg, IsWellFormedAndShowsExitsRoutesAndBodies) {
  const std::string svg = to_svg(routed_network());
  EXPECT_TRUE(is_well_formed(svg));
  EXPECT_THAT(
      svg, AllOf(HasSubstr(">routed<"), HasSubstr(">exit 0<"), HasSubstr(">exit 1<"),
                 HasSubstr(">route combine=residual<"), HasSubstr(">more<"), HasSubstr(">gate<")));
}

TEST(Svg, EscapesNames) {
  Builder b("a<b>&\"c\"\n");
  b.exit(b.relu("</svg><script>", b.input("in & out", {4})));
  const std::string svg = to_svg(b.finish());
  EXPECT_TRUE(is_well_formed(svg));
  EXPECT_THAT(svg, Not(HasSubstr("<script>")));
}

TEST(Svg, DrawsNetworksWithoutWork) {
  const Result<Graph> graph =
      parse_graph(graph_text("input x [6]\na = slice(x) begin=0 end=3\ne0 = exit(a)\n"
                             "b = slice(x) begin=3 end=6\ne1 = exit(b)\n"),
                  "t");
  ASSERT_TRUE(graph.ok());
  EXPECT_TRUE(is_well_formed(to_svg(graph.value())));
}

TEST(Svg, StaysReadableForManyNodesWithoutScopes) {
  Builder b("long");
  ValueHandle x = b.input("input", {4, 8, 8});
  for (int i = 0; i < 400; ++i) x = b.conv2d("conv" + std::to_string(i), x, {.channels = 4});
  b.exit(b.mean_hw("mean", x));
  const Graph graph = b.finish();
  EXPECT_LE(layout_of(graph).columns.size(), 80U);
  EXPECT_TRUE(is_well_formed(to_svg(graph)));
}

TEST(SvgLayout, HasAColumnForEachScopeAndHead) {
  const drawing::Layout layout = layout_of(chain(12, 2));
  std::vector<std::string> labels;
  for (const Column& column : layout.columns) labels.push_back(column.label);
  EXPECT_EQ(labels.size(), 14U);
  EXPECT_EQ(labels.front(), "stage.0");
  EXPECT_EQ(layout.columns.back().kind, ColumnKind::kHead);
  EXPECT_EQ(layout.columns.back().exit, 1);
  EXPECT_EQ(layout.columns.back().macs, 12);
  EXPECT_EQ(layout.exit_macs[1], 12 * 4 * 8 * 8 * 4 + 24);
}

TEST(SvgLayout, HasARowForEachResolution) {
  Builder b("pyramid");
  ValueHandle x = b.input("input", {3, 16, 16});
  for (int i = 0; i < 3; ++i) {
    x = b.conv2d("conv" + std::to_string(i), x,
                 {.channels = 4, .kernel = {3, 3}, .stride = {2, 2}, .pad = Padding::all(1)});
  }
  b.exit(b.linear("fc", b.mean_hw("mean", x), {.features = 2}));
  EXPECT_THAT(layout_of(b.finish()).rows, testing::ElementsAre("16×16", "8×8", "4×4", "2×2"));
}

TEST(SvgLayout, SplitsAScopeThatWorksAtTwoResolutions) {
  Builder b("two");
  const ValueHandle x = b.input("input", {3, 8, 8});
  ValueHandle low;
  ValueHandle high;
  {
    const auto scope = b.scope("block");
    low = b.conv2d("low", x, {.channels = 2, .stride = {2, 2}});
    high = b.conv2d("high", x, {.channels = 2});
  }
  b.exit(b.add("sum", b.mean_hw("a", low), b.mean_hw("b", high)));
  const drawing::Layout layout = layout_of(b.finish());
  ASSERT_EQ(layout.columns[0].label, "block");
  ASSERT_EQ(layout.columns[0].cells.size(), 2U);
  EXPECT_EQ(layout.columns[0].cells[0].macs, 2 * 3 * 8 * 8);
  EXPECT_EQ(layout.columns[0].cells[1].macs, 2 * 3 * 4 * 4);
}

TEST(SvgLayout, DrawsDecisionsAndRoutesAlone) {
  const drawing::Layout layout = layout_of(routed_network());
  const auto column = [&](ColumnKind kind) -> const Column& {
    return *std::find_if(layout.columns.begin(), layout.columns.end(),
                         [&](const Column& each) { return each.kind == kind; });
  };
  EXPECT_EQ(column(ColumnKind::kDecision).label, "gate");
  EXPECT_EQ(column(ColumnKind::kDynamic).label, "route");
  ASSERT_EQ(column(ColumnKind::kDynamic).bodies.size(), 1U);
  EXPECT_EQ(column(ColumnKind::kDynamic).bodies[0].macs, 4 * 8 * 8 * 4 * 9);
  EXPECT_EQ(std::count_if(layout.edges.begin(), layout.edges.end(),
                          [](const drawing::Edge& edge) { return edge.decision; }),
            1);
}

}  // namespace
}  // namespace fovea
