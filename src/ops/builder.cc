#include "ops/builder.h"

#include "ops/add/add.h"
#include "ops/batch_norm/batch_norm.h"
#include "ops/concat/concat.h"
#include "ops/relu/relu.h"
#include "ops/softmax/softmax.h"

namespace fovea {

ValueHandle Builder::conv2d(std::string_view name, ValueHandle src, const Conv2d& attributes) {
  return apply(op_conv2d(), name, box_attributes(attributes), {src});
}
ValueHandle Builder::batch_norm(std::string_view name, ValueHandle src) {
  return apply(op_batch_norm(), name, nullptr, {src});
}
ValueHandle Builder::relu(std::string_view name, ValueHandle src) {
  return apply(op_relu(), name, nullptr, {src});
}
ValueHandle Builder::relu6(std::string_view name, ValueHandle src) {
  return apply(op_relu6(), name, nullptr, {src});
}
ValueHandle Builder::sigmoid(std::string_view name, ValueHandle src) {
  return apply(op_sigmoid(), name, nullptr, {src});
}
ValueHandle Builder::max_pool2d(std::string_view name, ValueHandle src, const Pool2d& attributes) {
  return apply(op_max_pool2d(), name, box_attributes(attributes), {src});
}
ValueHandle Builder::avg_pool2d(std::string_view name, ValueHandle src, const Pool2d& attributes) {
  return apply(op_avg_pool2d(), name, box_attributes(attributes), {src});
}
ValueHandle Builder::mean_hw(std::string_view name, ValueHandle src) {
  return apply(op_mean_hw(), name, nullptr, {src});
}
ValueHandle Builder::linear(std::string_view name, ValueHandle src, const Linear& attributes) {
  return apply(op_linear(), name, box_attributes(attributes), {src});
}
ValueHandle Builder::add(std::string_view name, ValueHandle a, ValueHandle b) {
  return apply(op_add(), name, nullptr, {a, b});
}
ValueHandle Builder::multiply(std::string_view name, ValueHandle a, ValueHandle b) {
  return apply(op_multiply(), name, nullptr, {a, b});
}
ValueHandle Builder::concat(std::string_view name, const std::vector<ValueHandle>& parts) {
  return apply(op_concat(), name, nullptr, parts);
}
ValueHandle Builder::slice(std::string_view name, ValueHandle src, const Slice& attributes) {
  return apply(op_slice(), name, box_attributes(attributes), {src});
}
ValueHandle Builder::flatten(std::string_view name, ValueHandle src) {
  return apply(op_flatten(), name, nullptr, {src});
}
ValueHandle Builder::resize(std::string_view name, ValueHandle src, const Resize& attributes) {
  return apply(op_resize(), name, box_attributes(attributes), {src});
}
ValueHandle Builder::softmax(std::string_view name, ValueHandle src) {
  return apply(op_softmax(), name, nullptr, {src});
}
void Builder::exit(ValueHandle logits, const Exit& attributes) {
  apply(op_exit(), "exit." + std::to_string(n_exits_++), box_attributes(attributes), {logits});
}
ValueHandle Builder::decide(std::string_view name, ValueHandle scores, const Decide& attributes) {
  return apply(op_decide(), name, box_attributes(attributes), {scores});
}
ValueHandle Builder::route(std::string_view name, ValueHandle decision,
                           const std::vector<ValueHandle>& inputs, std::vector<Block> bodies,
                           const Route& attributes) {
  std::vector<ValueHandle> all{decision};
  all.insert(all.end(), inputs.begin(), inputs.end());
  return apply(op_route(), name, box_attributes(attributes), all, std::move(bodies));
}

}  // namespace fovea
