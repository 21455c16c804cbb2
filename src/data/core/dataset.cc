#include "data/core/dataset.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "base/words.h"

namespace fovea {
namespace {

/// Names that stand in `all` and not in `names`, the first of them, after a label; empty where
/// there is none.
std::string others(std::string_view label, const std::vector<std::string>& all,
                   const std::vector<std::string>& names) {
  constexpr size_t kMostNamed = 20;
  const std::set<std::string, std::less<>> have(names.begin(), names.end());
  std::vector<std::string> out;
  for (const std::string& name : all) {
    if (!have.contains(name)) out.push_back(shown_path(name));
  }
  if (out.empty()) return {};
  const size_t n_more = out.size() - std::min(out.size(), kMostNamed);
  out.resize(out.size() - n_more);
  const std::string more = n_more == 0 ? "" : " and " + std::to_string(n_more) + " more";
  return std::string(label) + joined(std::span<const std::string>(out), ", ") + more;
}

}  // namespace

std::string class_difference(const std::vector<std::string>& expected,
                             const std::vector<std::string>& found) {
  if (expected == found) return {};
  const std::string missing = others("missing: ", expected, found);
  const std::string extra = others("extra: ", found, expected);
  if (missing.empty() && extra.empty()) return "another order";
  return missing + (missing.empty() || extra.empty() ? "" : "; ") + extra;
}

Result<std::string> Dataset::encoded(int64_t i) const {
  return ErrorInfo{.kind = ErrorKind::kUsage,
                   .what = "the picture has no file of its own",
                   .where = shown_path(file_name(i)),
                   .expected = "pictures that are files"};
}

Subset::Subset(DatasetPtr whole, std::vector<int64_t> indices)
    : whole_(std::move(whole)), indices_(std::move(indices)) {
  for (const int64_t i : indices_) {
    if (i < 0 || i >= whole_->size()) {
      throw Error({.kind = ErrorKind::kUsage,
                   .what = "the subset names a sample that is not there",
                   .expected = "an index below " + std::to_string(whole_->size()),
                   .found = std::to_string(i)});
    }
  }
}

MemoryDataset::MemoryDataset(std::vector<std::string> class_names, std::vector<Sample> samples,
                             std::vector<DataFinding> findings)
    : class_names_(std::move(class_names)),
      samples_(std::move(samples)),
      findings_(std::move(findings)) {
  for (const Sample& sample : samples_) {
    if (sample.label < 0 || sample.label >= n_classes()) {
      throw Error({.kind = ErrorKind::kUsage,
                   .what = "the label has no class",
                   .where = sample.file_name,
                   .expected = "a label below " + std::to_string(n_classes()),
                   .found = std::to_string(sample.label)});
    }
  }
}

}  // namespace fovea
