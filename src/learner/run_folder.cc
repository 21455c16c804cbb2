#include "learner/run_folder.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "fovea/tensor.h"
#include "learner/curves.h"
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

Status append(const std::string& path, std::string_view text) {
  std::FILE* file = std::fopen(path.c_str(), "ae");
  if (file == nullptr) return cannot_write(path, errno);
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = std::fclose(file) == 0;
  if (!written || !closed) return cannot_write(path, errno);
  return {};
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

Status RunFolder::check_free(Overwrite overwrite) const {
  for (const std::string& file : {last(), model()}) {
    if (overwrite == Overwrite::kAllow || !exists(file)) continue;
    return ErrorInfo{.kind = ErrorKind::kCannotWrite,
                     .what = "a run is there already",
                     .where = shown_path(file),
                     .hint = "--resume goes on with it, --force begins anew"};
  }
  return {};
}

Status RunFolder::check_resumable() const {
  if (exists(last())) return {};
  return ErrorInfo{.kind = ErrorKind::kBadInput,
                   .what = "there is no run to go on with",
                   .where = shown_path(path_),
                   .expected = "a checkpoint " + shown_path(last()),
                   .hint = "without --resume a run begins there"};
}

Status RunFolder::begin(Overwrite overwrite) const {
  Status is_free = check_free(overwrite);
  if (!is_free.ok()) return is_free;
  if (::mkdir(path_.c_str(), 0777) != 0 && errno != EEXIST) return cannot_write(path_, errno);
  for (const std::string& file : {last(), best(), model(), events()}) ::remove(file.c_str());
  return rewrite("");
}

Status RunFolder::rewrite(const std::string& lines) const {
  // What the curves keep of the time before: a record for each line, behind the header's.
  std::vector<double> times;
  const Result<std::string> before = read_file(events());
  if (before.ok()) times = events_times(before.value());
  const auto time_of = [&](size_t i) { return i < times.size() ? times[i] : wall_seconds(); };
  std::string rows;
  std::string curves = events_header(time_of(0));
  size_t n = 0;
  for (size_t begin = 0; begin < lines.size(); begin = lines.find('\n', begin) + 1) {
    const std::string line = lines.substr(begin, lines.find('\n', begin) - begin);
    if (rows.empty()) rows = csv_header(line);
    rows += csv_row(line);
    curves += events_record(line, time_of(++n));
  }
  for (const auto& [path, text] :
       {std::pair{metrics(), lines}, {table(), rows}, {events(), curves}}) {
    Status written = write_file(path, text, Overwrite::kAllow);
    if (!written.ok()) return written;
  }
  return {};
}

Status RunFolder::go_on(int64_t total_steps) const {
  if (!exists(metrics())) return rewrite("");
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
  return rewrite(kept);
}

Status RunFolder::log(std::string_view line) const {
  Status written = append(metrics(), std::string(line) + "\n");
  if (!written.ok()) return written;
  struct stat info {};
  const bool begins = ::stat(table().c_str(), &info) != 0 || info.st_size == 0;
  written = append(table(), (begins ? csv_header(line) : "") + csv_row(line));
  if (!written.ok()) return written;
  return append(events(), events_record(line, wall_seconds()));
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
