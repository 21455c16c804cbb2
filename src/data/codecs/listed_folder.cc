#include "data/codecs/listed_folder.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/words.h"
#include "data/codecs/decode.h"

namespace fovea {
namespace {

constexpr uint64_t kMaxListBytes = uint64_t{1} << 32;
constexpr uint64_t kMaxPictureBytes = uint64_t{1} << 30;
constexpr int64_t kMaxClasses = 1 << 20;
constexpr size_t kMostNamed = 20;

struct Line {
  std::string file;
  int32_t label = 0;
};

class ListedFolder final : public Dataset {
 public:
  ListedFolder(std::string folder, std::vector<std::string> class_names, std::vector<Line> lines)
      : folder_(std::move(folder)),
        class_names_(std::move(class_names)),
        lines_(std::move(lines)) {}
  [[nodiscard]] int64_t size() const override { return static_cast<int64_t>(lines_.size()); }
  [[nodiscard]] const std::vector<std::string>& class_names() const override {
    return class_names_;
  }
  [[nodiscard]] int32_t label(int64_t i) const override { return at(i).label; }
  [[nodiscard]] std::string file_name(int64_t i) const override { return at(i).file; }
  [[nodiscard]] Result<Picture> picture(int64_t i) const override {
    return read_picture(folder_ + "/" + at(i).file);
  }
  [[nodiscard]] Result<std::string> encoded(int64_t i) const override {
    return read_file(folder_ + "/" + at(i).file, kMaxPictureBytes);
  }
  [[nodiscard]] std::vector<DataFinding> findings() const override;

 private:
  [[nodiscard]] const Line& at(int64_t i) const { return lines_[static_cast<size_t>(i)]; }
  std::string folder_;
  std::vector<std::string> class_names_;
  std::vector<Line> lines_;
};

/// Labels between others that no line has: most likely another count than the list was meant to
/// have.
std::vector<DataFinding> ListedFolder::findings() const {
  std::set<int32_t> used;
  for (const Line& line : lines_) used.insert(line.label);
  std::vector<std::string> unused;
  for (int32_t label = *used.begin(); label < *used.rbegin(); ++label) {
    if (!used.contains(label)) unused.push_back(std::to_string(label));
  }
  if (unused.empty()) return {};
  const size_t n_more = unused.size() - std::min(unused.size(), kMostNamed);
  unused.resize(unused.size() - n_more);
  const std::string more = n_more == 0 ? "" : " and " + std::to_string(n_more) + " more";
  return {{.text = shown_path(folder_) + "/list.csv: no picture has label " +
                   joined(std::span<const std::string>(unused), ", ") + more}};
}

/// Where the columns file, label and class stand.
using Columns = std::array<size_t, 3>;

std::optional<Columns> columns_of(std::string_view header) {
  const auto names = split(header, ',');
  Columns out{};
  constexpr std::array<std::string_view, 3> kWanted{"file", "label", "class"};
  for (size_t i = 0; i < kWanted.size(); ++i) {
    const auto found = std::find(names.begin(), names.end(), kWanted[i]);
    if (found == names.end()) return std::nullopt;
    out[i] = static_cast<size_t>(found - names.begin());
  }
  return out;
}

bool leaves_folder(std::string_view file) {
  if (file.empty() || file.starts_with('/')) return true;
  const auto parts = split(file, '/');
  return std::find(parts.begin(), parts.end(), "..") != parts.end();
}

}  // namespace

Result<DatasetPtr> read_listed_folder(const std::string& folder) {
  const std::string path = folder + "/list.csv";
  const Result<std::string> text = read_file(path, kMaxListBytes);
  if (!text.ok()) return text.error();
  std::vector<Line> lines;
  std::vector<std::string> names;
  std::optional<Columns> columns;
  size_t number = 0;
  for (std::string_view row : split(text.value(), '\n')) {
    ++number;
    const auto bad = [&](std::string what, std::string expected) {
      return ErrorInfo{.kind = ErrorKind::kBadInput,
                       .what = std::move(what),
                       .where = shown_path(path) + ":" + std::to_string(number),
                       .expected = std::move(expected)};
    };
    if (row.ends_with('\r')) row.remove_suffix(1);
    if (row.empty()) continue;
    if (!columns) {
      columns = columns_of(row);
      if (!columns) return bad("the header is not that of a list", "columns file, label, class");
      continue;
    }
    const auto cells = split(row, ',');
    const size_t most = *std::max_element(columns->begin(), columns->end());
    if (cells.size() <= most)
      return bad("a line is too short", std::to_string(most + 1) + " cells");
    const auto [file_at, label_at, class_at] = *columns;
    const auto label = parse_int(cells[label_at]);
    if (!label || *label < 0 || *label >= kMaxClasses) {
      return bad("a label is no class number", "0 to " + std::to_string(kMaxClasses - 1));
    }
    if (leaves_folder(cells[file_at])) return bad("a file is not inside the folder", "a name");
    const auto index = static_cast<size_t>(*label);
    if (names.size() <= index) names.resize(index + 1);
    if (names[index].empty()) names[index] = cells[class_at];
    if (names[index] != cells[class_at]) return bad("a label has two names", names[index]);
    lines.push_back({std::string(cells[file_at]), static_cast<int32_t>(*label)});
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) names[i] = std::to_string(i);
  }
  if (lines.empty()) {
    return ErrorInfo{
        .kind = ErrorKind::kBadInput, .what = "the list is empty", .where = shown_path(path)};
  }
  return DatasetPtr(std::make_shared<ListedFolder>(folder, std::move(names), std::move(lines)));
}

}  // namespace fovea
