// Telling whether files have changed without reading them.
#pragma once

#include <cstdint>
#include <string>

namespace fovea {

/// 64 bits that change where a file, or any file below a folder, is added, removed, renamed,
/// replaced or written to: from names, sizes, times and what the file system calls the files, not
/// from their contents. They may change where the contents do not (a copy, another machine). Never
/// 0; links to folders are followed in the uppermost folder only, as class folders are read.
[[nodiscard]] uint64_t source_fingerprint(const std::string& path);

}  // namespace fovea
