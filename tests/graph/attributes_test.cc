// Attribute structs: text, defaults, equality and documentation come from one list of fields.
#include "graph/attributes.h"

#include <gmock/gmock.h>

#include <limits>

#include "ops/builder.h"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Attributes, WriteOnlyWhatDiffersFromTheDefault) {
  const AttributesPtr plain = box_attributes(Conv2d{});
  EXPECT_THAT(plain->type().non_default(*plain), IsEmpty());
  const AttributesPtr other =
      box_attributes(Conv2d{.channels = 8, .pad = {0, 1, 2, 3}, .bias = Bias::kPresent});
  EXPECT_THAT(other->type().non_default(*other),
              ElementsAre(Pair("channels", "8"), Pair("pad", "0,1,2,3"), Pair("bias", "present")));
}

TEST(Attributes, AreEqualByValue) {
  const AttributesPtr a = box_attributes(Conv2d{.channels = 8});
  const AttributesPtr b = box_attributes(Conv2d{.channels = 8});
  const AttributesPtr c = box_attributes(Conv2d{.channels = 9});
  EXPECT_TRUE(a->type().equal(*a, *b));
  EXPECT_FALSE(a->type().equal(*a, *c));
}

TEST(Attributes, DocumentEveryField) {
  for (const OpDef* op : all_ops()) {
    EXPECT_FALSE(op->summary.empty()) << op->name;
    for (const AttributeDoc& doc : op->attributes()->docs()) {
      EXPECT_FALSE(doc.doc.empty()) << op->name << " " << doc.name;
    }
  }
}

TEST(Attributes, DefaultsOfEveryOperatorParseBack) {
  for (const OpDef* op : all_ops()) {
    AttributesPtr attributes = op->attributes()->make_default();
    for (const AttributeDoc& doc : op->attributes()->docs()) {
      const Result<AttributesPtr> same =
          op->attributes()->with_field(*attributes, doc.name, doc.default_text);
      ASSERT_TRUE(same.ok()) << op->name << " " << doc.name << " " << doc.default_text;
      EXPECT_TRUE(op->attributes()->equal(*attributes, *same.value())) << op->name;
    }
  }
}

template <typename T>
T parsed(std::string_view text) {
  T value{};
  std::string expected;
  EXPECT_TRUE(parse_attribute(text, value, expected)) << text;
  return value;
}

template <typename T>
bool refuses(std::string_view text) {
  T value{};
  std::string expected;
  const bool parses = parse_attribute(text, value, expected);
  EXPECT_FALSE(expected.empty());
  return !parses;
}

TEST(AttributeText, ParsesBack) {
  for (const double value : {0.1, -0.0, 1e-5, 1e300, 1.0 / 3, 1e8}) {
    EXPECT_EQ(parsed<double>(attribute_text(value)), value);
  }
  EXPECT_EQ(attribute_text(1e-5), "1e-05");
  EXPECT_EQ(parsed<int64_t>("-7"), -7);
  EXPECT_EQ(parsed<Extent2>("3x5"), (Extent2{3, 5}));
  EXPECT_EQ(parsed<Extent2>("3"), (Extent2{3, 3}));
  EXPECT_EQ(parsed<Padding>("2"), Padding::all(2));
  EXPECT_EQ(parsed<Padding>("1,2,3,4"), (Padding{1, 2, 3, 4}));
  EXPECT_EQ(attribute_text(Padding::all(2)), "2");
  EXPECT_EQ(parsed<std::vector<int64_t>>("4,-2,1"), (std::vector<int64_t>{4, -2, 1}));
  EXPECT_EQ(parsed<Metric>("margin"), Metric::kMargin);
}

TEST(AttributeText, RefusesWhatIsLeftOverOrOutOfRange) {
  EXPECT_TRUE(refuses<int64_t>("7x"));
  EXPECT_TRUE(refuses<int64_t>(""));
  EXPECT_TRUE(refuses<int64_t>("9223372036854775808"));
  EXPECT_TRUE(refuses<double>("nan"));
  EXPECT_TRUE(refuses<double>("inf"));
  EXPECT_TRUE(refuses<double>("1e999"));
  EXPECT_TRUE(refuses<Extent2>("3x"));
  EXPECT_TRUE(refuses<Extent2>("1x2x3"));
  EXPECT_TRUE(refuses<Padding>("1,2"));
  EXPECT_TRUE(refuses<Padding>("1,2,3,4,5"));
  EXPECT_TRUE(refuses<Metric>("Margin"));
  EXPECT_TRUE(refuses<std::vector<int64_t>>("1,,2"));
}

}  // namespace
}  // namespace fovea
