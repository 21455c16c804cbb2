// A policy's JSON form: whatever parses is written and read back to the same text.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fovea/error.h"
#include "fovea/policy.h"

namespace {

fovea::Result<fovea::Trace> no_trace(const std::string& path) {
  return fovea::ErrorInfo{
      .kind = fovea::ErrorKind::kBadInput, .what = "no such file", .where = path};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const fovea::Result<fovea::Policy> policy = fovea::parse_policy_json(json, no_trace);
  if (!policy.ok()) return 0;
  const std::string written = fovea::policy_to_json(policy.value());
  const fovea::Result<fovea::Policy> again = fovea::parse_policy_json(written, no_trace);
  FOVEA_CHECK(again.ok());
  FOVEA_CHECK(fovea::policy_to_json(again.value()) == written);
  return 0;
}
