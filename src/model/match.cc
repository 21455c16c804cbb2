#include "model/match.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

#include "base/file.h"
#include "base/words.h"

namespace fovea {
namespace {

constexpr size_t kListed = 10;
constexpr size_t kShownName = 200;

std::string shown(std::string_view name) {
  return shown_path(name.substr(0, kShownName)) + (name.size() > kShownName ? "…" : "");
}

std::string kind_text(DType dtype, const Shape& shape) {
  return std::string(dtype_name(dtype)) + " " + shape.text();
}

bool dtype_fits(ParamRole role, DType dtype) {
  if (role == ParamRole::kCounter) return dtype == DType::kI64 || dtype == DType::kI32;
  return dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16 ||
         dtype == DType::kF64;
}

void add_list(std::string& out, std::string_view label, const std::vector<std::string>& names,
              std::string_view separator) {
  if (names.empty()) return;
  if (!out.empty()) out += "; ";
  out += std::to_string(names.size()) + " " + std::string(label) + ": ";
  const size_t n = std::min(names.size(), kListed);
  out += joined(std::span(names).first(n), separator);
  if (n < names.size()) out += std::string(separator) + "…";
}

}  // namespace

std::string Mismatch::text() const {
  std::string out;
  add_list(out, "missing", missing, ", ");
  add_list(out, "unexpected", unexpected, ", ");
  add_list(out, "mis-shaped", misshaped, ", ");
  return out;
}

Mismatch compare_params(const Graph& graph, const TensorKinds& found) {
  Mismatch out;
  std::map<std::string_view, const Param*> wanted;
  for (const Param& param : graph.params()) {
    wanted.emplace(param.name, &param);
    const auto it = found.find(param.name);
    if (it == found.end()) {
      if (param.role != ParamRole::kCounter) out.missing.push_back(param.name);
    } else if (it->second.shape != param.shape || !dtype_fits(param.role, it->second.dtype)) {
      const DType dtype = param.role == ParamRole::kCounter ? DType::kI64 : DType::kF32;
      out.misshaped.push_back(param.name + ": expected " + kind_text(dtype, param.shape) +
                              ", found " + kind_text(it->second.dtype, it->second.shape));
    }
  }
  for (const auto& [name, kind] : found) {
    if (!wanted.contains(name)) out.unexpected.push_back(shown(name));
  }
  std::sort(out.missing.begin(), out.missing.end());
  std::sort(out.misshaped.begin(), out.misshaped.end());
  return out;
}

Tensor widened(const Param& param, const Tensor& stored) {
  if (param.role == ParamRole::kCounter) return stored.to(DType::kI64);
  if (stored.dtype() != DType::kF16) return stored.to(DType::kF32);
  Tensor out = Tensor::f32(stored.shape());
  float* dst = out.f();
  for (int64_t i = 0; i < stored.numel(); ++i) {
    uint16_t half = 0;
    std::memcpy(&half, stored.raw() + 2 * i, sizeof half);
    dst[i] = float_from_half(half);
  }
  return out;
}

}  // namespace fovea
