#include "app/answers.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "app/table.h"
#include "base/file.h"
#include "calibrate/scores.h"
#include "graph/score.h"

namespace fovea::app {
namespace {

using Json = nlohmann::ordered_json;

std::string_view kind_word(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
      return "usage";
    case ErrorKind::kBadInput:
      return "bad_input";
    case ErrorKind::kCannotWrite:
      return "cannot_write";
    case ErrorKind::kCheckFailed:
      return "check_failed";
    case ErrorKind::kNotInBuild:
      return "not_in_build";
    case ErrorKind::kInterrupted:
      return "interrupted";
    case ErrorKind::kInternal:
      return "internal";
  }
  return "internal";
}

/// The `n` largest of a row; ties: lower index first, NaN counts as smallest.
std::vector<int64_t> largest(std::span<const float> row, int64_t n) {
  std::vector<int64_t> order(row.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
  const auto key = [&row](int64_t i) {
    const float value = row[static_cast<size_t>(i)];
    return value == value ? value : -std::numeric_limits<float>::infinity();
  };
  std::partial_sort(order.begin(), order.begin() + n, order.end(), [&key](int64_t a, int64_t b) {
    return key(a) != key(b) ? key(a) > key(b) : a < b;
  });
  order.resize(static_cast<size_t>(n));
  return order;
}

}  // namespace

AnswerPrinter::AnswerPrinter(Console& console, const Network& network, int64_t top_k)
    : console_(console),
      network_(network),
      scoring_(exit_scoring(network.graph())),
      top_k_(std::min(top_k, network.graph().n_classes())) {}

void AnswerPrinter::fit(const std::vector<std::string>& files) {
  if (headed_) return;
  for (const std::string& file : files) {
    file_width_ = std::max(file_width_, width_of(shown_path(file)));
  }
  for (const std::string& each : network_.model.labels) {
    label_width_ = std::min<size_t>(std::max(label_width_, width_of(each)), 32);
  }
}

std::string AnswerPrinter::label(int64_t index) const {
  const auto& labels = network_.model.labels;
  return labels.empty() ? std::to_string(index) : labels[static_cast<size_t>(index)];
}

void AnswerPrinter::answer(const std::string& file, double ms, const Outputs& out, size_t row,
                           const Json& ledger) {
  const auto n_classes = static_cast<size_t>(out.logits.shape()[1]);
  const auto logits = out.logits.data<float>().subspan(row * n_classes, n_classes);
  std::vector<float> probabilities(n_classes);
  const int64_t exit = out.exit.data<int64_t>()[row];
  softmax_of(logits, probabilities, scoring_[static_cast<size_t>(exit)].temperature);
  const int64_t best = first_maximum(logits);
  const int64_t macs = out.macs.data<int64_t>()[row];
  const float confidence = probabilities[static_cast<size_t>(best)];
  if (!console_.json()) {
    columns(file, label(best), fixed(static_cast<double>(confidence), 4), std::to_string(exit),
            millions(static_cast<double>(macs)), fixed(ms, 2));
    return;
  }
  Json line{{"file", json_text(file)},
            {"class", label(best)},
            {"index", best},
            {"confidence", json_float(confidence)},
            {"exit", exit},
            {"macs", macs},
            {"ms", ms},
            {"top", Json::array()}};
  for (const int64_t index : largest(logits, top_k_)) {
    line["top"].push_back({{"class", label(index)},
                           {"index", index},
                           {"confidence", json_float(probabilities[static_cast<size_t>(index)])}});
  }
  if (!ledger.is_null()) line["ledger"] = ledger;
  console_.json_result(line);
}

void AnswerPrinter::error(const std::string& file, const ErrorInfo& error) {
  if (console_.json()) {
    console_.json_result(Json{
        {"file", json_text(file)},
        {"error",
         {{"kind", std::string(kind_word(error.kind))}, {"message", json_text(error.message())}}}});
  } else {
    columns(file, "-", "-", "-", "-", "-");
    console_.note("fovea: warning: " + error.message());
  }
}

void AnswerPrinter::columns(const std::string& file, const std::string& name,
                            const std::string& confidence, const std::string& exit,
                            const std::string& macs, const std::string& ms) {
  if (!headed_) {
    headed_ = true;
    columns("file", "class", "confidence", "exit", "Mmacs", "ms");
  }
  using Align = Table::Align;
  console_.result(padded(shown_path(file), file_width_, Align::kLeft) + "  " +
                  padded(name, label_width_, Align::kLeft) + "  " +
                  padded(confidence, 10, Align::kRight) + "  " + padded(exit, 4, Align::kRight) +
                  "  " + padded(macs, 8, Align::kRight) + "  " + padded(ms, 7, Align::kRight) +
                  "\n");
}

}  // namespace fovea::app
