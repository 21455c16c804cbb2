#include "exchange/onnx_graph.h"

namespace fovea {
namespace {

void set_type(onnx::ValueInfoProto* info, std::string_view name, const Shape& shape) {
  info->set_name(std::string(name));
  auto* type = info->mutable_type()->mutable_tensor_type();
  type->set_elem_type(onnx::TensorProto::FLOAT);
  for (const int64_t extent : shape.dims()) type->mutable_shape()->add_dim()->set_dim_value(extent);
}

}  // namespace

onnx::AttributeProto* OnnxNode::attribute(std::string_view name,
                                          onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto* out = node_->add_attribute();
  out->set_name(std::string(name));
  out->set_type(type);
  return out;
}

OnnxNode& OnnxNode::ints(std::string_view name, std::initializer_list<int64_t> values) {
  onnx::AttributeProto* out = attribute(name, onnx::AttributeProto::INTS);
  for (const int64_t value : values) out->add_ints(value);
  return *this;
}

OnnxNode& OnnxNode::integer(std::string_view name, int64_t value) {
  attribute(name, onnx::AttributeProto::INT)->set_i(value);
  return *this;
}

OnnxNode& OnnxNode::real(std::string_view name, float value) {
  attribute(name, onnx::AttributeProto::FLOAT)->set_f(value);
  return *this;
}

OnnxNode& OnnxNode::text(std::string_view name, std::string_view value) {
  attribute(name, onnx::AttributeProto::STRING)->set_s(std::string(value));
  return *this;
}

OnnxNode& OnnxNode::input(std::string_view name) {
  node_->add_input(std::string(name));
  return *this;
}

std::string OnnxGraph::unique(std::string_view wanted) {
  std::string name(wanted);
  while (!names_.insert(name).second) name += '_';
  return name;
}

void OnnxGraph::add_input(std::string_view name, const Shape& shape) {
  set_type(proto_->add_input(), name, shape);
}

void OnnxGraph::add_output(std::string_view name, const Shape& shape) {
  set_type(proto_->add_output(), name, shape);
}

std::string OnnxGraph::constant(std::string_view name, const Shape& shape,
                                std::span<const float> values) {
  onnx::TensorProto* tensor = proto_->add_initializer();
  tensor->set_name(unique(name));
  tensor->set_data_type(onnx::TensorProto::FLOAT);
  for (const int64_t extent : shape.dims()) tensor->add_dims(extent);
  tensor->set_raw_data(values.data(), values.size_bytes());
  return tensor->name();
}

std::string OnnxGraph::integers(const std::vector<int64_t>& values) {
  const auto known = integers_.find(values);
  if (known != integers_.end()) return known->second;
  onnx::TensorProto* tensor = proto_->add_initializer();
  tensor->set_name(unique("integers." + std::to_string(integers_.size())));
  tensor->set_data_type(onnx::TensorProto::INT64);
  tensor->add_dims(static_cast<int64_t>(values.size()));
  tensor->set_raw_data(values.data(), values.size() * sizeof(int64_t));
  return integers_.emplace(values, tensor->name()).first->second;
}

std::string OnnxGraph::scalar(float value) {
  const auto known = scalars_.find(value);
  if (known != scalars_.end()) return known->second;
  const std::string name =
      constant("scalar." + std::to_string(scalars_.size()), {}, std::span(&value, 1));
  return scalars_.emplace(value, name).first->second;
}

OnnxNode OnnxGraph::add(std::string_view op, std::string_view node_name,
                        std::initializer_list<std::string_view> inputs, std::string_view output) {
  onnx::NodeProto* node = proto_->add_node();
  node->set_op_type(std::string(op));
  node->set_name(std::string(node_name));
  for (const std::string_view input : inputs) node->add_input(std::string(input));
  node->add_output(std::string(output));
  return OnnxNode(node);
}

}  // namespace fovea
