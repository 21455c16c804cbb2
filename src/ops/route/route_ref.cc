#include <cstring>
#include <numeric>

#include "ops/facet_ref.h"
#include "ops/route/route.h"

namespace fovea {
namespace {

/// Cells that go to a body, ascending.
std::vector<int64_t> cells_of(const RefCall& call, int body) {
  std::vector<int64_t> cells;
  const auto choices = call.in[0].data<int64_t>();
  for (int64_t i = 0; i < call.n; ++i) {
    if (body_of_choice(call.node, choices[static_cast<size_t>(i)]) == body) cells.push_back(i);
  }
  return cells;
}

/// out[cell] += factor·row, elementwise.
void accumulate(Tensor& out, int64_t cell, const Tensor& rows, int64_t row, float factor) {
  const int64_t size = out.numel() / out.shape()[0];
  for (int64_t k = 0; k < size; ++k) out.f()[cell * size + k] += factor * rows.f()[row * size + k];
}

void compact(const RefCall& call, bool residual) {
  for (int body = 0; body < static_cast<int>(call.node.node().bodies.size()); ++body) {
    const std::vector<int64_t> cells = cells_of(call, body);
    if (cells.empty()) continue;
    std::vector<Tensor> inputs;
    for (size_t i = 1; i < call.in.size(); ++i) inputs.push_back(call.in[i].gather_rows(cells));
    const std::vector<Tensor> results = call.bodies->run(body, inputs, cells);
    for (size_t k = 0; k < results.size(); ++k) {
      Tensor& out = call.out[k];
      const size_t row_bytes = out.bytes() / static_cast<size_t>(call.n);
      for (size_t r = 0; r < cells.size(); ++r) {
        if (residual) {
          accumulate(out, cells[r], results[k], static_cast<int64_t>(r), 1.0F);
        } else {
          std::memcpy(out.raw() + static_cast<size_t>(cells[r]) * row_bytes,
                      results[k].raw() + r * row_bytes, row_bytes);
        }
      }
    }
  }
}

/// Factor of a body for a cell: the hard choice, or the weight under soft execution.
float factor_of(const RefCall& call, int body, int64_t cell) {
  if (call.mode == Mode::kMasked) {
    return body_of_choice(call.node, call.in[0].data<int64_t>()[static_cast<size_t>(cell)]) == body
               ? 1.0F
               : 0.0F;
  }
  const int64_t choices = call.in[0].shape()[1];
  float factor = 0;
  for (int64_t choice = 0; choice < choices; ++choice) {
    if (body_of_choice(call.node, choice) == body)
      factor += call.in[0].f()[cell * choices + choice];
  }
  return factor;
}

void dense(const RefCall& call) {
  std::vector<int64_t> all(static_cast<size_t>(call.n));
  std::iota(all.begin(), all.end(), 0);
  for (int body = 0; body < static_cast<int>(call.node.node().bodies.size()); ++body) {
    const std::vector<Tensor> results = call.bodies->run(body, call.in.subspan(1), all);
    for (size_t k = 0; k < results.size(); ++k) {
      for (int64_t i = 0; i < call.n; ++i)
        accumulate(call.out[k], i, results[k], i, factor_of(call, body, i));
    }
  }
}

void run(const RefCall& call) {
  const bool residual = call.node.attributes<Route>().combine == Combine::kResidual;
  if (residual) std::memcpy(call.out[0].raw(), call.in[1].raw(), call.in[1].bytes());
  if (call.mode == Mode::kCompact) {
    compact(call, residual);
  } else {
    dense(call);
  }
}

}  // namespace

RefOp ref_route() { return {run}; }

}  // namespace fovea
