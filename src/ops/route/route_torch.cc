#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include <numeric>

#include "ops/facet_torch.h"
#include "ops/route/route.h"

namespace fovea {
namespace {

std::vector<at::Tensor> body_inputs(const TorchCall& call) {
  return {call.in.begin() + 1, call.in.end()};
}

int n_bodies(const TorchCall& call) { return static_cast<int>(call.node.node().bodies.size()); }

/// out[k] += rows of results[k] at the given places; the first body makes the zeros.
void put(TorchCall& call, const at::Tensor& places, const std::vector<at::Tensor>& results) {
  for (size_t k = 0; k < results.size(); ++k) {
    if (!call.out[k].defined()) {
      std::vector<int64_t> shape = results[k].sizes().vec();
      shape[0] = call.n;
      call.out[k] = at::zeros(shape, results[k].options());
    }
    call.out[k] = call.out[k].index_add(0, places, results[k]);
  }
}

void compact(TorchCall& call) {
  const int64_t* choices = call.in[0].data_ptr<int64_t>();
  for (int body = 0; body < n_bodies(call); ++body) {
    std::vector<int64_t> cells;
    for (int64_t i = 0; i < call.n; ++i) {
      if (body_of_choice(call.node, choices[i]) == body) cells.push_back(i);
    }
    if (cells.empty()) continue;
    const at::Tensor places =
        at::from_blob(cells.data(), {static_cast<int64_t>(cells.size())}, at::kLong)
            .clone()
            .to(call.in[1].device());
    std::vector<at::Tensor> inputs = body_inputs(call);
    for (at::Tensor& input : inputs) input = input.index_select(0, places);
    put(call, places, call.bodies->run(body, inputs, cells));
  }
}

/// [n] factor of a body for each cell: the hard choice, or the weight under soft execution.
at::Tensor factors_of(const TorchCall& call, int body) {
  const at::Tensor& decision = call.in[0];
  if (call.mode == Mode::kMasked) {
    const at::Tensor factors = at::empty({call.n}, at::kFloat);
    for (int64_t i = 0; i < call.n; ++i) {
      const int64_t choice = decision.data_ptr<int64_t>()[i];
      factors.data_ptr<float>()[i] = body_of_choice(call.node, choice) == body ? 1.0F : 0.0F;
    }
    return factors.to(call.in[1].device());
  }
  at::Tensor factors = at::zeros({call.n}, decision.options());
  for (int64_t choice = 0; choice < decision.size(1); ++choice) {
    if (body_of_choice(call.node, choice) == body)
      factors = factors.add(decision.select(1, choice));
  }
  return factors;
}

void dense(TorchCall& call) {
  std::vector<int64_t> all(static_cast<size_t>(call.n));
  std::iota(all.begin(), all.end(), 0);
  for (int body = 0; body < n_bodies(call); ++body) {
    const std::vector<at::Tensor> results = call.bodies->run(body, body_inputs(call), all);
    const at::Tensor factors = factors_of(call, body);
    for (size_t k = 0; k < results.size(); ++k) {
      std::vector<int64_t> shape(static_cast<size_t>(results[k].dim()), 1);
      shape[0] = call.n;
      const at::Tensor part = results[k].mul(factors.reshape(shape));
      call.out[k] = call.out[k].defined() ? call.out[k].add(part) : part;
    }
  }
}

void run(TorchCall& call) {
  if (call.node.attributes<Route>().combine == Combine::kResidual) call.out[0] = call.in[1];
  if (call.mode == Mode::kCompact) {
    compact(call);
  } else {
    dense(call);
  }
}

}  // namespace

TorchOp torch_route() { return {run}; }

}  // namespace fovea
