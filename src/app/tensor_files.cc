#include "app/tensor_files.h"

#include "base/file.h"

namespace fovea::app {

SafetensorsHeader tensor_header(const std::string& path) {
  const auto file = MappedFile::open(path).value();
  return parse_safetensors_header(file->bytes(), shown_path(path)).value();
}

NamedTensors read_some_tensors(const std::string& path, const std::set<std::string>& names) {
  const auto file = MappedFile::open(path).value();
  const SafetensorsHeader header =
      parse_safetensors_header(file->bytes(), shown_path(path)).value();
  NamedTensors out;
  for (const std::string& name : names) {
    const auto at = header.entries.find(name);
    if (at == header.entries.end()) continue;
    out[name] = copy_tensor(at->second, file->bytes().subspan(header.data_begin));
  }
  return out;
}

}  // namespace fovea::app
