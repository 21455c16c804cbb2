#include "learner/device.h"

#include <ATen/ops/empty.h>

#include "fovea/error.h"

namespace fovea {

c10::Device device_of(const std::string& name) {
  c10::Device device = c10::kCPU;
  try {
    device = c10::Device(name);
  } catch (const std::exception&) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "no such device",
                 .where = "device",
                 .expected = "cpu, cuda or cuda:N",
                 .found = name});
  }
  try {
    (void)at::empty({1}, at::TensorOptions().device(device));
  } catch (const std::exception&) {
    throw Error({.kind = ErrorKind::kNotInBuild,
                 .what = "the device cannot be used",
                 .where = name,
                 .expected = "a LibTorch built for it, and the device itself",
                 .hint = "use cpu"});
  }
  return device;
}

}  // namespace fovea
