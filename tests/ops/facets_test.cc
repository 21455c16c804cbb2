// What ops.def promises, every operator keeps.
#include <gmock/gmock.h>

#include <set>

#include "graph/op_def.h"
#include "ops/facet_ref.h"

namespace fovea {
namespace {

TEST(Operators, AreCompletelyDefined) {
  std::set<std::string_view> names;
  ASSERT_FALSE(all_ops().empty());
  for (const OpDef* op : all_ops()) {
    EXPECT_TRUE(names.insert(op->name).second) << op->name;
    EXPECT_FALSE(op->summary.empty()) << op->name;
    EXPECT_NE(op->infer, nullptr) << op->name;
    EXPECT_NE(op->attributes, nullptr) << op->name;
    EXPECT_FALSE(op->inputs.empty()) << op->name;
    EXPECT_EQ(find_op(op->name), op);
    for (const AttributeDoc& doc : op->attributes()->docs()) {
      EXPECT_FALSE(doc.doc.empty()) << op->name << " " << doc.name;
    }
  }
}

TEST(Operators, HaveAReferenceButForExits) {
  for (const OpDef* op : all_ops()) {
    EXPECT_EQ(find_ref_op(op->name) == nullptr, op->name == "exit") << op->name;
  }
}

TEST(Operators, AreNotFoundUnderOtherNames) {
  EXPECT_EQ(find_op("conv3d"), nullptr);
  EXPECT_EQ(find_ref_op("conv3d"), nullptr);
}

}  // namespace
}  // namespace fovea
