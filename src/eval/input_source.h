// Labelled inputs of a network, loaded piece by piece; evaluation never holds a whole data set.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/core/dataset.h"
#include "data/core/transform.h"
#include "fovea/error.h"
#include "fovea/tensor.h"

namespace fovea {

/// Inputs by name, F32 [N, shape per sample], and a label for each sample (-1 = not known).
struct LabelledInputs {
  NamedTensors inputs;
  std::vector<int64_t> labels;
};

/// Time that loading took, in milliseconds; each part from its own clock reads. Of several threads
/// it is the mean.
struct LoadTimes {
  double decode_ms = 0;     ///< reading and decoding pictures
  double transform_ms = 0;  ///< resizing, cropping, normalising
  double waiting_ms = 0;    ///< of threads for each other
};

/// n samples in a fixed order. Thread-safety: may be read by many threads.
class InputSource {
 public:
  InputSource() = default;
  InputSource(const InputSource&) = delete;
  InputSource& operator=(const InputSource&) = delete;
  virtual ~InputSource() = default;
  [[nodiscard]] virtual int64_t n() const = 0;
  /// Samples begin..end-1, 0 <= begin < end <= n(). Adds to `times` where it is not null.
  [[nodiscard]] virtual Result<LabelledInputs> load(int64_t begin, int64_t end,
                                                    LoadTimes* times = nullptr) const;
  /// The same of listed samples, at least one, in their order.
  [[nodiscard]] virtual Result<LabelledInputs> load_listed(std::span<const int64_t> samples,
                                                           LoadTimes* times = nullptr) const = 0;
};

/// Tensors in memory. Throws Error (kBadInput) where they hold different numbers of samples.
class TensorSource final : public InputSource {
 public:
  /// `labels` is empty where no class is known.
  explicit TensorSource(NamedTensors inputs, std::vector<int64_t> labels = {});
  [[nodiscard]] int64_t n() const override { return static_cast<int64_t>(labels_.size()); }
  /// Shares memory with this source.
  [[nodiscard]] Result<LabelledInputs> load(int64_t begin, int64_t end,
                                            LoadTimes* times = nullptr) const override;
  [[nodiscard]] Result<LabelledInputs> load_listed(std::span<const int64_t> samples,
                                                   LoadTimes* times = nullptr) const override;

 private:
  NamedTensors inputs_;
  std::vector<int64_t> labels_;
};

/// Pictures of a data set through a transform, as the one input `name`. Pictures that have to be
/// decoded are shared between `threads` threads; what is loaded does not depend on their number.
class DatasetSource final : public InputSource {
 public:
  DatasetSource(DatasetPtr dataset, const Transform& transform, std::string name = "input",
                int threads = 1);
  [[nodiscard]] int64_t n() const override { return dataset_->size(); }
  [[nodiscard]] Result<LabelledInputs> load_listed(std::span<const int64_t> samples,
                                                   LoadTimes* times = nullptr) const override;

 private:
  DatasetPtr dataset_;
  Transform transform_;
  std::string name_;
  int threads_;
};

}  // namespace fovea
