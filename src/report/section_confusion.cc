// What is taken for what.
#include <algorithm>

#include "report/sections.h"
#include "report/stacked.h"
#include "report/text.h"

namespace fovea::report {
namespace {

constexpr int64_t kMostClasses = 60;
constexpr size_t kListed = 10;

}  // namespace

Section confusion_section(const Subject& subject) {
  const DataFacts& data = *subject.model.data;
  const int64_t n_classes = data.scores.n_classes();
  const auto n = static_cast<size_t>(n_classes);
  Matrix matrix{.title = "confusion matrix",
                .cells = std::vector<std::vector<int64_t>>(n, std::vector<int64_t>(n, 0))};
  for (int64_t c = 0; c < n_classes; ++c) matrix.names.push_back(label_of(subject.model, c));
  for (size_t i = 0; i < data.scores.labels.size(); ++i) {
    const int64_t label = data.scores.labels[i];
    if (label >= 0) {
      ++matrix.cells[static_cast<size_t>(label)][static_cast<size_t>(data.adaptive.answers[i])];
    }
  }
  struct Error {
    size_t truth, answer;
    int64_t n;
  };
  std::vector<Error> errors;
  std::vector<std::string> heads{"true"};
  heads.insert(heads.end(), matrix.names.begin(), matrix.names.end());
  Csv csv(heads);
  for (size_t r = 0; r < n; ++r) {
    std::vector<std::string> fields{matrix.names[r]};
    for (size_t c = 0; c < n; ++c) {
      fields.push_back(std::to_string(matrix.cells[r][c]));
      if (r != c && matrix.cells[r][c] > 0) errors.push_back({r, c, matrix.cells[r][c]});
    }
    csv.add(fields);
  }
  std::stable_sort(errors.begin(), errors.end(),
                   [](const Error& a, const Error& b) { return a.n > b.n; });
  Section section{.id = "confusion", .title = "Confusion"};
  if (n_classes <= kMostClasses) {
    section.figures.push_back({.name = "confusion",
                               .svg = draw(matrix),
                               .caption = "Rows are true classes, columns answers under " +
                                          escaped(data.chosen.name) +
                                          ", cells counts; the shade is the share of the row." +
                                          origin(data_words(subject.model)),
                               .csv = csv.text()});
  }
  std::vector<std::vector<std::string>> rows;
  for (size_t k = 0; k < std::min(kListed, errors.size()); ++k) {
    rows.push_back({escaped(matrix.names[errors[k].truth]), escaped(matrix.names[errors[k].answer]),
                    grouped(errors[k].n)});
  }
  (section.figures.empty() ? section.tail : section.beside) =
      "<h3>Most frequent errors</h3>\n" + table({"true", "answered", "n"}, rows, 2);
  return section;
}

}  // namespace fovea::report
