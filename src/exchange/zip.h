// A bounded reader of zip archives whose entries are stored, not compressed, as torch.save writes
// them. Source: PKWARE APPNOTE 6.3, sections 4.3 (records) and 4.5.3 (zip64).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "fovea/error.h"

namespace fovea {

/// The bytes of each entry by its name; they point into the file that was read.
using ZipEntries = std::map<std::string, std::span<const std::byte>, std::less<>>;

/// Reads the central directory and finds each entry's bytes. Errors (kBadInput) name `source`:
/// no or cut directory, compressed or encrypted entries, entries outside the file, equal names.
[[nodiscard]] Result<ZipEntries> read_stored_zip(std::span<const std::byte> file,
                                                 std::string_view source);

}  // namespace fovea
