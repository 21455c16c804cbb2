#include "eval/input_source.h"

#include <optional>
#include <utility>

#include "data/core/parallel.h"

namespace fovea {

TensorSource::TensorSource(NamedTensors inputs, std::vector<int64_t> labels)
    : inputs_(std::move(inputs)), labels_(std::move(labels)) {
  int64_t n = labels_.empty() ? -1 : static_cast<int64_t>(labels_.size());
  for (const auto& [name, tensor] : inputs_) {
    const int64_t rows = tensor.shape().rank() == 0 ? 0 : tensor.shape()[0];
    if (n < 0) n = rows;
    if (rows == n) continue;
    throw Error({.kind = ErrorKind::kBadInput,
                 .what = "inputs hold different numbers of samples",
                 .where = "input '" + name + "'",
                 .expected = std::to_string(n),
                 .found = std::to_string(rows)});
  }
  if (labels_.empty() && n > 0) labels_.assign(static_cast<size_t>(n), -1);
}

Result<LabelledInputs> TensorSource::load(int64_t begin, int64_t end) const {
  FOVEA_CHECK(0 <= begin && begin < end && end <= n());
  LabelledInputs out{.labels = {labels_.begin() + begin, labels_.begin() + end}};
  for (const auto& [name, tensor] : inputs_) out.inputs[name] = tensor.rows(begin, end);
  return out;
}

DatasetSource::DatasetSource(DatasetPtr dataset, const Transform& transform, std::string name,
                             int threads)
    : dataset_(std::move(dataset)),
      transform_(transform),
      name_(std::move(name)),
      threads_(threads) {}

Result<LabelledInputs> DatasetSource::load(int64_t begin, int64_t end) const {
  FOVEA_CHECK(0 <= begin && begin < end && end <= n());
  Tensor input =
      Tensor::f32({end - begin, static_cast<int64_t>(kChannels), transform_.crop, transform_.crop});
  const std::span<float> values = input.data<float>();
  std::vector<std::optional<ErrorInfo>> errors(static_cast<size_t>(end - begin));
  const auto load_one = [&](int64_t i) {
    const auto row = values.subspan(static_cast<size_t>(i - begin) * transform_.n_values(),
                                    transform_.n_values());
    if (const auto view = dataset_->view(i)) {
      apply(transform_, *view, row);
      return;
    }
    const Result<Picture> picture = dataset_->picture(i);
    if (picture.ok()) {
      apply(transform_, picture.value().view(), row);
    } else {
      errors[static_cast<size_t>(i - begin)] = picture.error();
    }
  };
  // Pictures that lie in memory are copied faster than threads start.
  for_range(begin, end, dataset_->view(begin) ? 1 : threads_, load_one);
  for (const std::optional<ErrorInfo>& error : errors) {
    if (error) return *error;
  }
  LabelledInputs out;
  for (int64_t i = begin; i < end; ++i) out.labels.push_back(dataset_->label(i));
  out.inputs[name_] = std::move(input);
  return out;
}

}  // namespace fovea
