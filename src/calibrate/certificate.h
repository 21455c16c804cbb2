// A promise about accuracy that holds with a stated confidence (design 6, docs/calibration.md).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "calibrate/drop_bound.h"
#include "calibrate/rule.h"
#include "fovea/error.h"

namespace fovea {

/// "At most max_drop points of accuracy are lost against the last exit, with this confidence."
struct Promise {
  double max_drop = 0;    ///< percentage points, in (0, 100)
  double confidence = 0;  ///< per cent, in (0, 100)
  [[nodiscard]] double delta() const { return 1 - confidence / 100; }
};

/// A kept promise: the rule was fixed on other samples than those counted here.
struct Certificate {
  Promise promise;
  ThresholdRule rule;
  AnswerChanges changes;  ///< on the certifying half
  double bound = 0;       ///< the least drop, in points, that these samples rule out
  double macs = 0;        ///< mean multiply-adds on the certifying half
};

/// The rules that a promise is chosen from, found on the selecting half alone: frontiers on which a
/// changed answer costs little to much, so that there are bold rules that change many answers for
/// as many better ones and safe ones that change hardly any.
[[nodiscard]] std::vector<ThresholdRule> drop_candidates(const RuleData& select);

/// What new samples say about a promise.
enum class Recheck : uint8_t {
  kKept,    ///< they rule out a larger drop with the promise's confidence
  kOpen,    ///< they neither rule it out nor contradict the promise: too few
  kBroken,  ///< with the promise's confidence the drop is larger
};
[[nodiscard]] std::string_view recheck_name(Recheck verdict);
[[nodiscard]] Recheck recheck(const Promise& promise, const AnswerChanges& changes);

/// How a rule's answers differ from the last exit's.
[[nodiscard]] AnswerChanges answer_changes(const RuleData& data, const ThresholdRule& rule);

/// The cheapest of the candidates that keeps the promise.
///
/// The selecting half alone orders the candidates from the safest to the boldest, each cheaper than
/// the one before. The certifying half then tests them in that order, each at the full level, and
/// stops at the first that fails: with probability at least `confidence` no tested rule breaks the
/// promise (fixed-sequence testing; Angelopoulos et al., "Learn then Test", 2021).
/// Costs of both halves are multiply-adds.
/// Errors (kUsage): a promise outside its range; too few samples, or none that saves anything keeps
/// it: the message says how many samples would.
[[nodiscard]] Result<Certificate> certify(const RuleData& select, const RuleData& certify,
                                          std::span<const ThresholdRule> candidates,
                                          const Promise& promise);

}  // namespace fovea
