// The JSON forms of evaluation and verification (docs/json.md).
#pragma once

#include <optional>
#include <span>
#include <string>

#include "calibrate/certificate.h"
#include "eval/anytime.h"
#include "eval/budgeted.h"
#include "eval/executed.h"
#include "eval/ledger.h"
#include "eval/reported_policy.h"
#include "eval/verify.h"
#include "graph/cost.h"

namespace fovea {

/// {"anytime":{"val_correct","test_correct"},"rows":[{"q","name","distribution","thresholds",
/// "val":{"counts","correct","cost"},"test":{…}}]}; floats
/// are the shortest decimals that read back as the same float32.
[[nodiscard]] std::string budgeted_json(const BudgetedReport& report);

/// {"n","exits":[{"top1","top5","macs"}],"adaptive":{"top1","mean_macs","ms","counts","ledger"},
/// "policy","expected"}; null where something is not known. `macs` of an exit is all that stands
/// before it.
[[nodiscard]] std::string evaluation_json(std::span<const ExitAccuracy> accuracies,
                                          std::span<const ExitCost> costs,
                                          const AdaptiveReport& adaptive,
                                          const ReportedPolicy& policy);

/// {"wall_ms","decode_ms","transform_ms","input_ms","segments":[{"exit","samples","ms"}],
/// "network_ms","decision_ms","waiting_ms","output_ms","other_ms"}.
[[nodiscard]] std::string ledger_json(const Ledger& ledger);

/// {"n","agree","disagree":[index],"macs_full","macs_adaptive","ms_full","ms_adaptive",
/// "realisation","drop","lost","gained","certificate","policy","expected"}; multiply-adds and times
/// are means per sample; `certificate` is {"max_drop","confidence","bound","verdict",
/// "calibrated_on"}, the bound that of these samples, `calibrated_on` how many of them (`known`)
/// the calibration used, or null.
[[nodiscard]] std::string verification_json(const Verification& verification,
                                            const std::optional<Promise>& promise,
                                            const std::optional<int64_t>& known,
                                            const ReportedPolicy& policy);

}  // namespace fovea
