// What a training run does with the processes that share its batches; alone, it is all nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "learner/accuracy.h"
#include "learner/batch_report.h"
#include "learner/checkpoint.h"
#include "learner/collective.h"
#include "ops/facet_torch.h"

namespace fovea {

/// A run's view of its processes. All of them call the same methods in the same order. Methods
/// throw Error as Collective says. Not thread-safe.
class Peers final : public BatchPeers {
 public:
  /// `collective` may be null (this process alone) and must outlive the object.
  explicit Peers(Collective* collective) : collective_(collective) {}

  [[nodiscard]] bool alone() const { return collective_ == nullptr; }
  [[nodiscard]] int size() const { return alone() ? 1 : collective_->size(); }
  /// Whether this process writes the run folder and speaks.
  [[nodiscard]] bool leads() const { return alone() || collective_->rank() == 0; }

  /// This process's part of a batch.
  struct Part {
    int64_t begin = 0;  ///< place of its first sample in the batch
    int64_t count = 0;  ///< at least one
    double share = 1;   ///< of the batch; 0 where the samples are others'
  };
  /// Of a batch of so many samples. Parts are contiguous and differ by at most one sample. Where a
  /// batch is too small for all, the rest computes on a sample that does not count, to stay in
  /// step.
  [[nodiscard]] Part part(int64_t batch);

  /// Makes a step's report and gradients those of the whole batch; gives whether any process says
  /// `stop`.
  enum class Stop : uint8_t { kNo, kYes };
  Stop sum_step(BatchReport& report, at::Tensor& gradients, Stop stop);

  /// Gives all processes rank 0's tensors; names and shapes are equal everywhere.
  void take_from_first(NamedTensors& tensors);
  /// Throws Error (kUsage) in every process whose text is another than rank 0's; `what` names it.
  void require_same(const std::string& text, const std::string& what);
  /// Reads a file of rank 0's machine.
  [[nodiscard]] Result<Checkpoint> load_checkpoint(const std::string& path);
  /// top1_per_exit() with the data shared among the processes.
  [[nodiscard]] std::vector<double> top1(const TrainableNetwork& network, const Batches& batches,
                                         int64_t batch);

  void sum(at::Tensor& values) override;
  [[nodiscard]] bool counts() const override { return counts_; }

 private:
  /// Rank 0's bytes in all processes.
  [[nodiscard]] std::string bytes_of_first(std::string bytes);

  Collective* collective_;
  bool counts_ = true;
};

}  // namespace fovea
