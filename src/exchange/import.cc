#include "exchange/import.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/words.h"
#include "exchange/torch_file.h"
#include "model/match.h"

namespace fovea {
namespace {

constexpr std::string_view kParallelPrefix = "module.";  // DataParallel wraps the network in it
constexpr std::string_view kOwnPrefix = "fovea.";
constexpr size_t kListed = 10;

ErrorInfo bad(std::string_view source, std::string what) {
  return {.kind = ErrorKind::kBadInput, .what = std::move(what), .where = std::string(source)};
}

std::string_view without(std::string_view key, std::string_view prefix) {
  return key.starts_with(prefix) ? key.substr(prefix.size()) : key;
}

/// The parameter name that a key stands for, or nothing where the prefix leaves it out.
std::optional<std::string_view> stripped(std::string_view key, std::string_view prefix) {
  if (prefix.empty()) return without(key, kParallelPrefix);
  for (const std::string_view start : {key, without(key, kParallelPrefix)}) {
    if (start.starts_with(prefix)) return without(start.substr(prefix.size()), kParallelPrefix);
  }
  return std::nullopt;
}

/// A prefix under which a missing name is there, as a hint.
std::string prefix_hint(const Mismatch& mismatch, const NamedTensors& tensors) {
  if (mismatch.missing.empty()) return {};
  const std::string& name = mismatch.missing.front();
  for (const auto& [key, tensor] : tensors) {
    if (key.size() > name.size() && key.ends_with(name)) {
      return "give --prefix " + shown_path(key.substr(0, key.size() - name.size()));
    }
  }
  return {};
}

bool all_finite(const Tensor& tensor) {
  const auto values = tensor.data<float>();
  return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}

/// Keys of the file by the parameter names that they stand for.
using Keys = std::map<std::string, const std::string*, std::less<>>;

Result<Keys> keys_of(const StoredTensors& checkpoint, std::string_view prefix) {
  Keys keys;
  for (const auto& [key, tensor] : checkpoint.tensors) {
    const std::optional<std::string_view> name = stripped(key, prefix);
    if (!name) continue;
    const auto [other, added] = keys.emplace(std::string(*name), &key);
    if (!added) {
      return bad(checkpoint.source, "the keys '" + shown_path(*other->second) + "' and '" +
                                        shown_path(key) + "' both stand for '" + shown_path(*name) +
                                        "'");
    }
  }
  if (!keys.empty() || prefix.empty()) return keys;
  ErrorInfo error =
      bad(checkpoint.source, "no key of the checkpoint begins with '" + shown_path(prefix) + "'");
  if (!checkpoint.tensors.empty()) {
    error.found = "'" + shown_path(checkpoint.tensors.begin()->first) + "' and others";
  }
  return error;
}

}  // namespace

Result<StoredTensors> read_checkpoint(const std::string& path) {
  const Result<std::shared_ptr<const MappedFile>> file = MappedFile::open(path);
  if (!file.ok()) return file.error();
  const std::span<const std::byte> bytes = file.value()->bytes();
  StoredTensors out{.source = shown_path(path)};
  if (looks_like_torch_file(bytes)) {
    Result<NamedTensors> tensors = read_torch_file(bytes, out.source);
    if (!tensors.ok()) return tensors.error();
    out.tensors = std::move(tensors).value();
    return out;
  }
  Result<TensorFile> tensors = parse_safetensors(bytes, out.source);
  if (!tensors.ok()) {
    ErrorInfo error = tensors.error();
    if (!path.ends_with(".safetensors") && !path.ends_with(".fovea")) {
      error.hint = "checkpoints are safetensors files or files of torch.save";
    }
    return error;
  }
  for (auto& [key, value] : tensors.value().metadata) {
    if (key != "format" && !key.starts_with(kOwnPrefix)) {
      out.settings.emplace(key, std::move(value));
    }
  }
  for (auto& [name, tensor] : tensors.value().tensors) {
    if (!name.starts_with(kOwnPrefix)) out.tensors.emplace(name, std::move(tensor));
  }
  return out;
}

Result<NamedTensors> match_checkpoint(const Graph& graph, const StoredTensors& checkpoint,
                                      std::string_view prefix) {
  const Result<Keys> found = keys_of(checkpoint, prefix);
  if (!found.ok()) return found.error();
  const Keys& keys = found.value();
  const auto tensor_of = [&](const std::string* key) -> const Tensor& {
    return checkpoint.tensors.find(*key)->second;
  };
  TensorKinds kinds;
  for (const auto& [name, key] : keys) {
    kinds.emplace(name, TensorKind{tensor_of(key).dtype(), tensor_of(key).shape()});
  }
  const Mismatch mismatch = compare_params(graph, kinds);
  if (!mismatch.empty()) {
    ErrorInfo error = bad(checkpoint.source, "checkpoint and network '" + graph.name() +
                                                 "' do not fit: " + mismatch.text());
    if (prefix.empty()) error.hint = prefix_hint(mismatch, checkpoint.tensors);
    return error;
  }
  NamedTensors out;
  std::vector<std::string> not_finite;
  for (const Param& param : graph.params()) {
    const auto key = keys.find(param.name);
    Tensor tensor =
        key == keys.end() ? Tensor::i64(param.shape) : widened(param, tensor_of(key->second));
    if (param.role != ParamRole::kCounter && !all_finite(tensor)) not_finite.push_back(param.name);
    out.emplace(param.name, std::move(tensor));
  }
  if (!not_finite.empty()) {
    const size_t n = std::min(not_finite.size(), kListed);
    return bad(checkpoint.source, std::to_string(not_finite.size()) +
                                      " with values that are not finite: " +
                                      joined(std::span(not_finite).first(n), ", ") +
                                      (n < not_finite.size() ? ", …" : ""));
  }
  return out;
}

}  // namespace fovea
