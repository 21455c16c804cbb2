// What this machine offers: cores that may be used, instruction sets, speed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::app {

/// Processors that this process may run on.
[[nodiscard]] int affinity_cores();

/// Cores' worth of time that the control group grants, the tightest limit on the way up; nothing
/// where there is none. `proc_cgroup` is the text of /proc/self/cgroup, `root` where the control
/// groups are mounted.
[[nodiscard]] std::optional<double> cgroup_cores(std::string_view proc_cgroup,
                                                 const std::string& root);
/// The same of this process.
[[nodiscard]] std::optional<double> cgroup_cores();

/// The smaller of affinity and quota, the quota rounded up; at least 1.
[[nodiscard]] int default_threads();

struct MachineFacts {
  std::string processor;  ///< its own name, or empty
  int cores = 1;          ///< of the machine
  int affinity = 1;
  std::optional<double> quota;
  std::vector<std::string> kernel_sets;  ///< instruction sets with kernels here, best first
  std::vector<std::string> features;     ///< of avx2 fma f16c avx512f avx512_vnni avx512_bf16 ...
};
[[nodiscard]] MachineFacts machine_facts();

/// Best of several short measurements on one thread.
struct MachineSpeed {
  double fma_gflops = 0;      ///< float32, two operations per multiply-add
  double read_gb_per_s = 0;   ///< from main memory
  std::string_view fma_with;  ///< the instructions it was measured with
};
/// Takes about half a second.
[[nodiscard]] MachineSpeed measure_machine();

}  // namespace fovea::app
