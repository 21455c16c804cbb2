// A thin layer over ONNX's own classes: unique names, constants, attributes.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <initializer_list>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/tensor.h"

namespace fovea {

/// One node being written; the setters return it.
class OnnxNode {
 public:
  explicit OnnxNode(onnx::NodeProto* node) : node_(node) {}
  OnnxNode& ints(std::string_view name, std::initializer_list<int64_t> values);
  OnnxNode& integer(std::string_view name, int64_t value);
  OnnxNode& real(std::string_view name, float value);
  OnnxNode& text(std::string_view name, std::string_view value);
  OnnxNode& input(std::string_view name);

 private:
  onnx::AttributeProto* attribute(std::string_view name, onnx::AttributeProto::AttributeType type);
  onnx::NodeProto* node_;
};

/// The graph part of an ONNX file. Names are unique over values, constants and nodes' outputs.
class OnnxGraph {
 public:
  explicit OnnxGraph(onnx::GraphProto* proto) : proto_(proto) {}

  /// `wanted`, or `wanted` with underscores behind it where the name is taken.
  std::string unique(std::string_view wanted);
  void add_input(std::string_view name, const Shape& shape);
  void add_output(std::string_view name, const Shape& shape);
  /// Float constants; the returned name is unique.
  std::string constant(std::string_view name, const Shape& shape, std::span<const float> values);
  /// A vector of whole numbers; equal vectors share one constant.
  std::string integers(const std::vector<int64_t>& values);
  /// A float scalar; equal ones share one constant.
  std::string scalar(float value);
  OnnxNode add(std::string_view op, std::string_view node_name,
               std::initializer_list<std::string_view> inputs, std::string_view output);

 private:
  onnx::GraphProto* proto_;
  std::set<std::string, std::less<>> names_;
  std::map<std::vector<int64_t>, std::string> integers_;
  std::map<float, std::string> scalars_;
};

}  // namespace fovea
