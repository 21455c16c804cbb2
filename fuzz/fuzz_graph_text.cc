// A network's text form: whatever parses must be a valid graph that is written and read back equal.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fovea/error.h"
#include "fovea/graph.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const fovea::Result<fovea::Graph> graph = fovea::parse_graph(text, "fuzz");
  if (!graph.ok()) return 0;
  const std::string written = fovea::to_text(graph.value());
  const fovea::Result<fovea::Graph> again = fovea::parse_graph(written, "again");
  FOVEA_CHECK(again.ok());
  FOVEA_CHECK(again.value() == graph.value());
  FOVEA_CHECK(fovea::to_text(again.value()) == written);
  return 0;
}
