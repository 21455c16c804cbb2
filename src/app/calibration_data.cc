#include "app/calibration_data.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "app/data_argument.h"
#include "data/core/parallel.h"

namespace fovea::app {
namespace {

using Json = nlohmann::json;

/// How a model's training cut its data.
struct TrainingCut {
  int64_t n_train = 0;
  int64_t n_val = 0;
  uint64_t seed = 0;
};

std::optional<TrainingCut> training_cut(const Model& model) {
  const Json record = Json::parse(model.training, nullptr, false);
  const auto count = [&record](const char* key) -> int64_t {
    const auto at = record.is_object() ? record.find(key) : record.end();
    return at != record.end() && at->is_number_integer() ? at->get<int64_t>() : -1;
  };
  const TrainingCut out{.n_train = count("n_train"),
                        .n_val = count("n_val"),
                        .seed = static_cast<uint64_t>(count("seed"))};
  if (out.n_train < 1 || out.n_val < 0 || count("seed") < 0) return std::nullopt;
  return out;
}

/// Which samples of the training data were trained on; empty where the record is of other data.
std::vector<char> seen_in_training(const Dataset& train, const Model& model,
                                   const TrainingCut& cut) {
  std::vector<std::string> classes = train.class_names();
  std::vector<std::string> labels = model.labels;
  std::sort(classes.begin(), classes.end());
  std::sort(labels.begin(), labels.end());
  if (!labels.empty() && classes != labels) return {};
  const int64_t n = train.size();
  if (n == cut.n_train) return std::vector<char>(static_cast<size_t>(n), 1);
  if (n != cut.n_train + cut.n_val) return {};
  std::vector<char> out(static_cast<size_t>(n), 0);
  for (const int64_t i : hold_out(n, {.seed = cut.seed, .count = cut.n_val}).train) {
    out[static_cast<size_t>(i)] = 1;
  }
  return out;
}

/// Places in the training data of what a split holds, or nothing where it holds other samples.
std::vector<int64_t> places_in_training(const Dataset& split, int64_t n_train,
                                        std::string_view name) {
  if (name == "val") {
    // A validation split that was cut from the training data.
    const auto* cut = dynamic_cast<const Subset*>(&split);
    return cut == nullptr ? std::vector<int64_t>() : cut->indices();
  }
  if ((name != "train" && !name.empty()) || split.size() != n_train) return {};
  std::vector<int64_t> all(static_cast<size_t>(n_train));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace

int64_t trained_on(const Arguments& arguments, const Model& model) {
  const std::optional<TrainingCut> cut = training_cut(model);
  if (!cut) return 0;
  const std::string name = arguments.needed("--data");
  const std::string split = arguments.value_or("--split", "");
  const HoldOutOptions options = hold_out_of(arguments, model);
  const DatasetPtr chosen = open_labelled(name, split, options);
  DatasetPtr train;
  try {
    train = open_labelled(name, "train", options);
  } catch (const Error&) {
    return 0;  // data without training samples
  }
  const std::vector<char> seen = seen_in_training(*train, model, *cut);
  if (seen.empty()) return 0;
  std::vector<int64_t> places = places_in_training(*chosen, train->size(), split);
  const auto n = static_cast<int64_t>(places.size());
  places.resize(static_cast<size_t>(std::min(n, arguments.count("--take", n, 1, INT64_MAX))));
  return std::count_if(places.begin(), places.end(), [&seen](int64_t i) {
    return static_cast<size_t>(i) < seen.size() && seen[static_cast<size_t>(i)] != 0;
  });
}

SampleChoice choice_from(const Arguments& arguments, const Model& model) {
  SampleChoice out{.corrupt = arguments.value_or("--corrupt", ""),
                   .trained_on = trained_on(arguments, model)};
  if (arguments.has("--take")) out.take = arguments.count("--take", 1, 1, INT64_MAX);
  if (arguments.value_or("--split", "") == "val") {
    const HoldOutOptions options = hold_out_of(arguments, model);
    if (options.count >= 0) out.hold_out = options.count;
    out.hold_out_seed = static_cast<int64_t>(options.seed);
  }
  return out;
}

std::vector<uint64_t> picture_hashes(const Dataset& data, int threads) {
  std::vector<uint64_t> out(static_cast<size_t>(data.size()));
  for_range(0, data.size(), threads, [&](int64_t i) {
    const auto view = data.view(i);
    out[static_cast<size_t>(i)] =
        view ? content_hash(*view) : content_hash(data.picture(i).value().view());
  });
  return out;
}

}  // namespace fovea::app
