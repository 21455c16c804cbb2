// What a page says, beside that it holds its sections (measure_test.cc).
#include <gmock/gmock.h>

#include <cmath>
#include <regex>

#include "recorded_model.h"
#include "report/sections.h"
#include "report/stacked.h"
#include "report/svg_parts.h"
#include "report/text.h"

namespace fovea::report {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string page_of(const ModelFacts& model, const ModelFacts* other = nullptr) {
  const Made made;
  return html(report_page({model, other, made.setup, made.pictures}));
}

TrainingFacts trained(const std::string& seed) {
  return {.seed = seed,
          .n_train = 90,
          .n_val = 10,
          .n_test = 20,
          .val_top1 = {61.25, 62.5},
          .test_top1 = {71.25, 72.5},
          .source = "record",
          .epochs = {{.epoch = 1,
                      .rate = 0.1,
                      .loss = 2,
                      .loss_per_exit = {1, 1},
                      .train_top1 = {50, 51},
                      .val_top1 = {40, 41}}}};
}

AdaptiveReport judged(double top1, double macs) {
  return {.n = 8, .top1 = top1, .mean_macs = macs};
}

ShiftReport shifted() {
  ShiftReport out{.max_macs = 22'000'000};
  const auto add = [&out](std::optional<Corruption> corruption) {
    ShiftRow row{.corruption = corruption, .last = judged(80, 36e6), .policy = judged(79, 20e6)};
    row.cap = judged(78, 18e6);
    row.control = judged(77, 21e6);
    row.control->control = ControlReport{.budget = 22e6};
    out.rows.push_back(row);
  };
  add(std::nullopt);
  for (const CorruptionKind kind : kCorruptionKinds) {
    for (int strength = 1; strength <= 5; ++strength) add(Corruption{kind, strength});
  }
  out.sequence = out.rows.front();
  return out;
}

TEST(ReportPage, WithoutDataTellsCostsAndTheTrainingRecord) {
  ModelFacts model = recorded_model();
  model.data.reset();
  model.training = trained("7");
  const std::string text = page_of(model);
  EXPECT_THAT(text, AllOf(HasSubstr("<section id=\"costs\">"), HasSubstr("<section id=\"layers\">"),
                          Not(HasSubstr("<section id=\"accuracy\">"))));
  EXPECT_THAT(text, AllOf(HasSubstr("71.25"), HasSubstr("62.50"), HasSubstr("seed 7"),
                          HasSubstr("tested on 20"), HasSubstr("figure-costs")));
}

TEST(ReportPage, WithoutDataTellsCostsOfBothModels) {
  ModelFacts model = recorded_model();
  model.data.reset();
  model.training = trained("7");
  ModelFacts other = model;
  other.source = "other.fovea";
  other.training = trained("8");
  other.training->test_top1 = {81.25, 82.5};
  const std::string text = page_of(model, &other);
  EXPECT_THAT(text, AllOf(HasSubstr("A: m&lt;&amp;&gt;.fovea"), HasSubstr("B: other.fovea"),
                          HasSubstr("71.25"), HasSubstr("81.25"), HasSubstr("seed 8"),
                          HasSubstr("Cost per layer (of A)")));
}

TEST(ReportPage, OfTwoModelsSaysWhichSectionIsOfWhich) {
  ModelFacts model = recorded_model();
  model.training = trained("7");
  ModelFacts other = recorded_model();
  other.training = trained("8");
  model.data->shift = shifted();
  other.data->shift = shifted();
  const std::string text = page_of(model, &other);
  for (const char* title :
       {"<h2>Comparison</h2>", "<h2>Exits (of A)</h2>", "<h2>Confusion (of A)</h2>",
        "<h2>Ledger of time (of A)</h2>", "<h2>Pictures of another kind (of A)</h2>",
        "<h2>Pictures of another kind (of B)</h2>"}) {
    EXPECT_THAT(text, HasSubstr(title));
  }
  EXPECT_THAT(text, HasSubstr("A: seed 7, B: seed 8"));
  EXPECT_THAT(page_of(model), AllOf(Not(HasSubstr("(of A)")), Not(HasSubstr("<b>A</b>"))));
}

TEST(ReportPage, SaysThatItIsOfAPartOfTheData) {
  ModelFacts model = recorded_model();
  EXPECT_THAT(page_of(model), Not(HasSubstr("Not all of the data")));
  model.data->extent = "only the first 8 of 80 samples, 2 of 10 classes";
  EXPECT_THAT(page_of(model),
              AllOf(HasSubstr("<b>Not all of the data:</b> only the first 8 of 80 samples"),
                    HasSubstr("n = 8 (only the first 8 of 80 samples, 2 of 10 classes)")));
}

TEST(ReportPage, ExitsThatNobodyTakesSaySo) {
  const ModelFacts model = recorded_model({.policy = NamedPolicy{"last", {.exit = 1}}});
  const std::string text = page_of(model);
  EXPECT_THAT(text, AllOf(HasSubstr("Nobody left at exit 0."), HasSubstr(">nobody</text>"),
                          Not(HasSubstr("Exit 0, 0 pictures")), Not(HasSubstr("+0 −0"))));
}

TEST(ReportPage, SetupHasDateAndInstructionSet) {
  EXPECT_THAT(page_of(recorded_model()),
              AllOf(HasSubstr("2020-02-20 20:20 UTC"), HasSubstr("AVX3 (AVX-512)")));
}

TEST(ReportPage, TheLastExitsPassIsNoSegment) {
  ModelFacts model = recorded_model();
  model.data->full_ledger.segments = {{.exit = 1, .samples = 8, .ms = 1}};
  model.data->full_ledger.network_ms = 0;
  EXPECT_THAT(page_of(model), HasSubstr("whole network"));
}

TEST(ReportPage, CompareCurvesGoToTheRight) {
  ModelFacts model = recorded_model();
  const ModelFacts other = recorded_model();
  double ms = 9;
  for (PolicyPoint& point : model.data->thresholds) {
    point.ms = ms;
    point.rounds_ms = {ms};
    ms = ms > 5 ? ms - 3 : ms + 5;
  }
  const Made made;
  const Section section = compare_section({model, &other, made.setup, made.pictures});
  const std::regex place(R"(([ML])([-0-9.]+) )");
  const std::string& svg = section.figures.at(1).svg;
  double last = 0;
  int n = 0;
  const size_t begin = svg.find("class=\"l s0\" d=\"");
  const std::string path = svg.substr(begin, svg.find('"', begin + 17) - begin);
  for (std::sregex_iterator at(path.begin(), path.end(), place), end; at != end; ++at, ++n) {
    EXPECT_GE(std::stod((*at)[2]), last);
    last = std::stod((*at)[2]);
  }
  EXPECT_GT(n, 10);
  // [lowest, highest] of the rounds.
  EXPECT_THAT(section.tail, HasSubstr(ms_words(model.data->fixed.front())));
}

TEST(ShiftSection, SaysOnlyWhatIsDrawn) {
  ModelFacts model = recorded_model();
  model.data->shift = shifted();
  const Section all = shift_section(model);
  EXPECT_THAT(all.lead,
              AllOf(HasSubstr("no sample costs more than 22.0 M"), HasSubstr("budget of 22.0 M")));
  EXPECT_THAT(all.figures.back().svg,
              AllOf(HasSubstr("budget 22.0 M"), HasSubstr("strength of the loss of contrast")));
  EXPECT_THAT(all.figures.front().svg, Not(HasSubstr("budget 22.0 M")));
  model.data->shift->max_macs.reset();
  for (ShiftRow& row : model.data->shift->rows) {
    row.cap.reset();
    row.control.reset();
  }
  model.data->shift->sequence = model.data->shift->rows.front();
  const Section plain = shift_section(model, "-b");
  EXPECT_THAT(plain.lead, AllOf(Not(HasSubstr("cap")), Not(HasSubstr("control"))));
  EXPECT_EQ(plain.id, "shift-b");
  EXPECT_EQ(plain.figures.front().name, "shift-accuracy-noise-b");
}

TEST(Intervals, AreNoHalfWidths) {
  EXPECT_THAT(with_interval(0, 60), testing::StartsWith("0.00 <span class=\"interval\">[0.00, "));
  EXPECT_THAT(with_interval(60, 60), testing::EndsWith(", 100.00]</span>"));
  EXPECT_EQ(with_sign(-0.24, 2), "−0.24");
  EXPECT_EQ(with_sign(0.24, 2), "+0.24");
}

/// Fails for text that reaches over the edges of its drawing.
void expect_text_inside(const std::string& name, const std::string& svg) {
  std::smatch box;
  ASSERT_TRUE(std::regex_search(svg, box, std::regex("viewBox=\"0 0 ([0-9.]+) ([0-9.]+)\"")));
  const double wide = std::stod(box[1]);
  const double tall = std::stod(box[2]);
  const std::regex pattern(
      "(<g transform=\"translate\\(([-0-9.]+) ([-0-9.]+)\\) rotate\\(-45\\)\">)?<text "
      "class=\"[^\"]*\" x=\"([-0-9.]+)\" y=\"([-0-9.]+)\" text-anchor=\"(\\w+)\">([^<]*)<");
  for (std::sregex_iterator at(svg.begin(), svg.end(), pattern), end; at != end; ++at) {
    const std::smatch& text = *at;
    const std::string words = std::regex_replace(text[7].str(), std::regex("&[a-z]+;"), "&");
    const double width = text_width(words) * kFont;
    if (text[1].matched) {
      EXPECT_LE(std::stod(text[2]) + width * std::sqrt(0.5), wide) << name << ": " << words;
      EXPECT_GE(std::stod(text[3]) - width * std::sqrt(0.5), 0) << name << ": " << words;
      continue;
    }
    const double x = std::stod(text[4]);
    const double left = text[6] == "start" ? x : text[6] == "end" ? x - width : x - width / 2;
    EXPECT_GE(left, 0) << name << ": " << words;
    EXPECT_LE(left + width, wide) << name << ": " << words;
    EXPECT_LE(std::stod(text[5]), tall) << name << ": " << words;
  }
}

TEST(Matrix, LeaningNamesStayInside) {
  for (const size_t n : {2U, 3U, 10U, 30U}) {
    Matrix matrix{.title = "names",
                  .names = std::vector<std::string>(n, "a"),
                  .cells = std::vector<std::vector<int64_t>>(n, std::vector<int64_t>(n, 1))};
    for (const size_t longest : {n - 1, n / 2, size_t{0}}) {
      matrix.names[longest] = "wwwwwwwwwwwwwwwwwwwwwwww";
      expect_text_inside(std::to_string(n) + " classes", draw(matrix));
    }
  }
}

TEST(ReportPage, TextOfEveryFigureStaysInsideAndEveryFigureHasItsNumbers) {
  ModelFacts model = recorded_model();
  model.labels = {"automobile of the street", "heavy goods vehicle"};
  model.training = trained("7");
  model.data->shift = shifted();
  const ModelFacts other = model;
  const Made made;
  std::vector<ModelFacts> bare{model, other};
  for (ModelFacts& each : bare) each.data.reset();
  for (const Page& page : {report_page({model, &other, made.setup, made.pictures}),
                           report_page({bare[0], &bare[1], made.setup, made.pictures})}) {
    for (const Section& section : page.sections) {
      for (const Figure& figure : section.figures) {
        expect_text_inside(figure.name, figure.svg);
        EXPECT_FALSE(figure.csv.empty()) << figure.name;
      }
    }
  }
}

}  // namespace
}  // namespace fovea::report
