#include "data/core/transform.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "base/words.h"

namespace fovea {
namespace {

/// The shortest decimal that reads back to the same number.
std::string number_text(double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

std::string numbers_text(const std::array<double, kChannels>& values) {
  return number_text(values[0]) + "," + number_text(values[1]) + "," + number_text(values[2]);
}

/// "resize=256", then "mean=0.5" followed by the parts without a key that belong to it.
struct Entry {
  std::string_view key;
  std::vector<std::string_view> values;
};

std::string entry_text(const Entry& entry) {
  return std::string(entry.key) + "=" + joined(entry.values, ",");
}

class TransformParser {
 public:
  explicit TransformParser(std::string_view source) : source_(source) {}

  Result<Transform> parse(std::string_view text) {
    constexpr size_t kMaxText = 4096;
    if (text.size() > kMaxText) return bad("the transform is too long");
    for (const std::string_view part : split(text, ',')) {
      const size_t equals = part.find('=');
      if (equals != std::string_view::npos) {
        entries_.push_back({part.substr(0, equals), {part.substr(equals + 1)}});
      } else if (entries_.empty()) {
        return bad("the transform is not written as key=value", std::string(part.substr(0, 80)));
      } else {
        entries_.back().values.push_back(part);
      }
    }
    Status status;
    for (size_t i = 0; i < entries_.size() && status.ok(); ++i) status = read(entries_[i]);
    if (!status.ok()) return status.error();
    if (!resize_ && !crop_) return bad("the transform gives neither resize nor crop");
    transform_.resize = resize_ ? *resize_ : *crop_;
    transform_.crop = crop_ ? *crop_ : *resize_;
    if (transform_.crop > transform_.resize) {
      return bad("the crop is larger than the resized picture",
                 "crop " + std::to_string(transform_.crop) + ", resize " +
                     std::to_string(transform_.resize));
    }
    return transform_;
  }

 private:
  [[nodiscard]] ErrorInfo bad(std::string what, std::string found = {},
                              std::string expected = {}) const {
    return {.kind = ErrorKind::kBadInput,
            .what = std::move(what),
            .where = source_,
            .expected = std::move(expected),
            .found = std::move(found)};
  }

  Status read(const Entry& entry) {
    if (entry.key == "resize") return read_side(entry, resize_);
    if (entry.key == "crop") return read_side(entry, crop_);
    if (entry.key == "mean") return read_channels(entry, mean_seen_, transform_.normalise.mean);
    if (entry.key == "std") return read_channels(entry, std_seen_, transform_.normalise.deviation);
    ErrorInfo error =
        bad("unknown key in the transform", std::string(entry.key), "resize, crop, mean or std");
    const std::vector<std::string> keys = {"resize", "crop", "mean", "std"};
    if (const auto near = nearest(entry.key, keys)) error.hint = "did you mean " + *near + "?";
    return error;
  }

  Status read_side(const Entry& entry, std::optional<int32_t>& side) const {
    if (side) return bad("the transform gives a key twice", std::string(entry.key));
    const auto value = entry.values.size() == 1 ? parse_int(entry.values[0]) : std::nullopt;
    if (!value || *value < 1 || *value > Transform::kMaxSide) {
      return bad("bad length in the transform", entry_text(entry),
                 "one number of pixels, 1 to " + std::to_string(Transform::kMaxSide));
    }
    side = static_cast<int32_t>(*value);
    return {};
  }

  Status read_channels(const Entry& entry, std::optional<size_t>& seen,
                       std::array<double, kChannels>& values) const {
    if (seen) return bad("the transform gives a key twice", std::string(entry.key));
    seen = entry.values.size();
    const bool is_std = entry.key == "std";
    const auto wrong = [&] {
      return bad("bad numbers in the transform", entry_text(entry),
                 is_std ? "one or three numbers above 0" : "one or three numbers");
    };
    if (*seen != 1 && *seen != kChannels) return wrong();
    for (size_t c = 0; c < kChannels; ++c) {
      const auto value = parse_double(entry.values[*seen == 1 ? 0 : c]);
      // Beyond these bounds the table of float32 values could overflow.
      if (!value || !std::isfinite(*value) || std::abs(*value) > 1e6) return wrong();
      if (is_std && *value < 1e-6) return wrong();
      values[c] = *value;
    }
    return {};
  }

  std::string source_;
  std::vector<Entry> entries_;
  std::optional<int32_t> resize_, crop_;
  std::optional<size_t> mean_seen_, std_seen_;
  Transform transform_;
};

}  // namespace

std::string Transform::text() const {
  return "resize=" + std::to_string(resize) + ",crop=" + std::to_string(crop) +
         ",mean=" + numbers_text(normalise.mean) + ",std=" + numbers_text(normalise.deviation);
}

Result<Transform> Transform::parse(std::string_view text, std::string_view source) {
  return TransformParser(source).parse(text);
}

Normaliser::Normaliser(const Normalisation& normalisation) {
  for (size_t c = 0; c < kChannels; ++c) {
    for (size_t value = 0; value < 256; ++value) {
      table_[c][value] =
          static_cast<float>((static_cast<double>(value) / 255.0 - normalisation.mean[c]) /
                             normalisation.deviation[c]);
    }
  }
}

void Normaliser::apply(PictureView picture, std::span<float> out) const {
  const size_t plane = static_cast<size_t>(picture.height) * static_cast<size_t>(picture.width);
  FOVEA_CHECK(out.size() == kChannels * plane && picture.pixels.size() == kChannels * plane);
  const uint8_t* src = picture.pixels.data();
  for (size_t i = 0; i < plane; ++i, src += kChannels) {
    for (size_t c = 0; c < kChannels; ++c) out[c * plane + i] = table_[c][src[c]];
  }
}

void apply(const Transform& transform, PictureView picture, std::span<float> out) {
  const Normaliser normaliser(transform.normalise);
  if (picture.height == transform.crop && picture.width == transform.crop &&
      transform.resize == transform.crop) {
    normaliser.apply(picture, out);
  } else {
    normaliser.apply(resize_and_crop(picture, transform).view(), out);
  }
}

}  // namespace fovea
