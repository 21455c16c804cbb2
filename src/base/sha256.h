// SHA-256 (FIPS 180-4): whether a file is the one that was published.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "fovea/error.h"

namespace fovea {

/// Running digest of bytes. Not thread-safe.
class Sha256 {
 public:
  void add(std::span<const std::byte> bytes);
  /// The digest of all bytes so far as 64 hexadecimal digits in lower case; ends the object's use.
  [[nodiscard]] std::string hex();

 private:
  void block(const uint8_t* bytes);

  std::array<uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, 64> pending_{};
  uint64_t length_ = 0;
};

/// Digest of a file. Errors (kBadInput): missing, unreadable.
[[nodiscard]] Result<std::string> sha256_of_file(const std::string& path);

}  // namespace fovea
