#include "model/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/words.h"

namespace fovea {
namespace {

static_assert(std::endian::native == std::endian::little, "tensor data is copied as it is");

ErrorInfo not_writable(const std::string& path, std::string what) {
  return {.kind = ErrorKind::kBadInput, .what = std::move(what), .where = shown_path(path)};
}

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

using Item = std::pair<const std::string*, const Tensor*>;

/// Header text, padded so that the data part starts at a multiple of 8.
std::string header_text(const std::vector<Item>& items, const StringMap& metadata) {
  std::string text = "{";
  if (!metadata.empty()) {
    text += "\"__metadata__\":{";
    for (const auto& [key, value] : metadata) text += quoted(key) + ":" + quoted(value) + ",";
    text.back() = '}';
    text += ',';
  }
  size_t begin = 0;
  for (const auto& [name, tensor] : items) {
    const size_t end = begin + tensor->bytes();
    text += quoted(*name) + ":{\"dtype\":\"" + std::string(dtype_name(tensor->dtype())) +
            "\",\"shape\":" + tensor->shape().text() + ",\"data_offsets\":[" +
            std::to_string(begin) + "," + std::to_string(end) + "]},";
    begin = end;
  }
  if (text.back() == ',') text.pop_back();
  text += '}';
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

Status check_names(const std::string& path, const NamedTensors& tensors,
                   const StringMap& metadata) {
  for (const auto& [name, tensor] : tensors) {
    if (name == "__metadata__") return not_writable(path, "no tensor can be called __metadata__");
    if (!is_utf8(name)) {
      return not_writable(path, "a tensor's name is no UTF-8: '" + shown_path(name) + "'");
    }
    FOVEA_CHECK(tensor.defined());
  }
  for (const auto& [key, value] : metadata) {
    if (!is_utf8(key) || !is_utf8(value)) {
      return not_writable(path, "the metadata's '" + shown_path(key) + "' is no UTF-8");
    }
  }
  return {};
}

}  // namespace

Tensor copy_tensor(const TensorEntry& entry, std::span<const std::byte> data) {
  Tensor out(entry.dtype, entry.shape);
  // Copied, never cast: a tensor may start at any byte.
  if (out.bytes() != 0) std::memcpy(out.raw(), data.data() + entry.begin, out.bytes());
  return out;
}

Result<TensorFile> parse_safetensors(std::span<const std::byte> file, std::string_view source) {
  Result<SafetensorsHeader> header = parse_safetensors_header(file, source);
  if (!header.ok()) return header.error();
  TensorFile out;
  for (const auto& [name, entry] : header.value().entries) {
    out.tensors.emplace(name, copy_tensor(entry, file.subspan(header.value().data_begin)));
  }
  out.metadata = std::move(header.value().metadata);
  return out;
}

Result<TensorFile> read_safetensors(const std::string& path) {
  const Result<std::shared_ptr<const MappedFile>> file = MappedFile::open(path);
  if (!file.ok()) return file.error();
  return parse_safetensors(file.value()->bytes(), shown_path(path));
}

Status write_safetensors(const std::string& path, const NamedTensors& tensors,
                         const StringMap& metadata, Overwrite overwrite) {
  Status names = check_names(path, tensors, metadata);
  if (!names.ok()) return names;
  std::vector<Item> items;
  items.reserve(tensors.size());
  for (const auto& [name, tensor] : tensors) items.emplace_back(&name, &tensor);
  std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return element_bytes(a.second->dtype()) > element_bytes(b.second->dtype());
  });
  const std::string text = header_text(items, metadata);
  if (text.size() > kMaxHeaderBytes) {
    return not_writable(path, "the header would have " + std::to_string(text.size()) +
                                  " bytes; at most " + std::to_string(kMaxHeaderBytes) +
                                  " are allowed");
  }
  Result<FileWriter> writer = FileWriter::create(path, overwrite);
  if (!writer.ok()) return writer.error();
  const auto length = std::bit_cast<std::array<std::byte, 8>>(static_cast<uint64_t>(text.size()));
  Status status = writer.value().write(length);
  if (status.ok()) status = writer.value().write(text);
  for (const auto& [name, tensor] : items) {
    if (status.ok()) status = writer.value().write(std::span(tensor->raw(), tensor->bytes()));
  }
  return status.ok() ? writer.value().commit() : status;
}

}  // namespace fovea
