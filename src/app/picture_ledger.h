// Where the time of pictures went, as `predict --ledger` tells it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "eval/ledger.h"
#include "fovea/executor.h"

namespace fovea::app {

/// Moments of one picture, in milliseconds from the beginning of its batch.
struct PictureTimes {
  double taken = 0;    ///< a thread began with it
  double decoded = 0;  ///< its pixels were there
  double ready = 0;    ///< transformed
};

/// The run of a batch, in milliseconds from the beginning of the batch.
struct BatchRunTimes {
  double gathered = 0;  ///< all pictures were there; they are put together
  double begin = 0;     ///< the network began with them
  double ms = 0;        ///< how long it took
};

/// {"wall_ms","decode_ms","transform_ms","input_ms","segments":[{"exit","ms"}],"network_ms",
/// "decision_ms","waiting_ms","other_ms"}: the way of one picture from the beginning of its batch
/// to its answer. `row` is the picture's place in the run.
[[nodiscard]] nlohmann::ordered_json picture_ledger_json(const PictureTimes& times,
                                                         const BatchRunTimes& batch,
                                                         const RunLedger& run,
                                                         const WorkReport& work, size_t row);

/// A table of the parts: milliseconds, share of the wall time.
[[nodiscard]] std::string ledger_text(const Ledger& ledger);

}  // namespace fovea::app
