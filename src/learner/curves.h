// The lines of metrics.jsonl in two more forms: a table (CSV) and TensorBoard's events.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fovea {

/// The columns of metrics.csv for a run whose log begins with `line`: kind, epoch, step, lr, loss,
/// images_per_s, then loss.K, top1.K and val_top1.K for every exit K. Empty for a line that is no
/// line of metrics.jsonl; so are the others.
[[nodiscard]] std::string csv_header(std::string_view line);
/// One line of metrics.csv; cells that a line does not know stay empty.
[[nodiscard]] std::string csv_row(std::string_view line);

/// What a file of events begins with (TFRecord framing of Event messages, file version 2).
[[nodiscard]] std::string events_header(double wall_seconds);
/// One event with a scalar for each number of the line, under train/… for steps and epoch/…,
/// val/… for epochs; at the line's step.
[[nodiscard]] std::string events_record(std::string_view line, double wall_seconds);
/// The wall_seconds of each record of such a file, the header's first; ends at the first record
/// that is not whole.
[[nodiscard]] std::vector<double> events_times(std::string_view bytes);

}  // namespace fovea
