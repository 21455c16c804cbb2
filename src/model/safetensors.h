// safetensors files: an 8-byte length, a JSON header, raw little-endian data in C order.
// Source: the format's own description (github.com/huggingface/safetensors, README, "Format").
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/file.h"
#include "fovea/error.h"
#include "fovea/tensor.h"

namespace fovea {

/// The string metadata of a safetensors file.
using StringMap = std::map<std::string, std::string, std::less<>>;

/// The longest header that is read; the format's own limit.
inline constexpr uint64_t kMaxHeaderBytes = 100'000'000;

/// Where one tensor lies in the data part of a file.
struct TensorEntry {
  DType dtype = DType::kF32;
  Shape shape;
  uint64_t begin = 0;  ///< bytes from the start of the data part
  uint64_t end = 0;
};

/// The header of a safetensors file, checked: entries tile the data part without gap or overlap.
struct SafetensorsHeader {
  std::map<std::string, TensorEntry, std::less<>> entries;
  StringMap metadata;
  uint64_t data_begin = 0;  ///< of the data part, from the start of the file
};

/// Reads and checks the header of a whole file in memory. Errors (kBadInput) name `source`: cut or
/// oversized header, no JSON, duplicate or unknown keys, unknown element type, shape and length
/// that differ, offsets that overlap, leave gaps or leave the file, bytes left over.
[[nodiscard]] Result<SafetensorsHeader> parse_safetensors_header(std::span<const std::byte> file,
                                                                 std::string_view source);

/// A copy of one tensor out of the data part that its header describes.
[[nodiscard]] Tensor copy_tensor(const TensorEntry& entry, std::span<const std::byte> data);

/// All tensors and the string metadata of a file.
struct TensorFile {
  NamedTensors tensors;
  StringMap metadata;
};
[[nodiscard]] Result<TensorFile> read_safetensors(const std::string& path);
/// The same from bytes in memory; `source` names them in messages.
[[nodiscard]] Result<TensorFile> parse_safetensors(std::span<const std::byte> file,
                                                   std::string_view source);

/// Writes a file beside and renames it. Tensors stand by falling element size, then by name, so
/// that each is aligned; equal content gives equal bytes. Errors: kCannotWrite; kBadInput for a
/// name or text that is no UTF-8, a tensor called `__metadata__`, or a header above the limit.
[[nodiscard]] Status write_safetensors(const std::string& path, const NamedTensors& tensors,
                                       const StringMap& metadata, Overwrite overwrite);

}  // namespace fovea
