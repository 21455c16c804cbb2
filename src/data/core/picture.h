// Pictures as everything here uses them: 8 bit per channel, RGB, rows from the top.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fovea {

inline constexpr size_t kChannels = 3;

/// Pixels [height, width, 3] that somebody else owns.
struct PictureView {
  int32_t height = 0;
  int32_t width = 0;
  std::span<const uint8_t> pixels;

  [[nodiscard]] const uint8_t* row(int32_t y) const {
    return pixels.data() + static_cast<size_t>(y) * static_cast<size_t>(width) * kChannels;
  }
};

/// Pixels [height, width, 3] in memory of its own.
struct Picture {
  int32_t height = 0;
  int32_t width = 0;
  std::vector<uint8_t> pixels;

  Picture() = default;
  /// Black; both extents must be at least 0.
  Picture(int32_t rows, int32_t columns)
      : height(rows),
        width(columns),
        pixels(static_cast<size_t>(rows) * static_cast<size_t>(columns) * kChannels) {}

  [[nodiscard]] uint8_t* row(int32_t y) {
    return pixels.data() + static_cast<size_t>(y) * static_cast<size_t>(width) * kChannels;
  }
  [[nodiscard]] PictureView view() const { return {height, width, pixels}; }
  bool operator==(const Picture&) const = default;
};

/// 64 bits that change with extents and pixels. Equal on every
/// machine; not for use against an adversary.
uint64_t content_hash(PictureView picture);

/// Running 64 bit hash of bytes: the result depends on the bytes, not on how they were cut.
class ContentHash {
 public:
  void add(std::span<const uint8_t> bytes);
  void add_number(uint64_t number);
  [[nodiscard]] uint64_t value() const;

 private:
  void mix(uint64_t word);
  uint64_t state_ = 0x243F6A8885A308D3ULL;
  uint64_t pending_ = 0;
  uint64_t length_ = 0;
};

}  // namespace fovea
