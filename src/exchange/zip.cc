#include "exchange/zip.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/file.h"

namespace fovea {
namespace {

constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr uint32_t kCentralSignature = 0x02014b50;
constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint32_t kEnd64Signature = 0x06064b50;
constexpr uint32_t kLocator64Signature = 0x07064b50;
constexpr uint64_t kLocalBytes = 30;
constexpr uint64_t kCentralBytes = 46;
constexpr uint64_t kEndBytes = 22;
constexpr uint64_t kEnd64Bytes = 56;
constexpr uint64_t kLocator64Bytes = 20;
constexpr uint64_t kMaxComment = 0xffff;
constexpr uint16_t kZip64Extra = 1;
constexpr uint32_t kIn64 = 0xffffffff;  // "the value stands in the zip64 record"

ErrorInfo bad(std::string_view source, std::string what, std::string found = {}) {
  return {.kind = ErrorKind::kBadInput,
          .what = std::move(what),
          .where = std::string(source),
          .found = std::move(found)};
}

/// Little-endian reads within bounds; the caller has checked `fits`.
class Bytes {
 public:
  explicit Bytes(std::span<const std::byte> data) : data_(data) {}
  [[nodiscard]] bool fits(uint64_t at, uint64_t n) const {
    return at <= data_.size() && n <= data_.size() - at;
  }
  template <typename T>
  [[nodiscard]] T get(uint64_t at) const {
    T value{};
    std::memcpy(&value, data_.data() + at, sizeof value);
    return value;
  }
  [[nodiscard]] std::span<const std::byte> part(uint64_t at, uint64_t n) const {
    return data_.subspan(static_cast<size_t>(at), static_cast<size_t>(n));
  }
  [[nodiscard]] std::string text(uint64_t at, uint64_t n) const {
    const auto raw = part(at, n);
    return {reinterpret_cast<const char*>(raw.data()), raw.size()};
  }
  [[nodiscard]] uint64_t size() const { return data_.size(); }

 private:
  std::span<const std::byte> data_;
};

struct Directory {
  uint64_t entries = 0;
  uint64_t begin = 0;
  uint64_t bytes = 0;
};

std::optional<uint64_t> find_end(const Bytes& file) {
  if (file.size() < kEndBytes) return std::nullopt;
  const uint64_t last = file.size() - kEndBytes;
  const uint64_t first = last > kMaxComment ? last - kMaxComment : 0;
  for (uint64_t at = last + 1; at-- > first;) {
    if (file.get<uint32_t>(at) == kEndSignature) return at;
  }
  return std::nullopt;
}

Result<Directory> find_directory(const Bytes& file, std::string_view source) {
  const std::optional<uint64_t> end = find_end(file);
  if (!end) return bad(source, "the zip archive has no directory: is the file cut short?");
  Directory out{.entries = file.get<uint16_t>(*end + 10),
                .begin = file.get<uint32_t>(*end + 16),
                .bytes = file.get<uint32_t>(*end + 12)};
  const bool has64 =
      *end >= kLocator64Bytes && file.get<uint32_t>(*end - kLocator64Bytes) == kLocator64Signature;
  if (has64) {
    const auto at = file.get<uint64_t>(*end - kLocator64Bytes + 8);
    if (!file.fits(at, kEnd64Bytes) || file.get<uint32_t>(at) != kEnd64Signature) {
      return bad(source, "the zip archive's zip64 record is damaged");
    }
    out = {.entries = file.get<uint64_t>(at + 32),
           .begin = file.get<uint64_t>(at + 48),
           .bytes = file.get<uint64_t>(at + 40)};
  }
  if (!file.fits(out.begin, out.bytes) || out.entries > out.bytes / kCentralBytes) {
    return bad(source, "the zip archive's directory lies outside the file");
  }
  return out;
}

struct Entry {
  std::string name;
  uint64_t size = 0;
  uint64_t stored_size = 0;
  uint64_t local = 0;  ///< place of the local header
  uint32_t crc = 0;
};

/// Puts the 64-bit values of an extra field in place of those that did not fit 32 bits.
bool apply_zip64(const Bytes& file, uint64_t at, uint64_t end, Entry& entry) {
  while (at + 4 <= end) {
    const auto id = file.get<uint16_t>(at);
    const auto bytes = file.get<uint16_t>(at + 2);
    at += 4;
    if (bytes > end - at) return false;
    if (id == kZip64Extra) {
      uint64_t value = at;
      for (uint64_t* field : {&entry.size, &entry.stored_size, &entry.local}) {
        if (*field != kIn64) continue;
        if (value + 8 > at + bytes) return false;
        *field = file.get<uint64_t>(value);
        value += 8;
      }
    }
    at += bytes;
  }
  return true;
}

uint32_t crc32_of(std::span<const std::byte> bytes) {
  static const auto kTable = [] {
    std::array<uint32_t, 256> table{};
    for (uint32_t i = 0; i < table.size(); ++i) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1U) * 0xedb88320U);
      table[i] = value;
    }
    return table;
  }();
  uint32_t crc = ~0U;
  for (const std::byte b : bytes) {
    crc = (crc >> 8) ^ kTable[(crc ^ std::to_integer<uint32_t>(b)) & 0xffU];
  }
  return ~crc;
}

Result<std::span<const std::byte>> find_bytes(const Bytes& file, const Entry& entry,
                                              std::string_view source) {
  const std::string shown = "'" + shown_path(entry.name) + "'";
  if (!file.fits(entry.local, kLocalBytes) || file.get<uint32_t>(entry.local) != kLocalSignature) {
    return bad(source, "the zip archive's entry " + shown + " is damaged");
  }
  const uint64_t begin = entry.local + kLocalBytes + file.get<uint16_t>(entry.local + 26) +
                         file.get<uint16_t>(entry.local + 28);
  if (!file.fits(begin, entry.size)) {
    return bad(source, "the zip archive's entry " + shown + " lies outside the file");
  }
  const auto bytes = file.part(begin, entry.size);
  if (crc32_of(bytes) != entry.crc) {
    return bad(source, "the checksum of the zip archive's entry " + shown + " does not match");
  }
  return bytes;
}

}  // namespace

Result<ZipEntries> read_stored_zip(std::span<const std::byte> raw, std::string_view source) {
  const Bytes file(raw);
  const Result<Directory> found = find_directory(file, source);
  if (!found.ok()) return found.error();
  const Directory& directory = found.value();
  const uint64_t end = directory.begin + directory.bytes;
  uint64_t at = directory.begin;
  uint64_t total = 0;
  ZipEntries out;
  for (uint64_t i = 0; i < directory.entries; ++i) {
    if (end - at < kCentralBytes || file.get<uint32_t>(at) != kCentralSignature) {
      return bad(source, "the zip archive's directory is damaged");
    }
    const uint64_t name_bytes = file.get<uint16_t>(at + 28);
    const uint64_t extra_bytes = file.get<uint16_t>(at + 30);
    const uint64_t record = kCentralBytes + name_bytes + extra_bytes + file.get<uint16_t>(at + 32);
    if (record > end - at) return bad(source, "the zip archive's directory is damaged");
    Entry entry{.name = file.text(at + kCentralBytes, name_bytes),
                .size = file.get<uint32_t>(at + 24),
                .stored_size = file.get<uint32_t>(at + 20),
                .local = file.get<uint32_t>(at + 42),
                .crc = file.get<uint32_t>(at + 16)};
    const uint64_t extra = at + kCentralBytes + name_bytes;
    if (!apply_zip64(file, extra, extra + extra_bytes, entry)) {
      return bad(source, "the zip archive's directory is damaged");
    }
    const bool encrypted = (file.get<uint16_t>(at + 8) & 1U) != 0;
    if (encrypted || file.get<uint16_t>(at + 10) != 0 || entry.size != entry.stored_size) {
      return bad(source, "the zip archive's entry '" + shown_path(entry.name) +
                             "' is compressed or encrypted; torch.save stores entries plainly");
    }
    // Entries that overlap would let a small file ask for much work.
    total += std::min(entry.size, file.size() + 1);
    if (total > file.size()) return bad(source, "the zip archive's entries overlap");
    const Result<std::span<const std::byte>> bytes = find_bytes(file, entry, source);
    if (!bytes.ok()) return bytes.error();
    if (!out.emplace(std::move(entry.name), bytes.value()).second) {
      return bad(source, "the zip archive names an entry twice");
    }
    at += record;
  }
  return out;
}

}  // namespace fovea
