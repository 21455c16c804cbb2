// Stands in for the export where the build has no ONNX.
#include "exchange/onnx_export.h"

namespace fovea {
namespace {

ErrorInfo absent() {
  return {.kind = ErrorKind::kNotInBuild,
          .what = "this build cannot write ONNX files",
          .hint = "build with FOVEA_ONNX=ON and the package libonnx-dev"};
}

}  // namespace

Result<std::string> onnx_bytes(const Graph& /*graph*/, const NamedTensors& /*params*/,
                               const OnnxOptions& /*options*/) {
  return absent();
}

Status export_onnx(const Graph& /*graph*/, const NamedTensors& /*params*/,
                   const std::string& /*path*/, const OnnxOptions& /*options*/,
                   Overwrite /*overwrite*/) {
  return absent();
}

Status export_onnx_per_exit(const Graph& /*graph*/, const NamedTensors& /*params*/,
                            const std::string& /*folder*/, const OnnxOptions& /*options*/,
                            Overwrite /*overwrite*/) {
  return absent();
}

}  // namespace fovea
