#include "fovea/tensor.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

#include "fovea/error.h"

namespace fovea {
namespace {

struct DTypeInfo {
  DType dtype;
  std::string_view name;
  size_t bytes;
};
constexpr std::array kDTypes = {
    DTypeInfo{DType::kF32, "F32", 4},   DTypeInfo{DType::kF16, "F16", 2},
    DTypeInfo{DType::kBF16, "BF16", 2}, DTypeInfo{DType::kF64, "F64", 8},
    DTypeInfo{DType::kI64, "I64", 8},   DTypeInfo{DType::kI32, "I32", 4},
    DTypeInfo{DType::kI16, "I16", 2},   DTypeInfo{DType::kI8, "I8", 1},
    DTypeInfo{DType::kU8, "U8", 1},     DTypeInfo{DType::kBool, "BOOL", 1}};

constexpr size_t kAlignment = 64;

std::shared_ptr<std::byte> allocate(size_t bytes) {
  const size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  auto* memory =
      static_cast<std::byte*>(std::aligned_alloc(kAlignment, std::max(rounded, kAlignment)));
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory, 0, std::max(rounded, kAlignment));
  return {memory, [](std::byte* p) { std::free(p); }};
}

template <typename T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

double element_as_double(const Tensor& tensor, int64_t i) {
  const std::byte* at = tensor.raw() + static_cast<size_t>(i) * element_bytes(tensor.dtype());
  switch (tensor.dtype()) {
    case DType::kF32:
      return load<float>(at);
    case DType::kF16:
      return float_from_half(load<uint16_t>(at));
    case DType::kBF16:
      return std::bit_cast<float>(static_cast<uint32_t>(load<uint16_t>(at)) << 16);
    case DType::kF64:
      return load<double>(at);
    case DType::kI64:
      return static_cast<double>(load<int64_t>(at));
    case DType::kI32:
      return load<int32_t>(at);
    case DType::kI16:
      return load<int16_t>(at);
    case DType::kI8:
      return load<int8_t>(at);
    case DType::kU8:
    case DType::kBool:
      return load<uint8_t>(at);
  }
  return 0;
}

}  // namespace

int64_t Shape::numel() const noexcept {
  int64_t n = 1;
  for (const int64_t d : dims_) n *= d;
  return n;
}

std::optional<int64_t> Shape::checked_numel(int64_t limit) const noexcept {
  int64_t n = 1;
  for (const int64_t d : dims_) {
    if (d < 0) return std::nullopt;
    if (__builtin_mul_overflow(n, d, &n)) return std::nullopt;
  }
  if (n > limit) return std::nullopt;
  return n;
}

Shape Shape::batched(int64_t n) const {
  std::vector<int64_t> dims{n};
  dims.insert(dims.end(), dims_.begin(), dims_.end());
  return Shape(std::move(dims));
}

Shape Shape::per_sample() const {
  FOVEA_CHECK(!dims_.empty());
  return Shape(std::vector<int64_t>(dims_.begin() + 1, dims_.end()));
}

std::string Shape::text() const {
  std::string out = "[";
  for (size_t i = 0; i < dims_.size(); ++i) {
    if (i != 0) out += ',';
    out += std::to_string(dims_[i]);
  }
  return out + "]";
}

size_t element_bytes(DType dtype) noexcept { return kDTypes[static_cast<size_t>(dtype)].bytes; }

std::string_view dtype_name(DType dtype) noexcept {
  return kDTypes[static_cast<size_t>(dtype)].name;
}

std::optional<DType> dtype_from_name(std::string_view name) noexcept {
  for (const DTypeInfo& info : kDTypes) {
    if (info.name == name) return info.dtype;
  }
  return std::nullopt;
}

Tensor::Tensor(DType dtype, Shape shape)
    : dtype_(dtype), shape_(std::move(shape)), numel_(shape_.numel()) {
  FOVEA_CHECK(numel_ >= 0);
  storage_ = allocate(bytes());
}

Tensor::Tensor(Shape shape, std::span<const float> values) : Tensor(DType::kF32, std::move(shape)) {
  FOVEA_CHECK(values.size() == static_cast<size_t>(numel_));
  if (!values.empty()) std::memcpy(raw(), values.data(), values.size_bytes());
}

void Tensor::require_dtype(DType dtype) const { FOVEA_CHECK(dtype == dtype_); }

Tensor Tensor::clone() const {
  if (!defined()) return {};
  Tensor out(dtype_, shape_);
  std::memcpy(out.raw(), raw(), bytes());
  return out;
}

Tensor Tensor::reshaped(Shape shape) const {
  FOVEA_CHECK(shape.numel() == numel_);
  Tensor out = *this;
  out.shape_ = std::move(shape);
  return out;
}

Tensor Tensor::rows(int64_t begin, int64_t end) const {
  FOVEA_CHECK(shape_.rank() >= 1 && begin >= 0 && begin <= end && end <= shape_[0]);
  Tensor out = *this;
  const size_t row = shape_[0] == 0 ? 0 : bytes() / static_cast<size_t>(shape_[0]);
  out.storage_ =
      std::shared_ptr<std::byte>(storage_, storage_.get() + row * static_cast<size_t>(begin));
  out.shape_[0] = end - begin;
  out.numel_ = out.shape_.numel();
  return out;
}

Tensor Tensor::gather_rows(std::span<const int64_t> rows) const {
  FOVEA_CHECK(shape_.rank() >= 1);
  Tensor out(dtype_, shape_.per_sample().batched(static_cast<int64_t>(rows.size())));
  const size_t row = shape_[0] == 0 ? 0 : bytes() / static_cast<size_t>(shape_[0]);
  for (size_t i = 0; i < rows.size(); ++i) {
    FOVEA_CHECK(rows[i] >= 0 && rows[i] < shape_[0]);
    std::memcpy(out.raw() + i * row, raw() + static_cast<size_t>(rows[i]) * row, row);
  }
  return out;
}

Tensor Tensor::to(DType dtype) const {
  if (dtype == dtype_) return *this;
  Tensor out(dtype, shape_);
  for (int64_t i = 0; i < numel_; ++i) {
    std::byte* at = out.raw() + static_cast<size_t>(i) * element_bytes(dtype);
    const auto put = [at](auto value) { std::memcpy(at, &value, sizeof value); };
    if (dtype == DType::kI64 && dtype_ == DType::kI32) {
      put(static_cast<int64_t>(data<int32_t>()[static_cast<size_t>(i)]));
      continue;
    }
    const double value = element_as_double(*this, i);
    switch (dtype) {
      case DType::kF32:
        put(static_cast<float>(value));
        break;
      case DType::kF16:
        put(half_from_float(static_cast<float>(value)));
        break;
      case DType::kF64:
        put(value);
        break;
      case DType::kI64:
        put(static_cast<int64_t>(value));
        break;
      case DType::kI32:
        put(static_cast<int32_t>(value));
        break;
      default:
        throw Error({.kind = ErrorKind::kBadInput,
                     .what = "no conversion between element types",
                     .expected = "F32, F16, F64, I64 or I32",
                     .found = std::string(dtype_name(dtype))});
    }
  }
  return out;
}

uint16_t half_from_float(float value) noexcept {
  const auto bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>((bits >> 16) & 0x8000U);
  const uint32_t magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) return static_cast<uint16_t>(sign | 0x7e00U);
  if (magnitude >= 0x477ff000U) return static_cast<uint16_t>(sign | 0x7c00U);
  if (magnitude < 0x38800000U) {
    // Subnormal half: the float addition rounds to nearest even at the right bit.
    const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000U));
  }
  const uint32_t odd = (magnitude >> 13) & 1U;
  return static_cast<uint16_t>(sign | ((magnitude - 0x38000000U + 0xfffU + odd) >> 13));
}

float float_from_half(uint16_t half) noexcept {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000U) << 16;
  const uint32_t exponent = (half >> 10) & 0x1fU;
  const uint32_t mantissa = half & 0x3ffU;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24F;
    return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(magnitude));
  }
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000U | (mantissa << 13));
  return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
}

}  // namespace fovea
