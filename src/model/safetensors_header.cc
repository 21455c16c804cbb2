// The JSON header is read event by event: no document tree, no recursion, one pass.
#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>
#include <utility>

#include "base/words.h"
#include "model/safetensors.h"

namespace fovea {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMetadataKey = "__metadata__";
constexpr uint64_t kLengthBytes = 8;
constexpr size_t kMaxRank = 64;

ErrorInfo bad(std::string_view source, std::string what, std::string expected = {},
              std::string found = {}) {
  return {.kind = ErrorKind::kBadInput,
          .what = std::move(what),
          .where = std::string(source),
          .expected = std::move(expected),
          .found = std::move(found)};
}

/// A name as a message shows it: printable and short.
std::string shown(std::string_view name) {
  constexpr size_t kShown = 120;
  return "'" + shown_path(name.substr(0, kShown)) + (name.size() > kShown ? "…'" : "'");
}

/// Takes the parser's events; every method returns false to stop, with `error` set.
class HeaderReader {
 public:
  // The names are those that the parser asks for. NOLINTBEGIN(readability-identifier-naming)
  using number_integer_t = Json::number_integer_t;
  using number_unsigned_t = Json::number_unsigned_t;
  using number_float_t = Json::number_float_t;
  using string_t = Json::string_t;
  using binary_t = Json::binary_t;

  HeaderReader(std::string_view source, SafetensorsHeader& header)
      : source_(source), header_(header) {}
  std::optional<ErrorInfo> error;

  bool null() { return unexpected("null"); }
  bool boolean(bool /*value*/) { return unexpected("true or false"); }
  bool number_integer(number_integer_t value) { return unexpected(std::to_string(value)); }
  bool number_float(number_float_t /*value*/, const string_t& text) { return unexpected(text); }
  bool binary(binary_t& /*value*/) { return unexpected("binary data"); }

  bool number_unsigned(number_unsigned_t value) {
    if (place_ != Place::kShape && place_ != Place::kOffsets) {
      return unexpected(std::to_string(value));
    }
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return fail("a number in the header is too large", {}, std::to_string(value));
    }
    if (numbers_.size() == kMaxRank) return fail("too many numbers in " + where());
    numbers_.push_back(value);
    return true;
  }

  bool string(string_t& value) {
    if (place_ == Place::kMetadata) {
      header_.metadata.emplace(std::move(key_), std::move(value));
      return true;
    }
    if (place_ != Place::kTensor || key_ != "dtype") return unexpected("a text");
    dtype_ = dtype_from_name(value);
    if (!dtype_) {
      return fail("unknown element type of tensor " + shown(name_),
                  "F32, F16, BF16, F64, I64, I32, I16, I8, U8 or BOOL", shown(value));
    }
    return true;
  }

  bool start_object(size_t /*size*/) {
    switch (place_) {
      case Place::kStart:
        place_ = Place::kRoot;
        return true;
      case Place::kRoot:
        place_ = name_ == kMetadataKey ? Place::kMetadata : Place::kTensor;
        dtype_.reset();
        shape_.reset();
        offsets_.reset();
        return true;
      default:
        return unexpected("an object");
    }
  }

  bool key(string_t& value) {
    if (place_ == Place::kRoot) {
      name_ = std::move(value);
      const bool again = name_ == kMetadataKey ? std::exchange(has_metadata_, true)
                                               : header_.entries.contains(name_);
      return !again || fail("the header names " + shown(name_) + " twice");
    }
    key_ = std::move(value);
    if (place_ == Place::kMetadata) {
      return !header_.metadata.contains(key_) ||
             fail("the metadata name " + shown(key_) + " twice");
    }
    const bool again = (key_ == "dtype" && dtype_) || (key_ == "shape" && shape_) ||
                       (key_ == "data_offsets" && offsets_);
    if (again) return fail("tensor " + shown(name_) + " has " + key_ + " twice");
    return key_ == "dtype" || key_ == "shape" || key_ == "data_offsets" ||
           fail("unknown key in tensor " + shown(name_), "dtype, shape, data_offsets", shown(key_));
  }

  bool end_object() {
    if (place_ == Place::kTensor) return end_tensor();
    place_ = place_ == Place::kMetadata ? Place::kRoot : Place::kEnd;
    return true;
  }

  bool start_array(size_t /*size*/) {
    if (place_ != Place::kTensor || key_ == "dtype") return unexpected("a list");
    place_ = key_ == "shape" ? Place::kShape : Place::kOffsets;
    numbers_.clear();
    return true;
  }

  bool end_array() {
    if (place_ == Place::kShape) {
      shape_ = Shape(std::vector<int64_t>(numbers_.begin(), numbers_.end()));
    } else {
      if (numbers_.size() != 2) {
        return fail("data_offsets of tensor " + shown(name_), "two numbers",
                    std::to_string(numbers_.size()));
      }
      offsets_ = {numbers_[0], numbers_[1]};
    }
    place_ = Place::kTensor;
    return true;
  }

  bool parse_error(size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*cause*/) {
    return fail("the header is no valid JSON", {},
                "an error at byte " + std::to_string(kLengthBytes + position));
  }
  // NOLINTEND(readability-identifier-naming)

 private:
  enum class Place : uint8_t { kStart, kRoot, kMetadata, kTensor, kShape, kOffsets, kEnd };

  [[nodiscard]] std::string where() const {
    switch (place_) {
      case Place::kStart:
      case Place::kEnd:
        return "the header";
      case Place::kRoot:
        return "the header's entry " + shown(name_);
      case Place::kMetadata:
        return "the metadata's " + shown(key_);
      default:
        return key_ + " of tensor " + shown(name_);
    }
  }
  [[nodiscard]] std::string wanted() const {
    switch (place_) {
      case Place::kMetadata:
        return "a text";
      case Place::kTensor:
        return key_ == "dtype" ? "a text" : "a list of numbers";
      case Place::kShape:
      case Place::kOffsets:
        return "a whole number, not negative";
      default:
        return "an object";
    }
  }
  bool fail(std::string what, std::string expected = {}, std::string found = {}) {
    error = bad(source_, std::move(what), std::move(expected), std::move(found));
    return false;
  }
  bool unexpected(std::string found) {
    return fail(where() + " has the wrong form", wanted(), std::move(found));
  }

  bool end_tensor() {
    if (!dtype_ || !shape_ || !offsets_) {
      return fail("tensor " + shown(name_) + " is incomplete", "dtype, shape, data_offsets");
    }
    const auto [begin, end] = *offsets_;
    const auto limit = std::numeric_limits<int64_t>::max() / 8;
    const std::optional<int64_t> numel = shape_->checked_numel(limit);
    const std::string found = "[" + std::to_string(begin) + "," + std::to_string(end) + "]";
    if (begin > end)
      return fail("data_offsets of tensor " + shown(name_) + " run backwards", {}, found);
    if (!numel || static_cast<uint64_t>(*numel) * element_bytes(*dtype_) != end - begin) {
      return fail("shape and length of tensor " + shown(name_) + " differ",
                  std::string(dtype_name(*dtype_)) + " " + shape_->text(),
                  std::to_string(end - begin) + " bytes");
    }
    header_.entries.emplace(
        std::move(name_),
        TensorEntry{.dtype = *dtype_, .shape = std::move(*shape_), .begin = begin, .end = end});
    name_.clear();
    place_ = Place::kRoot;
    return true;
  }

  std::string source_;
  SafetensorsHeader& header_;
  Place place_ = Place::kStart;
  std::string name_;  ///< entry of the root object
  std::string key_;   ///< key inside the entry
  bool has_metadata_ = false;
  std::optional<DType> dtype_;
  std::optional<Shape> shape_;
  std::optional<std::pair<uint64_t, uint64_t>> offsets_;
  std::vector<uint64_t> numbers_;
};

/// Holds the entries against the data part: each byte belongs to exactly one tensor.
Status check_tiling(const SafetensorsHeader& header, uint64_t data_bytes, std::string_view source) {
  std::vector<std::tuple<uint64_t, uint64_t, std::string_view>> order;
  order.reserve(header.entries.size());
  for (const auto& [name, entry] : header.entries) order.emplace_back(entry.begin, entry.end, name);
  std::sort(order.begin(), order.end());
  uint64_t at = 0;
  for (const auto& [begin, end, name] : order) {
    if (end > data_bytes) {
      return bad(source, "tensor " + shown(name) + " lies outside the file",
                 "at most " + std::to_string(data_bytes) + " bytes of data",
                 "an end at " + std::to_string(end) + "; is the file cut short?");
    }
    if (begin != at) {
      return bad(source,
                 "tensor " + shown(name) + (begin < at ? " overlaps another" : " leaves a gap"),
                 "a start at " + std::to_string(at), std::to_string(begin));
    }
    at = end;
  }
  if (at != data_bytes) {
    return bad(source, "bytes are left over behind the last tensor",
               std::to_string(at) + " bytes of data", std::to_string(data_bytes));
  }
  return {};
}

}  // namespace

Result<SafetensorsHeader> parse_safetensors_header(std::span<const std::byte> file,
                                                   std::string_view source) {
  if (file.size() < kLengthBytes) {
    return bad(source, file.empty() ? "the file is empty" : "the file is cut short",
               "a safetensors file", std::to_string(file.size()) + " bytes");
  }
  uint64_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) length |= std::to_integer<uint64_t>(file[i]) << (8 * i);
  if (length > kMaxHeaderBytes) {
    return bad(source, "the header's length is out of range: is this a safetensors file?",
               "at most " + std::to_string(kMaxHeaderBytes), std::to_string(length));
  }
  if (length > file.size() - kLengthBytes) {
    return bad(source, "the header is cut short", std::to_string(length) + " bytes",
               std::to_string(file.size() - kLengthBytes));
  }
  SafetensorsHeader header;
  header.data_begin = kLengthBytes + length;
  const auto* text = reinterpret_cast<const char*>(file.data()) + kLengthBytes;
  HeaderReader reader(source, header);
  const bool read = Json::sax_parse(text, text + length, &reader);
  if (!read || reader.error) {
    return reader.error.value_or(bad(source, "the header is no valid JSON"));
  }
  const Status tiled = check_tiling(header, file.size() - header.data_begin, source);
  if (!tiled.ok()) return tiled.error();
  return header;
}

}  // namespace fovea
