// Policies that may change from batch to batch.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "calibrate/controller.h"
#include "fovea/policy.h"

namespace fovea {

/// What running a batch cost.
struct BatchCost {
  std::span<const int64_t> macs;  ///< executed multiply-adds of each sample
  std::optional<double> ms;       ///< wall time of the whole batch with loading, where it was run
};

/// Says the policy of each batch of a pass and is told what the batch cost. One pass at a time.
class PolicyStream {
 public:
  PolicyStream() = default;
  PolicyStream(const PolicyStream&) = delete;
  PolicyStream& operator=(const PolicyStream&) = delete;
  virtual ~PolicyStream() = default;
  /// For samples begin..end-1 of the pass.
  [[nodiscard]] virtual Policy next(int64_t begin, int64_t end) = 0;
  virtual void ran(const BatchCost& cost) = 0;
};

/// The same policy for all; a replay is cut to the rows of the batch.
class FixedPolicy final : public PolicyStream {
 public:
  explicit FixedPolicy(Policy policy) : policy_(std::move(policy)) {}
  [[nodiscard]] Policy next(int64_t begin, int64_t end) override;
  void ran(const BatchCost&) override {}

 private:
  Policy policy_;
};

/// In what a budget is counted.
enum class CostUnit : uint8_t { kMacs, kMs };

/// What a controller did in one batch.
struct ControlStep {
  int64_t samples = 0;
  double cost = 0;      ///< mean of the batch
  double position = 1;  ///< of the controller during the batch
};

/// What a controller did in a pass.
struct ControlReport {
  CostUnit unit = CostUnit::kMacs;
  double budget = 0;
  std::vector<ControlStep> steps;  ///< one a batch
};

/// The rule of a budget controller; parts of a fixed policy that hold beside it (a cap) stay.
class ControlledPolicy final : public PolicyStream {
 public:
  /// The controller counts in `unit`. With milliseconds `ran` needs the batch's time.
  ControlledPolicy(BudgetController controller, std::optional<int64_t> max_macs,
                   CostUnit unit = CostUnit::kMacs)
      : controller_(std::move(controller)), max_macs_(max_macs), unit_(unit) {}
  [[nodiscard]] Policy next(int64_t begin, int64_t end) override;
  void ran(const BatchCost& cost) override;
  [[nodiscard]] const BudgetController& controller() const { return controller_; }
  [[nodiscard]] CostUnit unit() const { return unit_; }
  [[nodiscard]] ControlReport report() const {
    return {.unit = unit_, .budget = controller_.budget(), .steps = steps_};
  }

 private:
  BudgetController controller_;
  std::optional<int64_t> max_macs_;
  CostUnit unit_;
  std::vector<ControlStep> steps_;
};

}  // namespace fovea
