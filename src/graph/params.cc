#include "graph/params.h"

#include "base/words.h"

namespace fovea {

std::vector<Tensor> params_by_id(const Graph& graph, const NamedTensors& params) {
  std::vector<Tensor> out;
  for (const Param& param : graph.params()) {
    const auto at = params.find(param.name);
    const DType wanted = param.role == ParamRole::kCounter ? DType::kI64 : DType::kF32;
    if (at == params.end()) {
      if (param.role != ParamRole::kCounter) {
        throw Error(
            {.kind = ErrorKind::kBadInput, .what = "a parameter is missing", .where = param.name});
      }
      out.emplace_back(DType::kI64, Shape{});
      continue;
    }
    const Tensor& tensor = at->second;
    if (tensor.dtype() != wanted || tensor.shape() != param.shape) {
      throw Error({.kind = ErrorKind::kBadInput,
                   .what = "a parameter has the wrong shape or element type",
                   .where = param.name,
                   .expected = std::string(dtype_name(wanted)) + " " + param.shape.text(),
                   .found = std::string(dtype_name(tensor.dtype())) + " " + tensor.shape().text()});
    }
    out.push_back(tensor);
  }
  return out;
}

std::vector<ValueId> tap_values(const Graph& graph, const std::vector<std::string>& taps) {
  std::vector<ValueId> out;
  for (const std::string& tap : taps) {
    const auto value = graph.find_value(tap);
    if (!value || graph.main().value(*value).type.decision) {
      std::vector<std::string> known;
      for (const Tap& each : graph.taps()) known.push_back(each.name);
      for (const Value& each : graph.main().values) known.push_back(each.name);
      const auto near = nearest(tap, known);
      throw Error({.kind = ErrorKind::kUsage,
                   .what = "no value '" + tap + "' to tap",
                   .where = graph.name(),
                   .hint = near ? "perhaps '" + *near + "'" : std::string()});
    }
    out.push_back(*value);
  }
  return out;
}

}  // namespace fovea
