#include <ATen/ops/from_blob.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/zeros.h>

#include "ops/facet_torch.h"
#include "ops/resize/resize.h"

namespace fovea {
namespace {

/// [n_in] indices of the nearest places of one axis.
at::Tensor nearest_places(int64_t n_in, int64_t n_out, const at::Device& device) {
  ResizeAxis axis = resize_axis(ResizeMode::kNearest, n_in, n_out);
  return at::from_blob(axis.index.data(), {n_out}, at::kInt).to(at::kLong).to(device);
}

/// The linear map of one axis as a dense [n_out, n_in] matrix.
at::Tensor matrix_of(const ResizeAxis& axis, const at::Device& device) {
  const at::Tensor matrix = at::zeros({axis.n_out, axis.n_in});
  float* rows = matrix.data_ptr<float>();
  for (int64_t o = 0; o < axis.n_out; ++o) {
    for (int64_t t = 0; t < axis.taps; ++t) {
      const auto at = static_cast<size_t>(o * axis.taps + t);
      rows[o * axis.n_in + axis.index[at]] += axis.weight[at];
    }
  }
  return matrix.to(device);
}

void run(TorchCall& call) {
  const auto& a = call.node.attributes<Resize>();
  const at::Tensor& src = call.in[0];
  const int64_t h = src.size(2);
  const int64_t w = src.size(3);
  if (h == a.size.h && w == a.size.w) {
    call.out[0] = src;
    return;
  }
  switch (a.mode) {
    case ResizeMode::kBilinearAligned:
    case ResizeMode::kBilinear:
      call.out[0] = at::upsample_bilinear2d(src, at::IntArrayRef{a.size.h, a.size.w},
                                            a.mode == ResizeMode::kBilinearAligned);
      break;
    case ResizeMode::kNearest:
      call.out[0] = src.index_select(2, nearest_places(h, a.size.h, src.device()))
                        .index_select(3, nearest_places(w, a.size.w, src.device()));
      break;
    case ResizeMode::kArea: {
      const at::Tensor rows = matrix_of(resize_axis(a.mode, h, a.size.h), src.device());
      const at::Tensor columns = matrix_of(resize_axis(a.mode, w, a.size.w), src.device());
      call.out[0] = at::matmul(at::matmul(rows, src), columns.t());
      break;
    }
  }
}

}  // namespace

TorchOp torch_resize() { return {run}; }

}  // namespace fovea
