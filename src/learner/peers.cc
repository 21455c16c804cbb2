#include "learner/peers.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstring>

#include "base/file.h"
#include "learner/torch_tensor.h"

namespace fovea {

Peers::Part Peers::part(int64_t batch) {
  if (alone()) return {.count = batch};
  // Rounded up, so that the first ones have samples: rank 0's running statistics are kept.
  const auto begin_of = [&](int64_t rank) { return (batch * rank + size() - 1) / size(); };
  const int64_t begin = begin_of(collective_->rank());
  const int64_t count = begin_of(collective_->rank() + 1) - begin;
  counts_ = count > 0;
  if (!counts_) return {.count = 1, .share = 0};
  return {.begin = begin,
          .count = count,
          .share = static_cast<double>(count) / static_cast<double>(batch)};
}

void Peers::sum(at::Tensor& values) {
  if (!alone()) collective_->all_reduce_sum(values).value();
}

Peers::Stop Peers::sum_step(BatchReport& report, at::Tensor& gradients, Stop stop) {
  if (alone()) return stop;
  std::vector<double> numbers{stop == Stop::kYes ? 1.0 : 0.0, 0, report.loss};
  numbers.insert(numbers.end(), report.loss_per_exit.begin(), report.loss_per_exit.end());
  if (counts_) numbers[1] = static_cast<double>(report.samples);
  for (const double correct : report.correct_per_exit) numbers.push_back(counts_ ? correct : 0);
  at::Tensor sums =
      at::from_blob(numbers.data(), {static_cast<int64_t>(numbers.size())}, at::kDouble);
  sum(sums);
  sum(gradients);
  report.samples = static_cast<int64_t>(numbers[1]);
  report.loss = numbers[2];
  const auto exits = static_cast<std::ptrdiff_t>(report.loss_per_exit.size());
  std::copy_n(numbers.begin() + 3, exits, report.loss_per_exit.begin());
  std::copy(numbers.begin() + 3 + exits, numbers.end(), report.correct_per_exit.begin());
  return numbers[0] > 0 ? Stop::kYes : Stop::kNo;
}

void Peers::take_from_first(NamedTensors& tensors) {
  if (alone()) return;
  for (auto& [name, tensor] : tensors) {
    at::Tensor values = to_torch(tensor);
    collective_->broadcast(values, 0).value();
    tensor = from_torch(values);
  }
}

std::string Peers::bytes_of_first(std::string bytes) {
  if (alone()) return bytes;
  at::Tensor length = at::zeros({1}, at::kLong);
  length.fill_(static_cast<int64_t>(bytes.size()));
  collective_->broadcast(length, 0).value();
  const auto size = length.item<int64_t>();
  at::Tensor values = at::empty({size}, at::kByte);
  if (leads()) std::memcpy(values.data_ptr<uint8_t>(), bytes.data(), bytes.size());
  if (size > 0) collective_->broadcast(values, 0).value();
  const auto* data = reinterpret_cast<const char*>(values.data_ptr<uint8_t>());
  return {data, static_cast<size_t>(size)};
}

void Peers::require_same(const std::string& text, const std::string& what) {
  if (bytes_of_first(text) == text) return;
  throw Error({.kind = ErrorKind::kUsage,
               .what = what + " differs between the processes",
               .where = "rank " + std::to_string(collective_->rank()),
               .expected = "what rank 0 has",
               .hint = "start all processes with the same words on the same data"});
}

Result<Checkpoint> Peers::load_checkpoint(const std::string& path) {
  if (alone()) return fovea::load_checkpoint(path);
  std::string bytes;
  if (leads()) {
    Result<std::string> file = read_file(path);
    if (!file.ok()) return file.error();
    bytes = std::move(file.value());
  }
  bytes = bytes_of_first(std::move(bytes));
  return parse_checkpoint(std::as_bytes(std::span(bytes)), path);
}

std::vector<double> Peers::top1(const TrainableNetwork& network, const Batches& batches,
                                int64_t batch) {
  if (alone()) return top1_per_exit(network, batches, batch);
  std::vector<double> numbers = correct_per_exit(
      network, batches, batch, {.first = collective_->rank(), .every = collective_->size()});
  at::Tensor sums =
      at::from_blob(numbers.data(), {static_cast<int64_t>(numbers.size())}, at::kDouble);
  sum(sums);
  for (double& number : numbers) {
    number = 100.0 * number / static_cast<double>(std::max<int64_t>(1, batches.size()));
  }
  return numbers;
}

}  // namespace fovea
