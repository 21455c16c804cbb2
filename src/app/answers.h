// Answers of `predict` as JSON Lines or as columns for people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "app/console.h"
#include "app/network.h"
#include "fovea/executor.h"
#include "graph/score.h"

namespace fovea::app {

/// Prints answers while they come. Not thread-safe.
class AnswerPrinter {
 public:
  /// JSON lists the `top_k` largest classes, at most those that the network has.
  AnswerPrinter(Console& console, const Network& network, int64_t top_k);

  /// Columns are as wide as the widest of these files; the first call counts.
  void fit(const std::vector<std::string>& files);
  /// The answer for `file` in row `row` of the outputs; `ms` is what it cost. `ledger` joins the
  /// JSON where it is not null.
  void answer(const std::string& file, double ms, const Outputs& out, size_t row,
              const nlohmann::ordered_json& ledger);
  /// A picture that could not be read.
  void error(const std::string& file, const ErrorInfo& error);

 private:
  [[nodiscard]] std::string label(int64_t index) const;
  void columns(const std::string& file, const std::string& name, const std::string& confidence,
               const std::string& exit, const std::string& macs, const std::string& ms);

  Console& console_;
  const Network& network_;
  std::vector<Scoring> scoring_;  ///< [K]
  int64_t top_k_;
  bool headed_ = false;
  size_t file_width_ = 4;
  size_t label_width_ = 5;
};

}  // namespace fovea::app
