// The builder with a method for each operator; networks in zoo/ are written with it.
#pragma once

#include <string_view>
#include <vector>

#include "graph/builder.h"
#include "ops/conv2d/conv2d.h"
#include "ops/decide/decide.h"
#include "ops/exit/exit.h"
#include "ops/linear/linear.h"
#include "ops/pool/pool.h"
#include "ops/resize/resize.h"
#include "ops/route/route.h"
#include "ops/slice/slice.h"

namespace fovea {

/// Every method appends one node called NAME under the open scopes and gives its value; shapes and
/// meaning stand at the operator's attribute struct. Errors: Error that names the node.
class Builder : public GraphBuilder {
 public:
  using GraphBuilder::GraphBuilder;

  ValueHandle conv2d(std::string_view name, ValueHandle src, const Conv2d& attributes);
  ValueHandle batch_norm(std::string_view name, ValueHandle src);
  ValueHandle relu(std::string_view name, ValueHandle src);
  ValueHandle relu6(std::string_view name, ValueHandle src);
  ValueHandle sigmoid(std::string_view name, ValueHandle src);
  ValueHandle max_pool2d(std::string_view name, ValueHandle src, const Pool2d& attributes);
  ValueHandle avg_pool2d(std::string_view name, ValueHandle src, const Pool2d& attributes);
  ValueHandle mean_hw(std::string_view name, ValueHandle src);
  ValueHandle linear(std::string_view name, ValueHandle src, const Linear& attributes);
  ValueHandle add(std::string_view name, ValueHandle a, ValueHandle b);
  ValueHandle multiply(std::string_view name, ValueHandle a, ValueHandle b);
  ValueHandle concat(std::string_view name, const std::vector<ValueHandle>& parts);
  ValueHandle slice(std::string_view name, ValueHandle src, const Slice& attributes);
  ValueHandle flatten(std::string_view name, ValueHandle src);
  ValueHandle resize(std::string_view name, ValueHandle src, const Resize& attributes);
  ValueHandle softmax(std::string_view name, ValueHandle src);
  /// Appends an exit; exits are called exit.0, exit.1, … in the order of the calls.
  void exit(ValueHandle logits, const Exit& attributes = {});
  ValueHandle decide(std::string_view name, ValueHandle scores, const Decide& attributes);
  ValueHandle route(std::string_view name, ValueHandle decision,
                    const std::vector<ValueHandle>& inputs, std::vector<Block> bodies,
                    const Route& attributes);

 private:
  int n_exits_ = 0;
};

}  // namespace fovea
