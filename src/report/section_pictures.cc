// The samples that an exit was surest and least sure of.
#include <algorithm>

#include "report/sections.h"
#include "report/text.h"

namespace fovea::report {
namespace {

constexpr size_t kPictures = 12;

std::string base64(std::string_view bytes) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t word = 0;
    for (size_t k = 0; k < 3; ++k) {
      word = word << 8U | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (size_t k = 0; k < 4; ++k) {
      out += i + k <= bytes.size() ? kLetters[word >> (18 - 6 * k) & 63U] : '=';
    }
  }
  return out;
}

std::string shot(const Subject& subject, int exit, int64_t sample) {
  const DataFacts& data = *subject.model.data;
  const auto place = static_cast<size_t>(sample);
  const std::string truth = label_of(subject.model, data.scores.labels[place]);
  const std::string answer = label_of(subject.model, data.adaptive.answers[place]);
  const bool known = data.scores.labels[place] >= 0;
  const bool right = data.adaptive.answers[place] == data.scores.labels[place];
  const std::string png = subject.pictures(sample);
  if (png.empty()) return {};
  return "<div class=\"shot" + std::string(known && !right ? " wrong" : "") + "\"><img alt=\"" +
         escaped((known ? truth + ", answered " : "answered ") + answer) +
         "\" src=\"data:image/png;base64," + base64(png) + "\"/><b>" + escaped(answer) +
         "</b><br/>" +
         fixed(100.0 * static_cast<double>(data.table.confidence_at(exit, sample)), 1) + " %" +
         (known && !right ? "<br/>is " + escaped(truth) : "") + "<br/>no. " +
         std::to_string(sample) + "</div>\n";
}

}  // namespace

Section pictures_section(const Subject& subject) {
  const DataFacts& data = *subject.model.data;
  Section section{
      .id = "pictures",
      .title = "Easiest and hardest pictures",
      .lead =
          "<p>Of the pictures that leave at each exit under " + escaped(data.chosen.name) +
          ": those that the exit is surest of and least sure of. Green frames are right, orange "
          "ones wrong; per cent is the confidence, no. the picture's place in the data.</p>\n"};
  for (int exit = 0; exit < data.table.n_exits; ++exit) {
    std::vector<int64_t> leavers;
    for (size_t i = 0; i < data.adaptive.exits.size(); ++i) {
      if (data.adaptive.exits[i] == exit) leavers.push_back(static_cast<int64_t>(i));
    }
    if (leavers.empty()) {
      section.tail += "<p class=\"note\">Nobody left at exit " + std::to_string(exit) + ".</p>\n";
      continue;
    }
    section.tail += "<h3>Exit " + std::to_string(exit) + ", " +
                    grouped(static_cast<int64_t>(leavers.size())) + " pictures</h3>\n";
    std::stable_sort(leavers.begin(), leavers.end(), [&](int64_t a, int64_t b) {
      return data.table.confidence_at(exit, a) > data.table.confidence_at(exit, b);
    });
    const size_t n = std::min(kPictures, leavers.size());
    section.tail += "<p class=\"note\">surest</p><div class=\"shots\">\n";
    for (size_t k = 0; k < n; ++k) section.tail += shot(subject, exit, leavers[k]);
    section.tail += "</div><p class=\"note\">least sure</p><div class=\"shots\">\n";
    for (size_t k = 0; k < n; ++k) {
      section.tail += shot(subject, exit, leavers[leavers.size() - 1 - k]);
    }
    section.tail += "</div>\n";
  }
  section.tail += "<p class=\"note\">" + origin(data_words(subject.model)) + "</p>\n";
  return section;
}

}  // namespace fovea::report
