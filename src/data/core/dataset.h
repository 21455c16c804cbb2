// Labelled pictures by index, wherever they come from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/core/picture.h"
#include "fovea/error.h"

namespace fovea {

/// Whether a picture that cannot be read ends the work or is named, counted and left out.
enum class OnBroken : uint8_t { kStop, kSkip };

/// Something about a data set as a whole.
struct DataFinding {
  enum class Weight : uint8_t { kRemark, kFault };
  Weight weight = Weight::kFault;
  std::string text;  ///< a sentence without its full stop
};

/// n pictures, each with a label in 0..n_classes-1 and a file name. Indices must be in range.
/// Thread-safety: all of it may be called by many threads.
class Dataset {
 public:
  Dataset() = default;
  Dataset(const Dataset&) = delete;
  Dataset& operator=(const Dataset&) = delete;
  virtual ~Dataset() = default;

  [[nodiscard]] virtual int64_t size() const = 0;
  [[nodiscard]] virtual const std::vector<std::string>& class_names() const = 0;
  [[nodiscard]] virtual int32_t label(int64_t i) const = 0;
  /// The name under which a person finds the picture, e.g. "cat/0001.jpg".
  [[nodiscard]] virtual std::string file_name(int64_t i) const = 0;
  /// A decoded copy. Errors name the file.
  [[nodiscard]] virtual Result<Picture> picture(int64_t i) const = 0;
  /// The decoded pixels themselves where they lie in memory (packs), else nothing.
  [[nodiscard]] virtual std::optional<PictureView> view(int64_t) const { return std::nullopt; }

  /// The bytes of the picture's file, where there is one. Errors: kUsage without a file, else
  /// kBadInput; both name the picture.
  [[nodiscard]] virtual Result<std::string> encoded(int64_t i) const;
  /// What is wrong or unusual beyond single pictures, as far as the data shows it by itself; may
  /// read all of it.
  [[nodiscard]] virtual std::vector<DataFinding> findings() const { return {}; }

  [[nodiscard]] int64_t n_classes() const { return static_cast<int64_t>(class_names().size()); }
};

using DatasetPtr = std::shared_ptr<const Dataset>;

/// What `found` has else than `expected`: "missing: dog; extra: bird, cow", "another order"; empty
/// where they are equal.
[[nodiscard]] std::string class_difference(const std::vector<std::string>& expected,
                                           const std::vector<std::string>& found);

/// Some samples of another data set, in the order given. Throws Error (kUsage) for an index out of
/// range.
class Subset final : public Dataset {
 public:
  Subset(DatasetPtr whole, std::vector<int64_t> indices);
  [[nodiscard]] int64_t size() const override { return static_cast<int64_t>(indices_.size()); }
  [[nodiscard]] const std::vector<std::string>& class_names() const override {
    return whole_->class_names();
  }
  [[nodiscard]] int32_t label(int64_t i) const override { return whole_->label(at(i)); }
  [[nodiscard]] std::string file_name(int64_t i) const override { return whole_->file_name(at(i)); }
  [[nodiscard]] Result<Picture> picture(int64_t i) const override { return whole_->picture(at(i)); }
  [[nodiscard]] std::optional<PictureView> view(int64_t i) const override {
    return whole_->view(at(i));
  }
  [[nodiscard]] Result<std::string> encoded(int64_t i) const override {
    return whole_->encoded(at(i));
  }
  [[nodiscard]] std::vector<DataFinding> findings() const override { return whole_->findings(); }
  [[nodiscard]] const std::vector<int64_t>& indices() const { return indices_; }

 private:
  [[nodiscard]] int64_t at(int64_t i) const { return indices_[static_cast<size_t>(i)]; }
  DatasetPtr whole_;
  std::vector<int64_t> indices_;
};

/// One labelled picture in memory.
struct Sample {
  Picture picture;
  int32_t label = 0;
  std::string file_name;
};

/// Pictures held in memory. Throws Error (kUsage) for a label out of range.
class MemoryDataset final : public Dataset {
 public:
  MemoryDataset(std::vector<std::string> class_names, std::vector<Sample> samples,
                std::vector<DataFinding> findings = {});
  [[nodiscard]] int64_t size() const override { return static_cast<int64_t>(samples_.size()); }
  [[nodiscard]] const std::vector<std::string>& class_names() const override {
    return class_names_;
  }
  [[nodiscard]] int32_t label(int64_t i) const override { return at(i).label; }
  [[nodiscard]] std::string file_name(int64_t i) const override { return at(i).file_name; }
  [[nodiscard]] Result<Picture> picture(int64_t i) const override { return at(i).picture; }
  [[nodiscard]] std::optional<PictureView> view(int64_t i) const override {
    return at(i).picture.view();
  }
  [[nodiscard]] std::vector<DataFinding> findings() const override { return findings_; }

 private:
  [[nodiscard]] const Sample& at(int64_t i) const { return samples_[static_cast<size_t>(i)]; }
  std::vector<std::string> class_names_;
  std::vector<Sample> samples_;
  std::vector<DataFinding> findings_;
};

}  // namespace fovea
