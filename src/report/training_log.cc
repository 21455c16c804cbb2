#include "report/training_log.h"

#include <nlohmann/json.hpp>

#include "base/words.h"

namespace fovea::report {
namespace {

using Json = nlohmann::json;

double number(const Json& line, const char* key) {
  const auto at = line.find(key);
  return at != line.end() && at->is_number() ? at->get<double>() : 0;
}

std::vector<double> numbers(const Json& line, const char* key) {
  std::vector<double> out;
  const auto at = line.find(key);
  if (at == line.end() || !at->is_array()) return out;
  for (const Json& value : *at) {
    if (value.is_number()) out.push_back(value.get<double>());
  }
  return out;
}

void add_line(TrainingFacts& facts, const Json& line) {
  if (!line.is_object() || line.value("kind", Json("epoch")) != "epoch") return;
  facts.epochs.push_back({.epoch = number(line, "epoch") + 1,
                          .rate = number(line, "lr"),
                          .loss = number(line, "loss"),
                          .loss_per_exit = numbers(line, "loss_per_exit"),
                          .train_top1 = numbers(line, "top1_per_exit"),
                          .val_top1 = numbers(line, "val_top1_per_exit")});
}

}  // namespace

Result<std::optional<TrainingFacts>> training_from_record(std::string_view json,
                                                          std::string_view source) {
  if (json.empty()) return std::optional<TrainingFacts>();
  const Json record = Json::parse(json, nullptr, false);
  if (!record.is_object()) {
    return ErrorInfo{.kind = ErrorKind::kBadInput,
                     .what = "the training record is no JSON object",
                     .where = std::string(source)};
  }
  TrainingFacts facts{.n_train = static_cast<int64_t>(number(record, "n_train")),
                      .n_val = static_cast<int64_t>(number(record, "n_val")),
                      .n_test = static_cast<int64_t>(number(record, "n_test")),
                      .val_top1 = numbers(record, "val_top1_per_exit"),
                      .test_top1 = numbers(record, "test_top1_per_exit"),
                      .source = "the model's training record"};
  if (const auto at = record.find("recipe"); at != record.end() && at->is_string()) {
    facts.recipe = at->get<std::string>();
  }
  const auto seed = record.find("seed");
  facts.seed = seed != record.end() && seed->is_number() ? seed->dump() : "unknown";
  if (const auto at = record.find("log"); at != record.end() && at->is_array()) {
    for (const Json& line : *at) add_line(facts, line);
  }
  return std::optional<TrainingFacts>(std::move(facts));
}

void take_metrics(TrainingFacts& facts, std::string_view lines, std::string_view source) {
  facts.epochs.clear();
  for (const std::string_view text : split(lines, '\n')) {
    const Json line = Json::parse(text, nullptr, false);
    if (line.is_object() && line.contains("kind")) add_line(facts, line);
  }
  facts.source = source;
}

}  // namespace fovea::report
