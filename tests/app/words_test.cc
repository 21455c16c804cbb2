// Help, tables and JSON text: what people and other programs read.
#include "base/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "app/console.h"
#include "app/table.h"
#include "app/verb.h"

namespace fovea::app {
namespace {

using testing::HasSubstr;

TEST(Help, EveryVerbHasAnExampleThatNamesIt) {
  for (const Verb* verb : all_verbs()) {
    const std::string text = help_of(*verb);
    EXPECT_GT(text.size(), 200U) << verb->name;
    EXPECT_THAT(std::string(verb->examples), HasSubstr("fovea " + std::string(verb->name)));
    EXPECT_THAT(help_of_program(), HasSubstr(std::string(verb->name)));
  }
}

TEST(Help, LinesFitATerminal) {
  for (const Verb* verb : all_verbs()) {
    const std::string text = help_of(*verb);
    const std::string options = text.substr(0, text.find("\nexamples:"));
    size_t begin = 0;
    while (begin < options.size()) {
      const size_t end = std::min(options.find('\n', begin), options.size());
      const std::string line = options.substr(begin, end - begin);
      if (line.find("usage:") == std::string::npos && line.find(" fovea ") == std::string::npos) {
        EXPECT_LE(width_of(line), 110U) << line;
      }
      begin = end + 1;
    }
  }
}

TEST(Help, OptionsOfAVerbAreDistinct) {
  for (const Verb* verb : all_verbs()) {
    std::set<std::string_view> seen;
    for (const OptionSpec& spec : verb->options() + common_options()) {
      EXPECT_TRUE(seen.insert(spec.name).second) << verb->name << " " << spec.name;
      if (!spec.letter.empty()) {
        EXPECT_TRUE(seen.insert(spec.letter).second) << spec.letter;
      }
      EXPECT_EQ(spec.takes == Takes::kNothing, spec.value.empty()) << spec.name;
    }
  }
}

TEST(Json, IsValidWhateverAPathHolds) {
  for (const std::string path : {"a\xff/b", "caf\xc3\xa9", "tab\t", "\xed\xa0\x80", "\xc0\x80"}) {
    const nlohmann::ordered_json value{{"file", json_text(path)}};
    EXPECT_FALSE(nlohmann::json::parse(dumped(value), nullptr, false).is_discarded()) << path;
  }
  EXPECT_EQ(json_text("a\xff"), "a\\xff");
  EXPECT_EQ(json_text("caf\xc3\xa9\t"), "caf\xc3\xa9\t");
}

TEST(Json, FloatsAreShortAndComeBack) {
  EXPECT_EQ(dumped(json_float(0.9F)), "0.9");
  for (const float value : {0.1F, 1.0F / 3, 1e-30F, 0.99999994F}) {
    EXPECT_EQ(static_cast<float>(json_float(value).get<double>()), value);
  }
  EXPECT_TRUE(json_float(std::numeric_limits<float>::quiet_NaN()).is_null());
}

TEST(Tables, AlignByCharactersNotBytes) {
  Table table({{"name", Table::Align::kLeft}, {"n"}});
  table.add({"caf\xc3\xa9", "1"});
  table.add({"longer", "22"});
  EXPECT_EQ(table.text(), "name     n\ncaf\xc3\xa9     1\nlonger  22\n");
}

TEST(Numbers, ReadWell) {
  EXPECT_EQ(grouped(3261830), "3,261,830");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(millions(94247040), "94.25");
  EXPECT_EQ(millions(12345), "0.012");
}

TEST(Words, PercentagesWithAndWithoutTheirSign) {
  EXPECT_EQ(parse_percent("90%"), 90);
  EXPECT_EQ(parse_percent("0.5 %"), 0.5);
  EXPECT_EQ(parse_percent("1"), 1);
  for (const char* bad : {"", "%", "much", "1%%", "nan%"}) EXPECT_FALSE(parse_percent(bad)) << bad;
}

}  // namespace
}  // namespace fovea::app
