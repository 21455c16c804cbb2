#include "exchange/torch_file.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "exchange/state_dict.h"
#include "exchange/zip.h"
#include "pickle/pickle.h"

namespace fovea {
namespace {

using Bytes = std::span<const std::byte>;

/// The number that the older form begins with, as its pickle holds it (little-endian).
constexpr std::string_view kMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
constexpr int64_t kLegacyProtocol = 1001;
ErrorInfo bad(std::string_view source, std::string what, std::string expected = {},
              std::string found = {}) {
  return {.kind = ErrorKind::kBadInput,
          .what = std::move(what),
          .where = std::string(source),
          .expected = std::move(expected),
          .found = std::move(found)};
}

bool is_zip(Bytes file) {
  constexpr std::string_view kStart("PK\x03\x04", 4);
  return file.size() >= kStart.size() &&
         std::memcmp(file.data(), kStart.data(), kStart.size()) == 0;
}

bool is_legacy(Bytes file) {
  // PROTO 2, LONG1 of 10 bytes, the magic number; protocols 3 to 5 differ in the second byte.
  constexpr size_t kHead = 4;
  if (file.size() < kHead + kMagic.size()) return false;
  if (std::to_integer<int>(file[0]) != 0x80) return false;
  const auto begin =
      std::search(file.begin(), file.begin() + std::min<std::ptrdiff_t>(32, std::ssize(file)),
                  reinterpret_cast<const std::byte*>(kMagic.data()),
                  reinterpret_cast<const std::byte*>(kMagic.data()) + kMagic.size());
  return begin != file.begin() + std::min<std::ptrdiff_t>(32, std::ssize(file));
}

Result<NamedTensors> read_zip_form(Bytes file, std::string_view source) {
  const Result<ZipEntries> entries = read_stored_zip(file, source);
  if (!entries.ok()) return entries.error();
  // Everything lies in one folder, whose name is free.
  constexpr std::string_view kPickleName = "/data.pkl";
  const auto found =
      std::find_if(entries.value().begin(), entries.value().end(), [&](const auto& entry) {
        return entry.first.ends_with(kPickleName) &&
               entry.first.find('/') == entry.first.size() - kPickleName.size();
      });
  if (found == entries.value().end()) {
    return bad(source, "the zip archive is no torch.save file: it has no data.pkl");
  }
  const std::string folder = found->first.substr(0, found->first.size() - kPickleName.size() + 1);
  const auto order = entries.value().find(folder + "byteorder");
  if (order != entries.value().end() &&
      std::string_view(reinterpret_cast<const char*>(order->second.data()), order->second.size()) !=
          "little") {
    return bad(source, "the file was written in another byte order", "little");
  }
  const Result<Pickle> pickle = read_pickle(found->second, source);
  if (!pickle.ok()) return pickle.error();
  Storages storages;
  const std::string data = folder + "data/";
  for (const auto& [name, bytes] : entries.value()) {
    if (name.starts_with(data)) storages.emplace(name.substr(data.size()), bytes);
  }
  return read_state_dict(pickle.value(), storages, file.size(), source);
}

/// Element type of each storage that a pickle refers to, by key.
std::map<std::string, DType, std::less<>> storage_types(const Pickle& pickle) {
  std::map<std::string, DType, std::less<>> out;
  const auto visit = [&](const PickleNode& node) {
    if (node.kind != PickleKind::kPersistent) return;
    const PickleNode& id = pickle.node(node.items[0]);
    if (id.items.size() < 5) return;
    const std::optional<DType> dtype = storage_dtype(pickle.node(id.items[1]).text);
    if (dtype) out.emplace(pickle.node(id.items[2]).text, *dtype);
  };
  for (PickleId id = 0; id < pickle.size(); ++id) visit(pickle.node(id));
  return out;
}

/// magic, protocol, system, object, list of storage keys, then per key a length and the elements.
Result<NamedTensors> read_legacy_form(Bytes file, std::string_view source) {
  size_t at = 0;
  ErrorInfo error;
  const auto next = [&]() -> std::optional<Pickle> {
    Result<Pickle> pickle = read_pickle(file.subspan(at), source);
    if (!pickle.ok()) {
      error = pickle.error();
      return std::nullopt;
    }
    at += pickle.value().bytes_read();
    return std::move(pickle).value();
  };
  const std::optional<Pickle> magic = next();
  if (!magic) return error;
  if (magic->root().kind != PickleKind::kBigInt || magic->root().text != kMagic) {
    return bad(source, "the file is no torch.save file");
  }
  const std::optional<Pickle> protocol = next();
  if (!protocol) return error;
  if (protocol->root().kind != PickleKind::kInt || protocol->root().integer != kLegacyProtocol) {
    return bad(source, "the torch.save file is of a protocol that is not known",
               std::to_string(kLegacyProtocol));
  }
  if (!next()) return error;  // the writer's machine; always little-endian in practice
  const std::optional<Pickle> object = next();
  if (!object) return error;
  const std::optional<Pickle> keys = next();
  if (!keys) return error;
  const auto types = storage_types(*object);
  Storages storages;
  for (const PickleId id : keys->root().items) {
    const PickleNode& key = keys->node(id);
    const auto type = types.find(key.text);
    uint64_t numel = 0;
    if (type == types.end() || key.kind != PickleKind::kText) {
      return bad(source, "a storage of the file is of no known element type", {},
                 "'" + shown_path(key.text.substr(0, 80)) + "'");
    }
    if (file.size() - at < sizeof numel) return bad(source, "the file is cut short");
    std::memcpy(&numel, file.data() + at, sizeof numel);
    at += sizeof numel;
    const size_t width = element_bytes(type->second);
    if (numel > (file.size() - at) / width) {
      return bad(source, "the file is cut short", std::to_string(numel) + " elements",
                 std::to_string((file.size() - at) / width));
    }
    storages.insert_or_assign(key.text, file.subspan(at, static_cast<size_t>(numel) * width));
    at += static_cast<size_t>(numel) * width;
  }
  return read_state_dict(*object, storages, file.size(), source);
}

}  // namespace

bool looks_like_torch_file(Bytes file) { return is_zip(file) || is_legacy(file); }

Result<NamedTensors> read_torch_file(Bytes file, std::string_view source) {
  if (is_zip(file)) return read_zip_form(file, source);
  if (is_legacy(file)) return read_legacy_form(file, source);
  return bad(source, "the file is no torch.save file");
}

}  // namespace fovea
