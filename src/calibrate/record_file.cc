// The stored form of a calibration: compact tensors for the samples, JSON for the rest.
#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>

#include "base/sha256.h"
#include "calibrate/record.h"
#include "calibrate/record_json.h"

namespace fovea {
namespace {

constexpr const char* kMetadata = "fovea.calibration";
constexpr const char* kConfidence = "fovea.calibration.confidence";
constexpr const char* kAnswer = "fovea.calibration.answer";
constexpr const char* kLabel = "fovea.calibration.label";
constexpr const char* kCertify = "fovea.calibration.certify";
constexpr const char* kPicture = "fovea.calibration.picture";

/// Classes and places as the smallest of two types that holds them.
Tensor integers(const std::vector<int64_t>& values, Shape shape, int64_t n_values) {
  const bool small = n_values <= std::numeric_limits<uint8_t>::max() + 1;
  Tensor out(small ? DType::kU8 : DType::kI32, std::move(shape));
  for (size_t i = 0; i < values.size(); ++i) {
    if (small) {
      out.data<uint8_t>()[i] = static_cast<uint8_t>(values[i]);
    } else {
      out.data<int32_t>()[i] = static_cast<int32_t>(values[i]);
    }
  }
  return out;
}

/// Reads the tensors; every mismatch throws Error, which stored_calibration gives back.
class Reader {
 public:
  Reader(const Model& model, std::string_view source) : model_(model), source_(source) {}

  CalibrationRecord read() const {
    CalibrationRecord out;
    const Tensor& confidence = tensor(kConfidence);
    const int64_t n_exits = model_.graph.n_exits();
    if (confidence.dtype() != DType::kF32 || confidence.shape().rank() != 2 ||
        confidence.shape()[0] != n_exits || confidence.shape()[1] < 1) {
      fail(kConfidence, "F32 [" + std::to_string(n_exits) + ",n]", confidence);
    }
    const int64_t n = confidence.shape()[1];
    out.table = {.n_exits = static_cast<int>(n_exits), .n = n};
    const auto values = confidence.data<float>();
    out.table.confidence.assign(values.begin(), values.end());
    out.table.answer = read_integers(kAnswer, {n_exits, n}, model_.graph.n_classes());
    out.labels = read_integers(kLabel, {n}, model_.graph.n_classes());
    out.pictures = read_pictures(n);
    out.certify = read_integers(kCertify, {tensor(kCertify).numel()}, n);
    size_t next = 0;
    for (int64_t i = 0; i < n; ++i) {
      if (next < out.certify.size() && out.certify[next] == i) {
        ++next;
      } else {
        out.select.push_back(i);
      }
    }
    if (next != out.certify.size() || out.select.empty()) {
      fail(kCertify, "places that rise and leave some out", tensor(kCertify));
    }
    return out;
  }

 private:
  const Tensor& tensor(const char* name) const {
    const auto at = model_.extra.find(name);
    if (at != model_.extra.end()) return at->second;
    ErrorInfo error{
        .kind = ErrorKind::kUsage,
        .what = "the model holds no calibration scores",
        .where = source_,
        .hint = "`fovea calibrate MODEL --data D --split val -o OUT.fovea` stores them"};
    throw Error(std::move(error));
  }

  [[noreturn]] void fail(const char* name, std::string expected, const Tensor& found) const {
    throw Error({.kind = ErrorKind::kBadInput,
                 .what = std::string("'") + name + "' does not fit",
                 .where = source_,
                 .expected = std::move(expected),
                 .found = std::string(dtype_name(found.dtype())) + " " + found.shape().text()});
  }

  std::vector<int64_t> read_integers(const char* name, const Shape& shape, int64_t below) const {
    const Tensor& from = tensor(name);
    const bool right_type = from.dtype() == DType::kU8 || from.dtype() == DType::kI32;
    if (!right_type || from.shape() != shape) fail(name, "U8 or I32 " + shape.text(), from);
    std::vector<int64_t> out;
    for (int64_t i = 0; i < from.numel(); ++i) {
      const auto place = static_cast<size_t>(i);
      out.push_back(from.dtype() == DType::kU8 ? from.data<uint8_t>()[place]
                                               : from.data<int32_t>()[place]);
      if (out.back() < 0 || out.back() >= below) {
        fail(name, "numbers from 0 to " + std::to_string(below - 1), from);
      }
    }
    return out;
  }

  /// Hashes lie in the file as the signed numbers of the same bits.
  std::vector<uint64_t> read_pictures(int64_t n) const {
    const auto at = model_.extra.find(kPicture);
    if (at == model_.extra.end()) return {};
    const Tensor& from = at->second;
    if (from.dtype() != DType::kI64 || from.shape() != Shape{n}) {
      fail(kPicture, "I64 " + Shape{n}.text(), from);
    }
    const auto values = from.data<int64_t>();
    return {values.begin(), values.end()};
  }

  const Model& model_;
  std::string source_;
};

void add(Sha256& digest, std::string_view text) { digest.add(std::as_bytes(std::span(text))); }

}  // namespace

std::string weights_digest(const Model& model) {
  Sha256 digest;
  for (const auto& [name, tensor] : model.params) {
    add(digest,
        name + " " + std::string(dtype_name(tensor.dtype())) + tensor.shape().text() + "\n");
    digest.add({tensor.raw(), tensor.bytes()});
  }
  return digest.hex();
}

std::string samples_digest(const CalibrationRecord& record) {
  if (record.pictures.empty()) return "";
  Sha256 digest;
  for (size_t i = 0; i < record.pictures.size(); ++i) {
    add(digest, std::to_string(record.pictures[i]) + " " + std::to_string(record.labels[i]) + "\n");
  }
  return digest.hex();
}

void store_calibration(const CalibrationRecord& record, Model& model) {
  const int64_t n = record.table.n;
  const int64_t n_classes = model.graph.n_classes();
  model.extra[kConfidence] = Tensor({record.table.n_exits, n}, record.table.confidence);
  model.extra[kAnswer] = integers(record.table.answer, {record.table.n_exits, n}, n_classes);
  model.extra[kLabel] = integers(record.labels, {n}, n_classes);
  model.extra[kCertify] =
      integers(record.certify, {static_cast<int64_t>(record.certify.size())}, n);
  model.extra.erase(kPicture);
  if (!record.pictures.empty()) {
    Tensor pictures = Tensor::i64({n});
    std::copy(record.pictures.begin(), record.pictures.end(), pictures.data<int64_t>().begin());
    model.extra[kPicture] = std::move(pictures);
  }
  model.metadata[kMetadata] = calibration_to_json(record);
}

Result<CalibrationRecord> stored_calibration(const Model& model, std::string_view source) {
  try {
    CalibrationRecord record = Reader(model, source).read();
    const auto text = model.metadata.find(kMetadata);
    read_calibration_json(text == model.metadata.end() ? "" : text->second, source, record);
    if (record.scoring != exit_scoring(model.graph)) {
      return ErrorInfo{.kind = ErrorKind::kBadInput,
                       .what = "the calibration's confidences are not those of the exits",
                       .where = std::string(source),
                       .expected = "the metric and temperature of the graph's exits",
                       .hint = "`fovea calibrate` writes it anew"};
    }
    return record;
  } catch (const Error& error) {
    return error.info();
  }
}

}  // namespace fovea
