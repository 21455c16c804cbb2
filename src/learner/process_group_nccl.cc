// The headers of c10d show NCCL only to who says that LibTorch has it.
#ifndef USE_C10D_NCCL
#define USE_C10D_NCCL
#endif
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include "learner/process_group.h"

namespace fovea {

c10::intrusive_ptr<ProcessGroup> make_nccl_group(const c10::intrusive_ptr<c10d::Store>& store,
                                                 const Launch& launch) {
  const auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = kGroupPatience;
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(store, launch.rank, launch.size, options);
}

}  // namespace fovea
