// The readable way to write a network: scopes name the values, every step is checked at once.
// Operators' own methods are in ops/builder.h.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/assemble.h"

namespace fovea {

/// Handle of a value while its graph is built.
struct ValueHandle {
  ValueId id = -1;
};

/// Builds one graph. Construction methods throw Error. Not thread-safe.
class GraphBuilder {
 public:
  explicit GraphBuilder(std::string name) : assembler_(std::move(name)) {}

  /// Prefixes names with "NAME." for as long as it lives.
  class Scope {
   public:
    Scope(GraphBuilder& builder, std::string_view name);
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope();

   private:
    GraphBuilder& builder_;
    size_t length_;
  };
  [[nodiscard]] Scope scope(std::string_view name) { return {*this, name}; }
  /// "NAME.INDEX."
  [[nodiscard]] Scope scope(std::string_view name, int index) {
    return {*this, std::string(name) + "." + std::to_string(index)};
  }

  ValueHandle input(std::string name, Shape shape) {
    return {assembler_.add_input(std::move(name), {.shape = std::move(shape)})};
  }
  /// A second name under which the value can be tapped.
  void tap(std::string name, ValueHandle value) { assembler_.add_tap(std::move(name), value.id); }
  [[nodiscard]] const Shape& shape(ValueHandle value) const {
    return assembler_.type(value.id).shape;
  }
  [[nodiscard]] int64_t channels(ValueHandle value) const { return shape(value)[0]; }

  /// Writes a body: `write` gets handles of its inputs, which have the types of `like`.
  Block body(std::string name, const std::vector<ValueHandle>& like,
             const std::function<std::vector<ValueHandle>(const std::vector<ValueHandle>&)>& write);

  /// Any operator by its definition; the operators' methods call this.
  ValueHandle apply(const OpDef& op, std::string_view name, AttributesPtr attributes,
                    const std::vector<ValueHandle>& inputs, std::vector<Block> bodies = {},
                    const ParamNames& params = {});

  Graph finish() { return assembler_.finish(); }

 private:
  Assembler assembler_;
  std::string prefix_;
};

}  // namespace fovea
