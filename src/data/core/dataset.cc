#include "data/core/dataset.h"

#include <utility>

#include "base/file.h"

namespace fovea {

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

MemoryDataset::MemoryDataset(std::vector<std::string> class_names, std::vector<Sample> samples)
    : class_names_(std::move(class_names)), samples_(std::move(samples)) {
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
