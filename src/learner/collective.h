// What processes that train together do together. One implementation a file (collective_*.cc).
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string_view>

#include "fovea/error.h"
#include "learner/launch.h"

namespace fovea {

/// Operations that every process of a launch calls in the same order with tensors of the same shape
/// and type; each waits for the others. Tensors are contiguous and lie on the device given to
/// connect(), or on the CPU. Equal inputs give equal bits, in every process and every run.
///
/// Errors: kCheckFailed where another process was lost or ended; the message names its rank. After
/// an error nothing but tell_failure() may be called. Not thread-safe.
class Collective {
 public:
  virtual ~Collective() = default;
  /// This process's place, 0 to size() - 1.
  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] virtual int size() const = 0;
  /// Replaces `values` by the sum over all processes.
  [[nodiscard]] virtual Status all_reduce_sum(at::Tensor& values) = 0;
  /// Replaces `values` by those of process `from`.
  [[nodiscard]] virtual Status broadcast(at::Tensor& values, int from) = 0;
  /// Returns when all have called it.
  [[nodiscard]] virtual Status barrier() = 0;
  /// Tells the others why this process ends, for their messages. Never fails; called at most once.
  virtual void tell_failure(std::string_view message) noexcept = 0;
};

/// How long processes wait for each other.
struct CollectiveTimes {
  double meet_s = 300;    ///< until all have arrived
  double beat_s = 1;      ///< between signs of life
  double silence_s = 60;  ///< without a sign of life a process is lost
  double leave_s = 10;    ///< at the end, for those who still read
};

/// Meets the other processes of a launch of more than one. Returns when all are there.
/// Errors: kCheckFailed where some did not come in time; kUsage for an address that cannot be used;
/// kNotInBuild where LibTorch was built without c10d and Gloo.
[[nodiscard]] Result<std::unique_ptr<Collective>> connect(const Launch& launch,
                                                          const at::Device& device,
                                                          const CollectiveTimes& times = {});

}  // namespace fovea
