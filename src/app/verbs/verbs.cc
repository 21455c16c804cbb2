#include "app/verbs/verbs.h"

#include <array>

namespace fovea::app {

std::span<const Verb* const> all_verbs() {
  static constexpr std::array<const Verb*, 19> kVerbs{
      &kPredictVerb,  &kRunVerb,       &kEvalVerb,      &kVerifyVerb, &kCalibrateVerb,
      &kReportVerb,   &kTrainVerb,     &kInfoVerb,      &kPlanVerb,   &kBenchVerb,
      &kDoctorVerb,   &kInitVerb,      &kImportVerb,    &kExportVerb, &kDataMakeVerb,
      &kDataPackVerb, &kDataCheckVerb, &kDataStatsVerb, &kDataGetVerb};
  return kVerbs;
}

}  // namespace fovea::app
