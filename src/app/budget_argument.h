// Policies in a user's own units: --budget, --accuracy, --max-drop with --confidence.
#pragma once

#include <optional>
#include <string>

#include "app/segment_timing.h"
#include "app/verb.h"
#include "calibrate/certificate.h"
#include "calibrate/record.h"
#include "eval/reported_policy.h"
#include "fovea/model.h"
#include "fovea/policy.h"

namespace fovea::app {

[[nodiscard]] OptionSpecs budget_options();
/// --max-drop and --confidence alone.
[[nodiscard]] OptionSpecs promise_options();

/// What --max-drop and --confidence (95 % where it is not given) say, or nothing.
/// Throws Error (kUsage) for texts that are no numbers, and for a confidence without a drop.
[[nodiscard]] std::optional<Promise> promise_from(const Arguments& arguments);

/// What a mean time was solved with.
struct TimedSolution {
  SegmentTimes segments;
  ThresholdRule rule;
  double searched_ms = 0;  ///< of TimedBudget
};

/// A policy solved from what the model file stores.
struct SolvedPolicy {
  Policy policy;
  std::optional<Certificate> certificate;  ///< for --max-drop
  std::string note;                        ///< what is expected of it, for people
  Expectation expected;                    ///< milliseconds where `timed`, else multiply-adds
  std::optional<TimedSolution> timed;      ///< for a mean time, which only a run can show
};

/// The policy for the one option given, or nothing where none is.
/// Throws Error: kUsage for a model without calibration, for a value out of range (the range is
/// told), for several of these options or one beside a policy of another kind; kBadInput for a
/// damaged record.
[[nodiscard]] std::optional<SolvedPolicy> solved_policy(const Arguments& arguments,
                                                        const Model& model, const RunTimes* times);

/// A policy and what it was solved for, as JSON results tell it.
[[nodiscard]] ReportedPolicy reported(const Policy& policy,
                                      const std::optional<SolvedPolicy>& solved);

/// The certificate under which --max-drop, or else the model's file, puts exactly this policy.
/// Throws Error (kBadInput) for a damaged record.
[[nodiscard]] std::optional<Certificate> certificate_of(const std::optional<SolvedPolicy>& solved,
                                                        const Model& model, const Policy& policy);

/// "max-drop-1-95": the name under which a model stores the policy of a certificate.
[[nodiscard]] std::string certificate_name(const Promise& promise);
/// One sentence: what is promised and on what it rests.
[[nodiscard]] std::string certificate_text(const Certificate& certificate);

/// "0.93,-" or "patience 2", and the last exit where it is not the network's.
[[nodiscard]] std::string rule_text(const ThresholdRule& rule);

}  // namespace fovea::app
