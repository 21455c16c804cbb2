#include "learner/curves.h"

#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

namespace fovea {
namespace {

using nlohmann::json;

constexpr std::array kPlain{"kind", "epoch", "step", "lr", "loss", "images_per_s"};
/// Lists by exit: key of the log, name of the column.
constexpr std::array<std::array<const char*, 2>, 3> kPerExit{
    {{"loss_per_exit", "loss"}, {"top1_per_exit", "top1"}, {"val_top1_per_exit", "val_top1"}}};

json parsed(std::string_view line) {
  json value = json::parse(line, nullptr, false);
  const bool fits = value.is_object() && value.contains("step") && value.contains("loss_per_exit");
  return fits ? value : json();
}

std::string cell(const json& line, const char* key) {
  const auto found = line.find(key);
  if (found == line.end()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

// Wire format of protocol buffers: a key is the field's number and type, then the value.
enum class Wire : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

void put_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}
void put_key(std::string& out, int field, Wire wire) {
  put_varint(out, static_cast<uint64_t>(field) << 3 | static_cast<uint64_t>(wire));
}
void put_little(std::string& out, uint64_t value, int n_bytes) {
  for (int i = 0; i < n_bytes; ++i) out += static_cast<char>(value >> (8 * i));
}
void put_bytes(std::string& out, int field, std::string_view bytes) {
  put_key(out, field, Wire::kBytes);
  put_varint(out, bytes.size());
  out += bytes;
}

/// CRC-32C (Castagnoli), as TFRecord masks it.
uint32_t masked_crc(std::string_view bytes) {
  constexpr uint32_t kPolynomial = 0x82F63B78;
  uint32_t crc = ~0U;
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? kPolynomial : 0);
  }
  crc = ~crc;
  return (crc >> 15 | crc << 17) + 0xA282EAD8;
}

std::string framed(const std::string& event) {
  std::string length;
  put_little(length, event.size(), 8);
  std::string out = length;
  put_little(out, masked_crc(length), 4);
  out += event;
  put_little(out, masked_crc(event), 4);
  return out;
}

uint64_t little(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i > 0; --i) value = value << 8 | static_cast<uint8_t>(bytes[i - 1]);
  return value;
}

std::string event_at(double wall_seconds) {
  std::string event;
  put_key(event, 1, Wire::kFixed64);
  put_little(event, std::bit_cast<uint64_t>(wall_seconds), 8);
  return event;
}

/// Summary.Value { tag = 1; simple_value = 2 } in Summary { value = 1 }.
void put_scalar(std::string& summary, const std::string& tag, double value) {
  std::string entry;
  put_bytes(entry, 1, tag);
  put_key(entry, 2, Wire::kFixed32);
  put_little(entry, std::bit_cast<uint32_t>(static_cast<float>(value)), 4);
  put_bytes(summary, 1, entry);
}

}  // namespace

std::string csv_header(std::string_view line) {
  const json value = parsed(line);
  if (value.is_null()) return {};
  std::string out;
  for (const char* key : kPlain) out += (out.empty() ? "" : ",") + std::string(key);
  for (const auto& [key, name] : kPerExit) {
    for (size_t exit = 0; exit < value["loss_per_exit"].size(); ++exit) {
      out += "," + std::string(name) + "." + std::to_string(exit);
    }
  }
  return out + "\n";
}

std::string csv_row(std::string_view line) {
  const json value = parsed(line);
  if (value.is_null()) return {};
  std::string out;
  for (const char* key : kPlain) out += (key == kPlain[0] ? "" : ",") + cell(value, key);
  for (const auto& [key, name] : kPerExit) {
    const auto list = value.find(key);
    for (size_t exit = 0; exit < value["loss_per_exit"].size(); ++exit) {
      out += ",";
      if (list != value.end() && exit < list->size()) out += (*list)[exit].dump();
    }
  }
  return out + "\n";
}

std::string events_header(double wall_seconds) {
  std::string event = event_at(wall_seconds);
  put_bytes(event, 3, "brain.Event:2");
  return framed(event);
}

std::string events_record(std::string_view line, double wall_seconds) {
  const json value = parsed(line);
  if (value.is_null()) return {};
  const std::string group = value.value("kind", "") == "epoch" ? "epoch/" : "train/";
  std::string summary;
  for (const char* key : {"loss", "lr", "images_per_s"}) {
    const auto found = value.find(key);
    if (found != value.end() && found->is_number()) put_scalar(summary, group + key, *found);
  }
  for (const auto& [key, name] : kPerExit) {
    const auto list = value.find(key);
    if (list == value.end()) continue;
    const bool held_out = std::string_view(name).starts_with("val_");
    for (size_t exit = 0; exit < list->size(); ++exit) {
      if (!(*list)[exit].is_number()) continue;
      put_scalar(
          summary,
          (held_out ? "val/top1" : group + name) + std::string("/exit_") + std::to_string(exit),
          (*list)[exit]);
    }
  }
  std::string event = event_at(wall_seconds);
  put_key(event, 2, Wire::kVarint);
  put_varint(event, static_cast<uint64_t>(value["step"].get<int64_t>()));
  put_bytes(event, 5, summary);
  return framed(event);
}

std::vector<double> events_times(std::string_view bytes) {
  constexpr size_t kFrame = 16;  // length, its checksum, the event's checksum
  constexpr size_t kTime = 9;    // key and number
  std::vector<double> out;
  while (bytes.size() >= kFrame + kTime) {
    const uint64_t length = little(bytes.substr(0, 8));
    if (length < kTime || length > bytes.size() - kFrame) break;
    out.push_back(std::bit_cast<double>(little(bytes.substr(13, 8))));
    bytes.remove_prefix(kFrame + length);
  }
  return out;
}

}  // namespace fovea
