#include "graph/builder.h"

namespace fovea {

GraphBuilder::Scope::Scope(GraphBuilder& builder, std::string_view name)
    : builder_(builder), length_(builder.prefix_.size()) {
  builder_.prefix_ += std::string(name) + ".";
}

GraphBuilder::Scope::~Scope() { builder_.prefix_.resize(length_); }

Block GraphBuilder::body(
    std::string name, const std::vector<ValueHandle>& like,
    const std::function<std::vector<ValueHandle>(const std::vector<ValueHandle>&)>& write) {
  std::vector<ValueType> types;
  for (const ValueHandle value : like) types.push_back(assembler_.type(value.id));
  assembler_.begin_body(std::move(name));
  std::vector<ValueHandle> inputs;
  for (size_t i = 0; i < types.size(); ++i) {
    inputs.push_back({assembler_.add_input("x" + std::to_string(i), types[i])});
  }
  std::vector<ValueId> results;
  for (const ValueHandle value : write(inputs)) results.push_back(value.id);
  return assembler_.end_body(std::move(results));
}

ValueHandle GraphBuilder::apply(const OpDef& op, std::string_view name, AttributesPtr attributes,
                                const std::vector<ValueHandle>& inputs, std::vector<Block> bodies,
                                const ParamNames& params) {
  std::vector<ValueId> ids;
  for (const ValueHandle value : inputs) ids.push_back(value.id);
  const std::vector<ValueId> outputs =
      assembler_.add_node(&op, prefix_ + std::string(name), std::move(attributes), std::move(ids),
                          std::move(bodies), params);
  return {outputs.empty() ? -1 : outputs.front()};
}

}  // namespace fovea
