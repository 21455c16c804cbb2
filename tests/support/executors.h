// The executors of this build, for tests that hold all of them to the same numbers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fovea/executor.h"
#include "fovea/graph.h"
#include "fovea/tensor.h"

namespace fovea::testing_support {

struct ExecutorUnderTest {
  std::string name;  ///< reference, runtime or learner
  /// How far the answers of a sample may lie apart in other company, and with other threads.
  double company_tolerance = 0;
  /// How far they may lie apart in another network that computes the same: values may be laid out
  /// otherwise, and a map is then summed in another order.
  double network_tolerance = 0;
};

struct ExecutorSettings {
  int threads = 1;
  int micro_batch = 3;  ///< of the runtime
};

std::vector<ExecutorUnderTest> executors_under_test();
/// Those that are compared with the reference.
std::vector<ExecutorUnderTest> executors_but_reference();

std::unique_ptr<Executor> make_executor(const ExecutorUnderTest& executor, const Graph& graph,
                                        const NamedTensors& params,
                                        const ExecutorSettings& settings = {});

}  // namespace fovea::testing_support
