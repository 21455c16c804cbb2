#include "learner/checkpoint.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/words.h"
#include "model/safetensors.h"

namespace fovea {
namespace {

using nlohmann::json;

constexpr int64_t kMostThreads = 1 << 16;

/// What the names of each group of tensors begin with.
struct Group {
  std::string_view prefix;
  NamedTensors Checkpoint::*tensors;
};
constexpr std::array kGroups{
    Group{"param.", &Checkpoint::params}, Group{"momentum.", &Checkpoint::momentum},
    Group{"average.", &Checkpoint::average}, Group{"weighting.", &Checkpoint::weighting}};

json to_json(const Progress& p) {
  return {{"stage", p.stage},
          {"epoch", p.epoch},
          {"stage_epoch", p.stage_epoch},
          {"step", p.step},
          {"total_steps", p.total_steps},
          {"best_top1", p.best_top1},
          {"seconds", p.seconds},
          {"samples", p.sums.samples},
          {"loss", p.sums.loss},
          {"loss_per_exit", p.sums.loss_per_exit},
          {"correct_per_exit", p.sums.correct_per_exit},
          {"first_losses", p.first_losses},
          {"epoch_lines", p.epoch_lines}};
}

Progress progress_from(const json& value) {
  Progress p;
  value.at("stage").get_to(p.stage);
  value.at("epoch").get_to(p.epoch);
  value.at("stage_epoch").get_to(p.stage_epoch);
  value.at("step").get_to(p.step);
  value.at("total_steps").get_to(p.total_steps);
  value.at("best_top1").get_to(p.best_top1);
  value.at("seconds").get_to(p.seconds);
  value.at("samples").get_to(p.sums.samples);
  value.at("loss").get_to(p.sums.loss);
  value.at("loss_per_exit").get_to(p.sums.loss_per_exit);
  value.at("correct_per_exit").get_to(p.sums.correct_per_exit);
  value.at("first_losses").get_to(p.first_losses);
  value.at("epoch_lines").get_to(p.epoch_lines);
  return p;
}

Result<Checkpoint> checkpoint_of(const Result<TensorFile>& file, std::string_view path);

}  // namespace

void EpochSums::add(const BatchReport& report) {
  const auto n = static_cast<double>(report.samples);
  samples += report.samples;
  loss += n * report.loss;
  loss_per_exit.resize(report.loss_per_exit.size());
  correct_per_exit.resize(report.correct_per_exit.size());
  for (size_t e = 0; e < report.loss_per_exit.size(); ++e) {
    loss_per_exit[e] += n * report.loss_per_exit[e];
  }
  for (size_t e = 0; e < report.correct_per_exit.size(); ++e) {
    correct_per_exit[e] += report.correct_per_exit[e];
  }
}

Status save_checkpoint(const std::string& path, const Checkpoint& checkpoint) {
  NamedTensors tensors;
  for (const Group& group : kGroups) {
    for (const auto& [name, tensor] : checkpoint.*group.tensors) {
      tensors.emplace(std::string(group.prefix) + name, tensor);
    }
  }
  StringMap metadata{{"fovea.checkpoint", to_json(checkpoint.progress).dump()},
                     {"fovea.recipe", checkpoint.recipe},
                     {"fovea.data", checkpoint.data_digest},
                     {"fovea.data.judging", checkpoint.judging_digest}};
  if (checkpoint.init) {
    metadata["fovea.init"] = checkpoint.init->file;
    metadata["fovea.init.sha256"] = checkpoint.init->sha256;
  }
  if (checkpoint.threads) metadata["fovea.threads"] = std::to_string(*checkpoint.threads);
  return write_safetensors(path, tensors, metadata, Overwrite::kAllow);
}

Result<Checkpoint> load_checkpoint(const std::string& path) {
  return checkpoint_of(read_safetensors(path), path);
}

Result<Checkpoint> parse_checkpoint(std::span<const std::byte> file, std::string_view source) {
  return checkpoint_of(parse_safetensors(file, source), source);
}

namespace {

Result<Checkpoint> checkpoint_of(const Result<TensorFile>& file, std::string_view path) {
  if (!file.ok()) return file.error();
  const ErrorInfo no_checkpoint{.kind = ErrorKind::kBadInput,
                                .what = "the file is no checkpoint of a training run",
                                .where = shown_path(path)};
  Checkpoint checkpoint;
  const StringMap& metadata = file.value().metadata;
  const auto progress = metadata.find("fovea.checkpoint");
  const auto recipe = metadata.find("fovea.recipe");
  const auto data = metadata.find("fovea.data");
  if (progress == metadata.end() || recipe == metadata.end() || data == metadata.end()) {
    return no_checkpoint;
  }
  checkpoint.recipe = recipe->second;
  checkpoint.data_digest = data->second;
  const auto judging = metadata.find("fovea.data.judging");
  if (judging != metadata.end()) checkpoint.judging_digest = judging->second;
  const auto init = metadata.find("fovea.init");
  const auto digest = metadata.find("fovea.init.sha256");
  if (init != metadata.end() && digest != metadata.end()) {
    checkpoint.init = InitModel{.file = init->second, .sha256 = digest->second};
  }
  if (const auto threads = metadata.find("fovea.threads"); threads != metadata.end()) {
    const std::optional<int64_t> count = parse_int(threads->second);
    if (!count || *count < 1 || *count > kMostThreads) return no_checkpoint;
    checkpoint.threads = static_cast<int>(*count);
  }
  try {
    checkpoint.progress = progress_from(json::parse(progress->second));
  } catch (const json::exception&) {
    return no_checkpoint;
  }
  for (const auto& [name, tensor] : file.value().tensors) {
    const auto* const group = std::find_if(
        kGroups.begin(), kGroups.end(),
        [&, n = std::string_view(name)](const Group& each) { return n.starts_with(each.prefix); });
    if (group == kGroups.end()) return no_checkpoint;
    (checkpoint.*group->tensors).emplace(name.substr(group->prefix.size()), tensor);
  }
  return checkpoint;
}

}  // namespace

}  // namespace fovea
