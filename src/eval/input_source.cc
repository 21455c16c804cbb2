#include "eval/input_source.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <numeric>
#include <optional>
#include <utility>

#include "data/core/parallel.h"

namespace fovea {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

/// Calls `body`; where times are asked for, its time is added to one of them.
template <typename Body>
auto timed(LoadTimes* times, double LoadTimes::*part, const Body& body) {
  class Adding {
   public:
    Adding(LoadTimes* times, double LoadTimes::*part) : times_(times), part_(part) {
      if (times_ != nullptr) begin_ = Clock::now();
    }
    Adding(const Adding&) = delete;
    Adding& operator=(const Adding&) = delete;
    ~Adding() {
      if (times_ != nullptr) times_->*part_ += ms_since(begin_);
    }

   private:
    LoadTimes* times_;
    double LoadTimes::*part_;
    Clock::time_point begin_;
  };
  const Adding adding(times, part);
  return body();
}

}  // namespace

Result<LabelledInputs> InputSource::load(int64_t begin, int64_t end, LoadTimes* times) const {
  FOVEA_CHECK(0 <= begin && begin < end && end <= n());
  std::vector<int64_t> samples(static_cast<size_t>(end - begin));
  std::iota(samples.begin(), samples.end(), begin);
  return load_listed(samples, times);
}

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

Result<LabelledInputs> TensorSource::load_listed(std::span<const int64_t> samples,
                                                 LoadTimes*) const {
  FOVEA_CHECK(!samples.empty());
  LabelledInputs out;
  for (const int64_t sample : samples) out.labels.push_back(labels_[static_cast<size_t>(sample)]);
  for (const auto& [name, tensor] : inputs_) out.inputs[name] = tensor.gather_rows(samples);
  return out;
}

DatasetSource::DatasetSource(DatasetPtr dataset, const Transform& transform, std::string name,
                             int threads)
    : dataset_(std::move(dataset)),
      transform_(transform),
      name_(std::move(name)),
      threads_(threads) {}

Result<LabelledInputs> DatasetSource::load_listed(std::span<const int64_t> samples,
                                                  LoadTimes* times) const {
  FOVEA_CHECK(!samples.empty());
  const auto n_samples = static_cast<int64_t>(samples.size());
  // Fresh memory is first touched here, which is what it costs.
  Tensor input = timed(times, &LoadTimes::transform_ms, [&] {
    return Tensor::f32(
        {n_samples, static_cast<int64_t>(kChannels), transform_.crop, transform_.crop});
  });
  const std::span<float> values = input.data<float>();
  std::vector<std::optional<ErrorInfo>> errors(samples.size());
  const auto load_one = [&](size_t place, LoadTimes* own) {
    const int64_t sample = samples[place];
    const auto row = values.subspan(place * transform_.n_values(), transform_.n_values());
    if (const auto view = dataset_->view(sample)) {
      timed(own, &LoadTimes::transform_ms, [&] { apply(transform_, *view, row); });
      return;
    }
    const Result<Picture> picture =
        timed(own, &LoadTimes::decode_ms, [&] { return dataset_->picture(sample); });
    if (picture.ok()) {
      timed(own, &LoadTimes::transform_ms, [&] { apply(transform_, picture.value().view(), row); });
    } else {
      errors[place] = picture.error();
    }
  };
  // Pictures that lie in memory are copied faster than threads start.
  const int64_t n_threads =
      dataset_->view(samples.front()) ? 1 : std::clamp<int64_t>(threads_, 1, n_samples);
  struct Worker {
    LoadTimes times;
    Clock::time_point first;
    Clock::time_point last;
  };
  std::vector<Worker> workers(static_cast<size_t>(n_threads));
  std::atomic<size_t> next{0};
  const Clock::time_point start = Clock::now();
  for_range(0, n_threads, static_cast<int>(n_threads), [&](int64_t thread) {
    Worker& own = workers[static_cast<size_t>(thread)];
    own.first = Clock::now();
    for (size_t place = next++; place < samples.size(); place = next++) {
      load_one(place, times == nullptr ? nullptr : &own.times);
    }
    own.last = Clock::now();
  });
  if (times != nullptr) {
    const Clock::time_point stop = Clock::now();
    const auto n = static_cast<double>(n_threads);
    for (const Worker& each : workers) {
      times->decode_ms += each.times.decode_ms / n;
      times->transform_ms += each.times.transform_ms / n;
      const std::chrono::duration<double, std::milli> idle =
          each.first - start + (stop - each.last);
      times->waiting_ms += idle.count() / n;
    }
  }
  for (const std::optional<ErrorInfo>& error : errors) {
    if (error) return *error;
  }
  LabelledInputs out;
  for (const int64_t sample : samples) out.labels.push_back(dataset_->label(sample));
  out.inputs[name_] = std::move(input);
  return out;
}

}  // namespace fovea
