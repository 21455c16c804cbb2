#include "learner/run_folder.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "fovea/tensor.h"
#include "model/safetensors.h"

namespace fovea {
namespace {

ErrorInfo cannot_write(const std::string& path, int error_number) {
  return {.kind = ErrorKind::kCannotWrite,
          .what = std::string("cannot write: ") + std::strerror(error_number),
          .where = shown_path(path)};
}

bool exists(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0;
}

}  // namespace

Status RunFolder::begin(Overwrite overwrite) const {
  if (::mkdir(path_.c_str(), 0777) != 0 && errno != EEXIST) return cannot_write(path_, errno);
  for (const std::string& file : {last(), model()}) {
    if (overwrite == Overwrite::kAllow || !exists(file)) continue;
    return ErrorInfo{.kind = ErrorKind::kCannotWrite,
                     .what = "a run is there already",
                     .where = shown_path(file),
                     .hint = "--resume goes on with it, --force begins anew"};
  }
  for (const std::string& file : {last(), best(), model()}) ::remove(file.c_str());
  return write_file(metrics(), "", Overwrite::kAllow);
}

Status RunFolder::go_on(int64_t total_steps) const {
  if (!exists(metrics())) return write_file(metrics(), "", Overwrite::kAllow);
  const Result<std::string> text = read_file(metrics());
  if (!text.ok()) return text.error();
  std::string kept;
  size_t begin = 0;
  while (begin < text.value().size()) {
    size_t end = text.value().find('\n', begin);
    if (end == std::string::npos) end = text.value().size();
    const std::string line = text.value().substr(begin, end - begin);
    begin = end + 1;
    const auto value = nlohmann::json::parse(line, nullptr, false);
    if (!value.is_object() || !value.contains("step") || !value["step"].is_number_integer()) break;
    if (value["step"].get<int64_t>() > total_steps) break;
    kept += line + "\n";
  }
  return write_file(metrics(), kept, Overwrite::kAllow);
}

Status RunFolder::log(std::string_view line) const {
  std::FILE* file = std::fopen(metrics().c_str(), "ae");
  if (file == nullptr) return cannot_write(metrics(), errno);
  const std::string text = std::string(line) + "\n";
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = std::fclose(file) == 0;
  if (!written || !closed) return cannot_write(metrics(), errno);
  return {};
}

Status save_split(const std::string& path, const HoldOut& split) {
  const auto tensor = [](const std::vector<int64_t>& indices) {
    Tensor out = Tensor::i64({static_cast<int64_t>(indices.size())});
    std::copy(indices.begin(), indices.end(), out.data<int64_t>().begin());
    return out;
  };
  return write_safetensors(path, {{"train", tensor(split.train)}, {"val", tensor(split.val)}}, {},
                           Overwrite::kAllow);
}

Status check_split(const std::string& path, const HoldOut& split) {
  const Result<TensorFile> file = read_safetensors(path);
  if (!file.ok()) return file.error();
  const auto same = [&](const char* name, const std::vector<int64_t>& indices) {
    const auto at = file.value().tensors.find(name);
    if (at == file.value().tensors.end() || at->second.dtype() != DType::kI64) return false;
    const auto stored = at->second.data<int64_t>();
    return std::equal(stored.begin(), stored.end(), indices.begin(), indices.end());
  };
  if (same("train", split.train) && same("val", split.val)) return {};
  return ErrorInfo{.kind = ErrorKind::kBadInput,
                   .what = "the run held out other pictures than these settings do",
                   .where = shown_path(path)};
}

}  // namespace fovea
