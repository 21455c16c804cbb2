// A model of a report: opened and checked before anything is measured.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "app/execution.h"
#include "app/network.h"
#include "app/verb.h"
#include "data/core/dataset.h"
#include "eval/input_source.h"
#include "eval/shift.h"
#include "report/facts.h"
#include "report/measure.h"

namespace fovea::app {

/// The data of a report, and the policy that is shown closely on it.
struct ReportData {
  std::string name;     ///< as it was asked for, with what was done to it
  std::string extent;   ///< what part of the data this is, or empty where it is all
  std::string remarks;  ///< what else a reader must know, or empty
  DatasetPtr pictures;  ///< under the network's labels
  std::unique_ptr<InputSource> source;
  std::unique_ptr<Executor> executor;
  report::NamedPolicy policy;
  std::map<std::string, Policy> stored;
  std::optional<ShiftPlan> shift;  ///< where it is asked for

  [[nodiscard]] report::Candidate candidate() const { return {*executor, *source, policy, stored}; }
};

struct ReportModel {
  Network network;
  std::string metrics;             ///< path of a run's log, or empty
  std::optional<ReportData> data;  ///< with --data
};

/// Opens a model file, or the model of a run. Throws Error: whatever of the options does not fit
/// the model, its data or each other is said here.
[[nodiscard]] ReportModel report_model(Context& context, const Arguments& arguments,
                                       const Execution& execution, const std::string& path);

/// What the model itself says, with its steps timed.
[[nodiscard]] report::ModelFacts facts_of(const ReportModel& model);

/// The options that chose the policy, as they were given: "--budget 22M"; empty without any.
[[nodiscard]] std::string policy_words(const Arguments& arguments);

}  // namespace fovea::app
