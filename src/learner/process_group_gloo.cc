// The headers of c10d show Gloo only to who says that LibTorch has it.
#ifndef USE_C10D_GLOO
#define USE_C10D_GLOO
#endif
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include "learner/process_group.h"

namespace fovea {
namespace {

using c10d::ProcessGroupGloo;

std::shared_ptr<gloo::transport::Device> device_for(const Launch& launch) {
  if (!launch.interface.empty())
    return ProcessGroupGloo::createDeviceForInterface(launch.interface);
  const bool loopback = launch.host == "localhost" || launch.host.starts_with("127.");
  if (loopback) return ProcessGroupGloo::createDeviceForHostname("127.0.0.1");
  return ProcessGroupGloo::createDefaultDevice();
}

}  // namespace

c10::intrusive_ptr<ProcessGroup> make_gloo_group(const c10::intrusive_ptr<c10d::Store>& store,
                                                 const Launch& launch) {
  const auto options = ProcessGroupGloo::Options::create(kGroupPatience);
  options->devices.push_back(device_for(launch));
  return c10::make_intrusive<ProcessGroupGloo>(store, launch.rank, launch.size, options);
}

}  // namespace fovea
