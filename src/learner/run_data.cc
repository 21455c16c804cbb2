#include "learner/run_data.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace fovea {
namespace {

[[noreturn]] void refuse(std::string what, std::string where, std::string expected,
                         std::string found) {
  throw Error({.kind = ErrorKind::kUsage,
               .what = std::move(what),
               .where = std::move(where),
               .expected = std::move(expected),
               .found = std::move(found)});
}

void check_classes(const Graph& graph, const DatasetPtr& data) {
  if (data == nullptr || data->n_classes() == graph.n_classes()) return;
  refuse("data and network have different numbers of classes", graph.name(),
         std::to_string(graph.n_classes()), std::to_string(data->n_classes()));
}

/// Labels are numbers: the same class must have the same one in what judges.
void check_same_classes(const DatasetPtr& train, const DatasetPtr& judging, const char* key) {
  if (judging == nullptr) return;
  const std::string difference = class_difference(train->class_names(), judging->class_names());
  if (difference.empty()) return;
  throw Error({.kind = ErrorKind::kBadInput,
               .what = "the classes are not those of the training data",
               .where = key,
               .expected = "the same names in the same order",
               .found = difference});
}

std::vector<int64_t> all_of(const Dataset& data) {
  std::vector<int64_t> indices(static_cast<size_t>(data.size()));
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

Augmentation augmentation_of(const Recipe& recipe, int32_t side) {
  if (recipe.data.augment == "pad_crop_flip") {
    return PadCropFlip{.seed = recipe.run.seed,
                       .pad = static_cast<int32_t>(recipe.data.pad),
                       .cutout = static_cast<int32_t>(recipe.data.cutout)};
  }
  if (recipe.data.augment == "random_resized_crop") {
    return RandomResizedCrop{.seed = recipe.run.seed, .side = side};
  }
  return {};
}

}  // namespace

RunData run_data(const TrainingTask& task, int32_t side) {
  check_same_classes(task.train, task.val, "data.val");
  check_same_classes(task.train, task.test, "data.test");
  for (const DatasetPtr& data : {task.train, task.val, task.test}) check_classes(task.graph, data);
  if (task.transform.crop != side) {
    refuse("transform and network differ in size", "data.transform", "crop=" + std::to_string(side),
           std::to_string(task.transform.crop));
  }
  const int64_t held_out = task.recipe.data.hold_out;
  HoldOut split{.train = all_of(*task.train)};
  DatasetPtr val = task.val;
  if (val != nullptr) {
    split.val = all_of(*val);
  } else if (held_out != 0) {
    if (held_out >= task.train->size()) {
      refuse("nothing is left to train on", "data.hold_out",
             "less than " + std::to_string(task.train->size()), std::to_string(held_out));
    }
    split = hold_out(task.train->size(), {.seed = task.recipe.run.seed, .count = held_out});
    val = task.train;
  }
  RunData out{.split = split,
              .train = Batches(task.train, split.train, task.transform,
                               augmentation_of(task.recipe, side))};
  if (val != nullptr) out.val.emplace(val, split.val, task.transform);
  if (task.test != nullptr) out.test.emplace(task.test, all_of(*task.test), task.transform);
  return out;
}

BatchPlaces places_of(const EpochRest& rest, int64_t n, Peers& peers) {
  const std::vector<int64_t> order = epoch_order(rest.seed, static_cast<uint64_t>(rest.epoch), n);
  BatchPlaces out;
  for (int64_t first = rest.step * rest.batch; first < n; first += rest.batch) {
    const int64_t count = std::min(rest.batch, n - first);
    Peers::Part part{.begin = 0, .count = count};
    if (!rest.whole) part = peers.part(count);
    const auto begin = order.begin() + first + part.begin;
    out.emplace_back(begin, begin + part.count);
  }
  return out;
}

}  // namespace fovea
