#include "eval/input_source.h"

#include <chrono>
#include <utility>

namespace fovea {
namespace {

/// Calls `body`; where times are asked for, its time is added to one of them.
template <typename Body>
auto timed(LoadTimes* times, double LoadTimes::*part, const Body& body) {
  class Clock {
   public:
    explicit Clock(double* sum) : sum_(sum) {
      if (sum_ != nullptr) begin_ = std::chrono::steady_clock::now();
    }
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    ~Clock() {
      if (sum_ == nullptr) return;
      const auto end = std::chrono::steady_clock::now();
      *sum_ += std::chrono::duration<double, std::milli>(end - begin_).count();
    }

   private:
    double* sum_;
    std::chrono::steady_clock::time_point begin_;
  };
  const Clock clock(times == nullptr ? nullptr : &(times->*part));
  return body();
}

}  // namespace

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

Result<LabelledInputs> TensorSource::load(int64_t begin, int64_t end, LoadTimes*) const {
  FOVEA_CHECK(0 <= begin && begin < end && end <= n());
  LabelledInputs out{.labels = {labels_.begin() + begin, labels_.begin() + end}};
  for (const auto& [name, tensor] : inputs_) out.inputs[name] = tensor.rows(begin, end);
  return out;
}

DatasetSource::DatasetSource(DatasetPtr dataset, const Transform& transform, std::string name)
    : dataset_(std::move(dataset)), transform_(transform), name_(std::move(name)) {}

Result<LabelledInputs> DatasetSource::load(int64_t begin, int64_t end, LoadTimes* times) const {
  FOVEA_CHECK(0 <= begin && begin < end && end <= n());
  // Fresh memory is touched here for the first time, which may take longer than the transform.
  Tensor input = timed(times, &LoadTimes::transform_ms, [&] {
    return Tensor::f32(
        {end - begin, static_cast<int64_t>(kChannels), transform_.crop, transform_.crop});
  });
  LabelledInputs out;
  for (int64_t i = begin; i < end; ++i) {
    const auto row = input.data<float>().subspan(
        static_cast<size_t>(i - begin) * transform_.n_values(), transform_.n_values());
    out.labels.push_back(dataset_->label(i));
    if (const auto view = dataset_->view(i)) {
      timed(times, &LoadTimes::transform_ms, [&] { apply(transform_, *view, row); });
      continue;
    }
    const Result<Picture> picture =
        timed(times, &LoadTimes::decode_ms, [&] { return dataset_->picture(i); });
    if (!picture.ok()) return picture.error();
    timed(times, &LoadTimes::transform_ms, [&] { apply(transform_, picture.value().view(), row); });
  }
  out.inputs[name_] = std::move(input);
  return out;
}

}  // namespace fovea
