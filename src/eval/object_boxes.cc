#include "eval/object_boxes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/file.h"
#include "base/words.h"
#include "eval/anytime.h"

namespace fovea {
namespace {

/// Places of file, x0, y0, x1, y1 in a line; those of the box count from the end without a header.
using Columns = std::array<size_t, 5>;

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::optional<Columns> columns_of_header(const std::vector<std::string_view>& cells) {
  constexpr std::array<std::string_view, 5> kNames{"file", "x0", "y0", "x1", "y1"};
  Columns out{};
  for (size_t k = 0; k < kNames.size(); ++k) {
    const auto at = std::find(cells.begin(), cells.end(), kNames[k]);
    if (at == cells.end()) return std::nullopt;
    out[k] = static_cast<size_t>(at - cells.begin());
  }
  return out;
}

std::optional<ObjectBox> box_of(const std::vector<std::string_view>& cells,
                                const Columns& columns) {
  std::array<double, 4> corner{};
  for (size_t k = 0; k < 4; ++k) {
    const std::optional<double> value = parse_double(cells[columns[k + 1]]);
    if (!value || !std::isfinite(*value) || std::abs(*value) > 1e9) return std::nullopt;
    corner[k] = *value;
  }
  const auto [x0, y0, x1, y1] = corner;
  if (x1 < x0 || y1 < y0) return std::nullopt;
  return ObjectBox{x0, y0, x1, y1};
}

}  // namespace

Result<ObjectBoxes> parse_boxes(std::string_view text, std::string_view source) {
  ObjectBoxes boxes;
  std::optional<Columns> columns;
  size_t number = 0;
  bool first = true;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const auto bad = [&](std::string what, std::string expected) {
      return ErrorInfo{.kind = ErrorKind::kBadInput,
                       .what = std::move(what),
                       .where = std::string(source) + ":" + std::to_string(number),
                       .expected = std::move(expected)};
    };
    const auto cells = split(line, line.find('\t') != std::string_view::npos ? '\t' : ',');
    if (std::exchange(first, false)) {
      columns = columns_of_header(cells);
      if (columns) continue;
    }
    const size_t n = cells.size();
    const size_t least = columns ? 1 + *std::max_element(columns->begin(), columns->end()) : 5;
    if (n < least) {
      return bad("a line of the list of boxes is too short", std::to_string(least) + " cells");
    }
    const Columns own = columns ? *columns : Columns{0, n - 4, n - 3, n - 2, n - 1};
    const std::optional<ObjectBox> box = box_of(cells, own);
    if (!box) return bad("a box is none", "numbers x0 <= x1, y0 <= y1");
    if (!boxes.emplace(base_name(cells[own[0]]), *box).second) {
      return bad("two boxes for one file", "one box for " + shown_path(cells[own[0]]));
    }
  }
  if (boxes.empty()) {
    return ErrorInfo{.kind = ErrorKind::kBadInput,
                     .what = "the list holds no box",
                     .where = std::string(source)};
  }
  return boxes;
}

Result<std::vector<double>> object_sizes(const Dataset& data, const ObjectBoxes& boxes) {
  std::vector<double> sizes;
  for (int64_t i = 0; i < data.size(); ++i) {
    const std::string name = data.file_name(i);
    const auto at = boxes.find(base_name(name));
    if (at == boxes.end()) {
      return ErrorInfo{.kind = ErrorKind::kBadInput,
                       .what = "a picture has no box in the list",
                       .where = shown_path(name)};
    }
    double area = 0;
    if (const std::optional<PictureView> view = data.view(i)) {
      area = static_cast<double>(view->height) * view->width;
    } else {
      const Result<Picture> picture = data.picture(i);
      if (!picture.ok()) return picture.error();
      area = static_cast<double>(picture.value().height) * picture.value().width;
    }
    sizes.push_back(std::sqrt(std::min(1.0, at->second.area() / area)));
  }
  return sizes;
}

std::vector<SizeBin> accuracy_by_size(const Scores& scores, std::span<const double> sizes,
                                      const AdaptiveReport& adaptive, int n_bins) {
  const auto n = static_cast<size_t>(scores.n());
  if (sizes.size() != n || adaptive.exits.size() != n || n_bins < 1) {
    throw Error(
        {.kind = ErrorKind::kUsage,
         .what = "sizes, answers and scores are of different samples",
         .expected = std::to_string(n),
         .found = std::to_string(sizes.size()) + ", " + std::to_string(adaptive.exits.size())});
  }
  std::vector<size_t> order;
  for (size_t i = 0; i < n; ++i) {
    if (scores.labels[i] >= 0) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return sizes[a] < sizes[b]; });
  const ExitTable table = exit_table(scores);
  const auto n_exits = static_cast<size_t>(scores.n_exits());
  std::vector<SizeBin> bins;
  size_t begin = 0;
  for (int b = 0; b < n_bins && begin < order.size(); ++b) {
    size_t end = order.size() * static_cast<size_t>(b + 1) / static_cast<size_t>(n_bins);
    end = std::max(end, begin + 1);
    while (end < order.size() && sizes[order[end]] == sizes[order[end - 1]]) ++end;
    SizeBin bin{.low = sizes[order[begin]],
                .high = sizes[order[end - 1]],
                .n = static_cast<int64_t>(end - begin),
                .counts = std::vector<int64_t>(n_exits, 0)};
    std::vector<int64_t> right(n_exits, 0);
    int64_t adaptive_right = 0;
    for (size_t k = begin; k < end; ++k) {
      const auto i = static_cast<int64_t>(order[k]);
      const int64_t label = scores.labels[order[k]];
      for (size_t e = 0; e < n_exits; ++e) {
        right[e] += table.answer_at(static_cast<int>(e), i) == label ? 1 : 0;
      }
      adaptive_right += adaptive.answers[order[k]] == label ? 1 : 0;
      ++bin.counts[static_cast<size_t>(adaptive.exits[order[k]])];
    }
    for (const int64_t count : right) bin.exit_top1.push_back(*percent(count, bin.n));
    bin.adaptive_top1 = percent(adaptive_right, bin.n);
    bins.push_back(std::move(bin));
    begin = end;
  }
  return bins;
}

}  // namespace fovea
