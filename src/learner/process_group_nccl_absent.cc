#include "learner/process_group.h"

namespace fovea {

c10::intrusive_ptr<ProcessGroup> make_nccl_group(const c10::intrusive_ptr<c10d::Store>& /*store*/,
                                                 const Launch& /*launch*/) {
  return {};
}

}  // namespace fovea
