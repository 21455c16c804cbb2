// What the verbs of `fovea data` share.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/arguments.h"
#include "app/console.h"
#include "app/interrupt.h"
#include "app/timed.h"
#include "data/codecs/verbs.h"

namespace fovea::app {

/// Threads, progress and interruption of a long piece of work; must outlive it.
class DataProgress {
 public:
  DataProgress(const Console& console, const Arguments& arguments, std::string what);
  [[nodiscard]] DataWork options() const;

 private:
  InterruptGuard guard_;
  Progress progress_;
  int threads_;
  std::function<void(int64_t, int64_t)> report_;
};

/// A warning for each of the first broken pictures, and how many there are in all.
void note_broken(const Console& console, const std::vector<BrokenPicture>& broken);

/// [{"index","file","message"}]
[[nodiscard]] nlohmann::ordered_json broken_json(const std::vector<BrokenPicture>& broken);

}  // namespace fovea::app
