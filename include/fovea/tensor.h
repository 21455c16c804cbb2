// Shapes and tensors: the plain data that goes in and out of every executor.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fovea {

/// Extents of a tensor, outermost first. An empty shape is a scalar.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : dims_(dims) {}
  explicit Shape(std::vector<int64_t> dims) : dims_(std::move(dims)) {}

  [[nodiscard]] int rank() const noexcept { return static_cast<int>(dims_.size()); }
  [[nodiscard]] int64_t operator[](int i) const { return dims_[static_cast<size_t>(i)]; }
  int64_t& operator[](int i) { return dims_[static_cast<size_t>(i)]; }
  [[nodiscard]] const std::vector<int64_t>& dims() const noexcept { return dims_; }
  /// Product of the extents; shapes of graphs are checked against overflow when they are made.
  [[nodiscard]] int64_t numel() const noexcept;
  /// Product of the extents, or nothing where one is negative or the product exceeds `limit`.
  [[nodiscard]] std::optional<int64_t> checked_numel(int64_t limit = INT64_MAX) const noexcept;
  /// This shape behind one more, outermost extent: [n, …].
  [[nodiscard]] Shape batched(int64_t n) const;
  /// This shape without its outermost extent.
  [[nodiscard]] Shape per_sample() const;
  /// "[3,32,32]".
  [[nodiscard]] std::string text() const;
  bool operator==(const Shape&) const = default;

 private:
  std::vector<int64_t> dims_;
};

enum class DType : uint8_t { kF32, kF16, kBF16, kF64, kI64, kI32, kI16, kI8, kU8, kBool };

/// Bytes of one element.
[[nodiscard]] size_t element_bytes(DType dtype) noexcept;
/// "F32", "I64", … as safetensors writes them.
[[nodiscard]] std::string_view dtype_name(DType dtype) noexcept;
[[nodiscard]] std::optional<DType> dtype_from_name(std::string_view name) noexcept;

/// Element type of a C++ type.
template <typename T>
constexpr DType dtype_of();
template <>
constexpr DType dtype_of<float>() {
  return DType::kF32;
}
template <>
constexpr DType dtype_of<double>() {
  return DType::kF64;
}
template <>
constexpr DType dtype_of<int64_t>() {
  return DType::kI64;
}
template <>
constexpr DType dtype_of<int32_t>() {
  return DType::kI32;
}
template <>
constexpr DType dtype_of<uint8_t>() {
  return DType::kU8;
}

/// A dense, contiguous, row-major tensor. Copies share the storage; `clone` does not.
/// Thread-safety: as std::vector; shared storage may be read by many threads.
class Tensor {
 public:
  Tensor() = default;
  /// Zero-filled, storage aligned to 64 bytes.
  Tensor(DType dtype, Shape shape);
  /// Float32 with the given values; their number must be shape.numel().
  Tensor(Shape shape, std::span<const float> values);

  static Tensor f32(Shape shape) { return Tensor(DType::kF32, std::move(shape)); }
  static Tensor i64(Shape shape) { return Tensor(DType::kI64, std::move(shape)); }

  [[nodiscard]] bool defined() const noexcept { return storage_ != nullptr; }
  /// True where no other tensor shares the storage.
  [[nodiscard]] bool is_sole_owner() const noexcept { return storage_.use_count() == 1; }
  [[nodiscard]] DType dtype() const noexcept { return dtype_; }
  [[nodiscard]] const Shape& shape() const noexcept { return shape_; }
  [[nodiscard]] int64_t numel() const noexcept { return numel_; }
  [[nodiscard]] size_t bytes() const noexcept {
    return static_cast<size_t>(numel_) * element_bytes(dtype_);
  }
  [[nodiscard]] std::byte* raw() noexcept { return storage_.get(); }
  [[nodiscard]] const std::byte* raw() const noexcept { return storage_.get(); }

  /// Elements as T; T must be the element type.
  template <typename T>
  [[nodiscard]] std::span<T> data() {
    require_dtype(dtype_of<T>());
    return {reinterpret_cast<T*>(storage_.get()), static_cast<size_t>(numel_)};
  }
  template <typename T>
  [[nodiscard]] std::span<const T> data() const {
    require_dtype(dtype_of<T>());
    return {reinterpret_cast<const T*>(storage_.get()), static_cast<size_t>(numel_)};
  }
  [[nodiscard]] float* f() { return data<float>().data(); }
  [[nodiscard]] const float* f() const { return data<float>().data(); }

  [[nodiscard]] Tensor clone() const;
  /// Same storage, other shape of equal numel.
  [[nodiscard]] Tensor reshaped(Shape shape) const;
  /// Samples begin..end-1 along the outermost extent; shares storage.
  [[nodiscard]] Tensor rows(int64_t begin, int64_t end) const;
  /// Copies of the named rows, in that order.
  [[nodiscard]] Tensor gather_rows(std::span<const int64_t> rows) const;
  /// Converted element by element (floats and integers); throws Error for types without conversion.
  [[nodiscard]] Tensor to(DType dtype) const;

 private:
  void require_dtype(DType dtype) const;

  std::shared_ptr<std::byte> storage_;
  DType dtype_ = DType::kF32;
  Shape shape_;
  int64_t numel_ = 0;
};

/// Tensors by name, in the order of their names.
using NamedTensors = std::map<std::string, Tensor, std::less<>>;

/// IEEE half precision, round to nearest even.
[[nodiscard]] uint16_t half_from_float(float value) noexcept;
[[nodiscard]] float float_from_half(uint16_t half) noexcept;

}  // namespace fovea
