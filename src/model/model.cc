#include "fovea/model.h"

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/words.h"
#include "model/match.h"
#include "model/safetensors.h"

namespace fovea {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kVersionKey = "fovea.format_version";
constexpr std::string_view kGraphKey = "fovea.graph";
constexpr std::string_view kTransformKey = "fovea.transform";
constexpr std::string_view kLabelsKey = "fovea.labels";
constexpr std::string_view kPoliciesKey = "fovea.policies";
constexpr std::string_view kTrainingKey = "fovea.training";
constexpr std::string_view kOwnPrefix = "fovea.";
/// Deeper nesting than any of our own records has; keeps the JSON reader's memory small.
constexpr int kMaxJsonDepth = 64;
constexpr size_t kMaxJsonBytes = size_t{32} << 20;

ErrorInfo bad(std::string_view source, std::string what, std::string expected = {},
              std::string found = {}) {
  return {.kind = ErrorKind::kBadInput,
          .what = std::move(what),
          .where = std::string(source),
          .expected = std::move(expected),
          .found = std::move(found)};
}

ErrorInfo unfit(std::string what, std::string found = {}) {
  return {.kind = ErrorKind::kUsage, .what = std::move(what), .found = std::move(found)};
}

/// Takes one key out of the metadata; empty where it is absent.
std::string take(StringMap& metadata, std::string_view key) {
  const auto it = metadata.find(key);
  if (it == metadata.end()) return {};
  std::string value = std::move(it->second);
  metadata.erase(it);
  return value;
}

/// A JSON value, or nothing where the text is none, is very long or is nested too deeply.
std::optional<Json> parse_json(const std::string& text) {
  if (text.size() > kMaxJsonBytes) return std::nullopt;
  bool too_deep = false;
  const Json::parser_callback_t watch = [&too_deep](int depth, Json::parse_event_t /*event*/,
                                                    Json& /*value*/) {
    too_deep = too_deep || depth > kMaxJsonDepth;
    return !too_deep;
  };
  Json value = Json::parse(text, watch, /*allow_exceptions=*/false);
  if (too_deep || value.is_discarded()) return std::nullopt;
  return value;
}

Status check_version(std::string_view source, const std::string& text) {
  if (text.empty()) {
    ErrorInfo error = bad(source, "no model file: its metadata has no fovea.format_version");
    error.hint = "make a model file of a checkpoint with `fovea import`";
    return error;
  }
  const auto parts = split(text, '.');
  const std::optional<int64_t> major = parse_int(parts[0]);
  const std::optional<int64_t> minor = parts.size() > 1 ? parse_int(parts[1]) : int64_t{0};
  if (!major || !minor || parts.size() > 2 || *major < 1 || *minor < 0) {
    return bad(source, "fovea.format_version is no version", "MAJOR.MINOR",
               "'" + shown_path(text.substr(0, 40)) + "'");
  }
  if (*major > kModelFormatMajor) {
    return bad(source, "the model file is of a newer format than this program reads",
               "version " + std::to_string(kModelFormatMajor) + ".x", "version " + text);
  }
  return {};
}

Status read_labels(std::string_view source, const std::string& text,
                   std::vector<std::string>& labels) {
  if (text.empty()) return {};
  const std::optional<Json> list = parse_json(text);
  if (!list || !list->is_array()) {
    return bad(source, "fovea.labels has the wrong form", "a JSON list of texts");
  }
  for (const Json& label : *list) {
    if (!label.is_string()) {
      return bad(source, "fovea.labels has the wrong form", "a JSON list of texts");
    }
    labels.push_back(label.get<std::string>());
  }
  return {};
}

Status read_policies(std::string_view source, const std::string& text,
                     std::map<std::string, std::string, std::less<>>& policies) {
  if (text.empty()) return {};
  const std::optional<Json> object = parse_json(text);
  if (!object || !object->is_object()) {
    return bad(source, "fovea.policies has the wrong form", "a JSON object: name to policy");
  }
  for (const auto& [name, policy] : object->items()) {
    if (!policy.is_object()) {
      return bad(source, "policy '" + shown_path(name) + "' has the wrong form", "a JSON object");
    }
    policies.emplace(name, policy.dump());
  }
  return {};
}

/// Everything but the tensors.
Result<Model> read_metadata(std::string_view source, StringMap metadata) {
  const Status version = check_version(source, take(metadata, kVersionKey));
  if (!version.ok()) return version.error();
  const auto text = metadata.find(kGraphKey);
  if (text == metadata.end()) return bad(source, "the model file has no graph (fovea.graph)");
  Result<Graph> graph = parse_graph(text->second, source);
  if (!graph.ok()) {
    ErrorInfo error = graph.error();
    if (error.where.find(source) == std::string::npos) {
      error.where = std::string(source) + (error.where.empty() ? "" : ", " + error.where);
    }
    return error;
  }
  metadata.erase(text);
  Model model{.graph = std::move(graph).value()};
  model.transform = take(metadata, kTransformKey);
  Status status = read_labels(source, take(metadata, kLabelsKey), model.labels);
  if (!status.ok()) return status.error();
  if (!model.labels.empty() &&
      static_cast<int64_t>(model.labels.size()) != model.graph.n_classes()) {
    return bad(source, "the number of labels is not the number of classes",
               std::to_string(model.graph.n_classes()), std::to_string(model.labels.size()));
  }
  status = read_policies(source, take(metadata, kPoliciesKey), model.policies);
  if (!status.ok()) return status.error();
  model.training = take(metadata, kTrainingKey);
  if (!model.training.empty() && !parse_json(model.training)) {
    return bad(source, "fovea.training is no valid JSON");
  }
  model.metadata = std::move(metadata);
  return model;
}

Status check_weights(std::string_view source, const Graph& graph, const SafetensorsHeader& header) {
  TensorKinds kinds;
  for (const auto& [name, entry] : header.entries) {
    if (!name.starts_with(kOwnPrefix)) kinds.emplace(name, TensorKind{entry.dtype, entry.shape});
  }
  const Mismatch mismatch = compare_params(graph, kinds);
  if (mismatch.empty()) return {};
  return bad(source, "weights and graph do not fit: " + mismatch.text());
}

/// Half precision, or an error where a finite value becomes infinite.
Result<Tensor> narrowed(const std::string& name, const Tensor& weight) {
  Tensor out = weight.to(DType::kF16);
  for (const float value : weight.data<float>()) {
    constexpr float kTooLarge = 65520;  // rounds to infinity
    if (std::isfinite(value) && std::abs(value) >= kTooLarge) {
      return unfit("weight '" + name + "' is too large for half precision", std::to_string(value));
    }
  }
  return out;
}

Result<StringMap> written_metadata(const Model& model) {
  StringMap metadata = model.metadata;
  metadata.insert_or_assign(std::string(kVersionKey), std::to_string(kModelFormatMajor) + "." +
                                                          std::to_string(kModelFormatMinor));
  metadata.insert_or_assign(std::string(kGraphKey), to_text(model.graph));
  if (!model.transform.empty()) {
    metadata.insert_or_assign(std::string(kTransformKey), model.transform);
  }
  if (!model.labels.empty()) {
    if (static_cast<int64_t>(model.labels.size()) != model.graph.n_classes()) {
      return unfit("the number of labels is not the number of classes (" +
                       std::to_string(model.graph.n_classes()) + ")",
                   std::to_string(model.labels.size()));
    }
    for (const std::string& label : model.labels) {
      if (!is_utf8(label)) return unfit("a label is no UTF-8", "'" + shown_path(label) + "'");
    }
    metadata.insert_or_assign(std::string(kLabelsKey), Json(model.labels).dump());
  }
  Json policies = Json::object();
  for (const auto& [name, text] : model.policies) {
    std::optional<Json> policy = parse_json(text);
    if (!is_utf8(name) || !policy || !policy->is_object()) {
      return unfit("policy '" + shown_path(name) + "' is no JSON object");
    }
    policies[name] = std::move(*policy);
  }
  if (!policies.empty()) metadata.insert_or_assign(std::string(kPoliciesKey), policies.dump());
  if (!model.training.empty()) {
    if (!parse_json(model.training)) return unfit("the training record is no valid JSON");
    metadata.insert_or_assign(std::string(kTrainingKey), model.training);
  }
  return metadata;
}

Result<NamedTensors> written_tensors(const Model& model, Storage storage) {
  TensorKinds kinds;
  for (const auto& [name, tensor] : model.params) {
    kinds.emplace(name, TensorKind{tensor.dtype(), tensor.shape()});
  }
  const Mismatch mismatch = compare_params(model.graph, kinds);
  if (!mismatch.empty()) return unfit("weights and graph do not fit: " + mismatch.text());
  NamedTensors out;
  for (const Param& param : model.graph.params()) {
    const auto it = model.params.find(param.name);
    if (it == model.params.end()) continue;
    Tensor tensor = widened(param, it->second);
    if (storage == Storage::kF16 && param.role == ParamRole::kWeight && param.shape.rank() > 1) {
      Result<Tensor> half = narrowed(param.name, tensor);
      if (!half.ok()) return half.error();
      tensor = std::move(half).value();
    }
    out.emplace(param.name, std::move(tensor));
  }
  for (const auto& [name, tensor] : model.extra) {
    if (!name.starts_with(kOwnPrefix)) {
      return unfit("a tensor beside the weights must be called fovea.…", "'" + name + "'");
    }
    if (!out.emplace(name, tensor).second) {
      return unfit("two tensors are called '" + name + "'");
    }
  }
  return out;
}

enum class Part : uint8_t { kHeader, kWhole };

Result<Model> read_model(std::span<const std::byte> file, std::string_view source, Part part) {
  Result<SafetensorsHeader> parsed = parse_safetensors_header(file, source);
  if (!parsed.ok()) return parsed.error();
  const SafetensorsHeader& header = parsed.value();
  Result<Model> read = read_metadata(source, header.metadata);
  if (!read.ok()) return read;
  Model& model = read.value();
  const Status fits = check_weights(source, model.graph, header);
  if (!fits.ok()) return fits.error();
  if (part == Part::kHeader) return read;
  const std::span<const std::byte> data = file.subspan(header.data_begin);
  for (const Param& param : model.graph.params()) {
    const auto entry = header.entries.find(param.name);
    model.params.emplace(param.name, entry == header.entries.end()
                                         ? Tensor::i64(param.shape)
                                         : widened(param, copy_tensor(entry->second, data)));
  }
  for (const auto& [name, entry] : header.entries) {
    if (name.starts_with(kOwnPrefix)) model.extra.emplace(name, copy_tensor(entry, data));
  }
  return read;
}

Result<Model> map_model(const std::string& path, Part part) {
  const Result<std::shared_ptr<const MappedFile>> file = MappedFile::open(path);
  if (!file.ok()) return file.error();
  return read_model(file.value()->bytes(), shown_path(path), part);
}

}  // namespace

Result<Model> parse_model(std::span<const std::byte> file, std::string_view source) {
  return read_model(file, source, Part::kWhole);
}

Result<Model> load_model(const std::string& path) { return map_model(path, Part::kWhole); }

Result<Model> load_model_header(const std::string& path) { return map_model(path, Part::kHeader); }

Status save_model(const std::string& path, const Model& model, Storage storage,
                  Overwrite overwrite) {
  const Result<StringMap> metadata = written_metadata(model);
  if (!metadata.ok()) return metadata.error();
  const Result<NamedTensors> tensors = written_tensors(model, storage);
  if (!tensors.ok()) return tensors.error();
  return write_safetensors(path, tensors.value(), metadata.value(), overwrite);
}

}  // namespace fovea
