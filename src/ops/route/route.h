// Sends each sample to the body that a decision chose.
#pragma once

#include <array>
#include <tuple>

#include "graph/attributes.h"
#include "graph/op_def.h"

namespace fovea {

enum class Combine : uint8_t {
  kSelect,    ///< results of the chosen body
  kResidual,  ///< x0 + result of the chosen body; x0 where none is chosen
};
template <>
inline constexpr std::array<std::string_view, 2> kEnumNames<Combine>{"select", "residual"};

/// decision, x0, x1, … -> results (specs/survey.md 7.2, ROUTE; domain sample).
///
/// select    one body a choice (binary: body 0 and body 1); all have equal result types.
/// residual  binary: one body, run where the decision is 1. One of n: one body a choice. A body
///           has one result of the type of x0; samples without a body keep x0.
/// Every body takes all of x0, x1, …. A body that nobody chose is not launched.
struct Route {
  Combine combine = Combine::kSelect;

  static constexpr auto fields() {
    return std::tuple{Field{"combine", &Route::combine, "how results join"}};
  }
  bool operator==(const Route&) const = default;
};

const OpDef& op_route();

/// Index of the body that carries out a choice, or -1 where none does (residual, binary 0).
int body_of_choice(const NodeView& route, int64_t choice);

}  // namespace fovea
