// The verbs, one file each.
#pragma once

#include "app/verb.h"

namespace fovea::app {

extern const Verb kInitVerb;
extern const Verb kInfoVerb;
extern const Verb kPlanVerb;
extern const Verb kBenchVerb;
extern const Verb kRunVerb;
extern const Verb kPredictVerb;
extern const Verb kImportVerb;
extern const Verb kExportVerb;
extern const Verb kDataMakeVerb;
extern const Verb kDataPackVerb;
extern const Verb kDataCheckVerb;
extern const Verb kDataStatsVerb;
extern const Verb kDataGetVerb;
extern const Verb kTrainVerb;
extern const Verb kEvalVerb;
extern const Verb kCalibrateVerb;
extern const Verb kVerifyVerb;
extern const Verb kDoctorVerb;
extern const Verb kReportVerb;

}  // namespace fovea::app
