// The program of a build with the learner alone: trains on packs, runs and measures models.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/exit_code.h"
#include "base/file.h"
#include "base/words.h"
#include "data/core/find.h"
#include "data/core/pack.h"
#include "data/core/transform.h"
#include "eval/anytime.h"
#include "eval/full_pass.h"
#include "eval/input_source.h"
#include "fovea/model.h"
#include "fovea/policy.h"
#include "graph/cost.h"
#include "learner/executor.h"
#include "model/safetensors.h"
#include "trainer/learner_hooks.h"
#include "trainer/train_command.h"

namespace fovea {
namespace {

constexpr std::string_view kUsage =
    "usage: fovea-trainer train RECIPE -o RUN [--resume] [--stop-after-steps N] [--seed S]\n"
    "                           [--set KEY=VALUE]... [--init M.fovea] [--device D] [--threads T]\n"
    "                           [--force]\n"
    "       fovea-trainer run MODEL --input A.safetensors --output B.safetensors [--policy JSON]\n"
    "                           [--device D] [--threads T] [--force]\n"
    "       fovea-trainer eval MODEL --data PACK|NAME [--split S] [--batch N] [--device D]\n"
    "This build has the learner alone: data comes from packs (fovea data pack), and there are no\n"
    "other verbs.\n";

[[noreturn]] void refuse(std::string what, std::string expected = {}, std::string found = {}) {
  throw Error({.kind = ErrorKind::kUsage,
               .what = std::move(what),
               .expected = std::move(expected),
               .found = std::move(found)});
}

/// Words behind the verb: inputs, and options with their values.
class Words {
 public:
  Words(const std::vector<std::string>& words, const std::vector<std::string>& flags,
        const std::vector<std::string>& valued) {
    for (size_t i = 0; i < words.size(); ++i) {
      const std::string& word = words[i];
      if (!word.starts_with("-")) {
        inputs_.push_back(word);
      } else if (contains(flags, word)) {
        options_[word].emplace_back();
      } else if (!contains(valued, word)) {
        refuse("no such option", {}, word);
      } else if (i + 1 == words.size()) {
        refuse("the option needs a value", {}, word);
      } else {
        options_[word].push_back(words[++i]);
      }
    }
    if (inputs_.size() != 1) refuse("one file is needed behind the verb");
  }
  [[nodiscard]] const std::string& input() const { return inputs_[0]; }
  [[nodiscard]] bool has(const std::string& option) const { return options_.contains(option); }
  [[nodiscard]] std::vector<std::string> all(const std::string& option) const {
    const auto at = options_.find(option);
    return at == options_.end() ? std::vector<std::string>{} : at->second;
  }
  [[nodiscard]] std::string value(const std::string& option, const std::string& fallback) const {
    const auto at = options_.find(option);
    return at == options_.end() ? fallback : at->second.back();
  }
  [[nodiscard]] std::string needed(const std::string& option) const {
    if (!has(option)) refuse("the option is missing", option);
    return value(option, {});
  }
  [[nodiscard]] int64_t count(const std::string& option, int64_t fallback, int64_t least) const {
    if (!has(option)) return fallback;
    const std::optional<int64_t> number = parse_int(value(option, {}));
    if (!number || *number < least) {
      refuse("the option needs a number", std::to_string(least) + " or more", value(option, {}));
    }
    return *number;
  }

 private:
  static bool contains(const std::vector<std::string>& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  }
  std::vector<std::string> inputs_;
  std::map<std::string, std::vector<std::string>> options_;
};

Overwrite overwrite_of(const Words& words) {
  return words.has("--force") ? Overwrite::kAllow : Overwrite::kRefuse;
}

/// The pack of a split, where the data is one of these or is named.
Result<std::string> existing_pack(const app::PackRequest& request) {
  const Result<DataPlace> place = find_data(request.name, request.split, find_options());
  if (!place.ok()) return place.error();
  if (place.value().kind == PlaceKind::kPack) return place.value().path;
  return ErrorInfo{.kind = ErrorKind::kNotInBuild,
                   .what = "this build reads packs only",
                   .where = shown_path(place.value().path),
                   .expected = "a file SPLIT.fpack",
                   .hint = "make it with 'fovea data pack' of a build with codecs"};
}

/// The same, where the split has pictures of its own; read once to see that they are undamaged.
Result<std::string> pack_for_training(const app::PackRequest& request) {
  const Result<DataPlace> place = find_data(request.name, request.split, find_options());
  if (!place.ok()) return place.error();
  const Status own = check_own_split(place.value(), request.split);
  if (!own.ok()) return own.error();
  Result<std::string> path = existing_pack(request);
  if (!path.ok() || request.reuse == app::PackReuse::kAny) return path;
  const Result<PackPtr> pack = Pack::open(path.value());
  if (!pack.ok()) return pack.error();
  const Status sound = pack.value()->verify();
  if (!sound.ok()) return sound.error();
  return path;
}

int train_verb(const Words& words) {
  app::TrainArguments arguments{.recipe = words.input(), .run_folder = words.needed("-o")};
  if (words.has("--resume")) arguments.resume = app::TrainArguments::Resume::kYes;
  if (words.has("--stop-after-steps")) {
    arguments.stop_after_steps = words.count("--stop-after-steps", 1, 1);
  }
  if (words.has("--seed")) arguments.seed = static_cast<uint64_t>(words.count("--seed", 0, 0));
  for (const std::string& setting : words.all("--set")) {
    const size_t equals = setting.find('=');
    if (equals == std::string::npos) refuse("a setting is written KEY=VALUE", {}, setting);
    arguments.settings.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
  }
  arguments.init_model = words.value("--init", "");
  arguments.device = words.value("--device", "cpu");
  arguments.threads = static_cast<int>(words.count("--threads", 1, 1));
  if (!words.has("--threads")) arguments.threads_of = app::TrainArguments::ThreadsOf::kMachine;
  arguments.overwrite = overwrite_of(words);
  arguments.note = [](std::string_view line) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
  };
  arguments.pack = pack_for_training;
  const app::TrainOutcome outcome = train_command(arguments).value();
  if (outcome.reports == app::TrainOutcome::Reports::kHere && !outcome.model.empty())
    std::printf("%s\n", outcome.model.c_str());
  return 0;
}

std::unique_ptr<Executor> executor_of(const Model& model, const Words& words) {
  return make_learner_executor(model.graph, model.params,
                               {.device = words.value("--device", "cpu"),
                                .threads = static_cast<int>(words.count("--threads", 0, 1))});
}

Result<Trace> load_trace(const std::string& path) {
  Result<TensorFile> file = read_safetensors(path);
  if (!file.ok()) return file.error();
  return Trace{.points = std::move(file.value().tensors)};
}

int run_verb(const Words& words) {
  const Model model = load_model(words.input()).value();
  const TensorFile file = read_safetensors(words.needed("--input")).value();
  Outputs out;
  RunOptions options;
  Policy policy;
  if (words.has("--policy")) {
    policy = parse_policy_json(words.needed("--policy"), load_trace).value();
    options.policy = &policy;
  }
  executor_of(model, words)->run(file.tensors, options, out).value();
  NamedTensors tensors;
  for (size_t e = 0; e < out.exit_logits.size(); ++e) {
    tensors["logits." + std::to_string(e)] = out.exit_logits[e];
  }
  if (options.policy != nullptr) {
    tensors["logits"] = out.logits;
    tensors["exit"] = out.exit;
    tensors["macs"] = out.macs;
    tensors["score"] = out.score;
  }
  write_safetensors(words.needed("--output"), tensors, {}, overwrite_of(words)).value();
  return 0;
}

int eval_verb(const Words& words) {
  const Model model = load_model(words.input()).value();
  const std::string path =
      existing_pack({.name = words.needed("--data"), .split = words.value("--split", "test")})
          .value();
  const DatasetSource source(Pack::open(path).value(),
                             Transform::parse(model.transform, words.input()).value());
  const auto executor = executor_of(model, words);
  const Scores scores =
      record_scores(*executor, source, {.batch = words.count("--batch", 64, 1)}).value();
  const std::vector<ExitCost> costs = exit_costs(model.graph);
  nlohmann::ordered_json exits = nlohmann::ordered_json::array();
  for (const ExitAccuracy& exit : anytime_accuracy(scores)) {
    exits.push_back({{"top1", exit.top1_percent().value_or(0)},
                     {"top5", exit.top5_percent().value_or(0)},
                     {"macs", costs[exits.size()].macs}});
  }
  std::printf("%s\n", nlohmann::ordered_json{{"n", source.n()}, {"exits", exits}}.dump(2).c_str());
  return 0;
}

int run_program(const std::vector<std::string>& words) {
  if (words.empty() || words[0] == "--help") {
    std::fputs(kUsage.data(), words.empty() ? stderr : stdout);
    return words.empty() ? 2 : 0;
  }
  const std::vector<std::string> rest(words.begin() + 1, words.end());
  if (words[0] == "train") {
    return train_verb(
        {rest,
         {"--resume", "--force"},
         {"-o", "--stop-after-steps", "--seed", "--set", "--init", "--device", "--threads"}});
  }
  if (words[0] == "run") {
    return run_verb(
        {rest, {"--force"}, {"--input", "--output", "--policy", "--device", "--threads"}});
  }
  if (words[0] == "eval") {
    return eval_verb({rest, {}, {"--data", "--split", "--batch", "--device", "--threads"}});
  }
  std::fputs(kUsage.data(), stderr);
  return 2;
}

}  // namespace
}  // namespace fovea

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && words[0] == "train") fovea::start_with_sleeping_threads(argv);
  try {
    return fovea::run_program(words);
  } catch (const fovea::Error& error) {
    std::fprintf(stderr, "fovea: error: %s\n", error.what());
    if (!error.info().hint.empty()) std::fprintf(stderr, "hint: %s\n", error.info().hint.c_str());
    return fovea::exit_code(error.info().kind);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fovea: error: %s\n", error.what());
    return 1;
  }
}
