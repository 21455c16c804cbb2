#include "app/verbs/data_slowdown.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/data_argument.h"
#include "app/execution.h"
#include "app/interrupt.h"
#include "app/output.h"
#include "app/policy_argument.h"
#include "app/table.h"
#include "app/timed.h"
#include "data/codecs/decode.h"
#include "data/codecs/picture_folder.h"
#include "eval/robust_json.h"
#include "graph/cost.h"

namespace fovea::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kUsualBatch = 64;
constexpr float kUsualThreshold = 0.9F;

/// The centre of a square picture, and back.
Picture centre_of(const Picture& picture, int32_t side) {
  const auto first = static_cast<int32_t>(crop_begin(picture.height, side));
  Picture out(side, side);
  for (int32_t y = 0; y < side; ++y) {
    std::copy_n(picture.view().row(first + y) + static_cast<size_t>(first) * kChannels,
                static_cast<size_t>(side) * kChannels, out.row(y));
  }
  return out;
}

void put_centre(const Picture& centre, Picture& picture) {
  const auto first = static_cast<int32_t>(crop_begin(picture.height, centre.height));
  for (int32_t y = 0; y < centre.height; ++y) {
    std::copy_n(centre.view().row(y), static_cast<size_t>(centre.width) * kChannels,
                picture.row(first + y) + static_cast<size_t>(first) * kChannels);
  }
}

/// Where samples leave while they are attacked, batch after batch.
class Measured {
 public:
  Measured(Executor& executor, const Policy& policy, const Transform& transform, std::string input)
      : executor_(executor),
        policy_(policy),
        transform_(transform),
        input_(std::move(input)),
        counts_(static_cast<size_t>(executor.graph().n_exits()), 0) {}

  void add(const std::vector<Picture>& pictures, const std::vector<int64_t>& labels) {
    const auto n = static_cast<int64_t>(pictures.size());
    const size_t n_values = transform_.n_values();
    Tensor tensor = Tensor::f32(
        Shape{static_cast<int64_t>(kChannels), transform_.crop, transform_.crop}.batched(n));
    for (size_t i = 0; i < pictures.size(); ++i) {
      apply(transform_, pictures[i].view(), std::span(tensor.f() + i * n_values, n_values));
    }
    const TensorSource source({{input_, std::move(tensor)}}, labels);
    const AdaptiveReport part =
        evaluate_executed(executor_, source, policy_, {.batch = n, .warmups = 0}).value();
    for (size_t e = 0; e < counts_.size(); ++e) counts_[e] += part.counts[e];
    macs_ += part.mean_macs * static_cast<double>(n);
    for (size_t i = 0; i < labels.size(); ++i) {
      if (part.answers[i] == labels[i]) ++correct_;
    }
    n_ += n;
  }

  [[nodiscard]] AdaptiveReport report() const {
    const auto n = static_cast<double>(n_);
    return {.n = n_,
            .top1 = 100 * static_cast<double>(correct_) / n,
            .mean_macs = macs_ / n,
            .counts = counts_};
  }

 private:
  Executor& executor_;
  const Policy& policy_;
  const Transform& transform_;
  std::string input_;
  std::vector<int64_t> counts_;
  int64_t n_ = 0;
  int64_t correct_ = 0;
  double macs_ = 0;
};

/// The options' policy, else the stored default, else thresholds that make early exits count.
Policy policy_of(const Arguments& arguments, const Model& model, const Console& console) {
  Policy policy = policy_or_default(arguments, model, {.console = &console});
  if (!policy.thresholds.empty() || policy.patience || policy.exit || policy.max_macs) {
    return policy;
  }
  console.note("note: without a policy the saving is measured at threshold 0.9");
  policy.thresholds.assign(static_cast<size_t>(model.graph.n_exits() - 1), kUsualThreshold);
  return policy;
}

/// Multiply-adds of leaving at each exit of the network; 0 where the policy does not ask it.
std::vector<double> macs_by_exit(const Graph& graph, const Policy& policy) {
  const ResolvedPolicy resolved = resolve(policy, graph).value();
  const std::vector<int64_t> asked = macs_when_leaving(graph, resolved.asked);
  std::vector<double> out(static_cast<size_t>(graph.n_exits()), 0);
  for (size_t i = 0; i < asked.size(); ++i) {
    out[static_cast<size_t>(resolved.asked[i])] = static_cast<double>(asked[i]);
  }
  return out;
}

std::string report_text(const SlowdownReport& report, const std::vector<double>& macs) {
  Table table({{"pictures", Table::Align::kLeft},
               {"efficacy"},
               {"top-1 %"},
               {"Mmacs"},
               {"leave at each exit", Table::Align::kLeft}});
  for (const auto& [name, part] :
       {std::pair("before", &report.before), std::pair("after", &report.after)}) {
    std::string counts;
    for (const int64_t count : part->counts) counts += std::to_string(count) + " ";
    table.add({name, fixed(efficacy(*part, report.full_macs), 4), fixed(part->top1.value_or(0), 2),
               millions(part->mean_macs), counts});
  }
  std::string dearest = "no sample can cost more than ";
  return std::to_string(report.before.n) + " samples\n" + table.text() + dearest +
         millions(*std::max_element(macs.begin(), macs.end())) + " Mmacs under this policy\n";
}

}  // namespace

OptionSpecs slowdown_options() {
  return OptionSpecs{{"--epsilon", "E", "slowdown: most change of a value, of 255; 8"},
                     {"--steps", "N", "slowdown: steps of the attack; 20"},
                     {"--step-size", "A",
                      "slowdown: change of a value in a step, of 255; 2.5 E/N, at least 1"}} +
         broken_options() + policy_options() + executor_options() + batch_options();
}

int make_slowdown(Context& context, const Arguments& arguments) {
  if (context.hooks.make_slowdown == nullptr) become_trainer(context);
  const Execution execution = execution_from(context, arguments);
  const std::string folder = arguments.needed("--output");
  const int64_t batch = arguments.count("--batch", kUsualBatch, 1, 1 << 16);
  arguments.expect_inputs(2, 2, "slowdown MODEL");
  const Network network = network_from(arguments.without_first_input(), Weights::kNeeded);
  const Policy policy = policy_of(arguments, network.model, context.console);
  const Transform transform = transform_of(network);
  const DatasetPtr data = labelled_data_from(arguments, network, context.console);
  const PictureAttack attack = context.hooks.make_slowdown(
      network.graph(), network.model.params,
      {.normalise = transform.normalise,
       .epsilon = static_cast<int>(arguments.count("--epsilon", 8, 1, 255)),
       .steps = static_cast<int>(arguments.count("--steps", 20, 1, 100'000)),
       .step_size = static_cast<int>(arguments.count("--step-size", 0, 1, 255)),
       .threads = execution.threads});
  const auto executor = make_executor(context, network, execution);
  Measured before(*executor, policy, transform, input_name(network));
  Measured after(*executor, policy, transform, input_name(network));
  const InterruptGuard guard;
  PictureFolder target(folder, overwrite_from(arguments));
  target.start(kClassListHeader).value();
  // Pictures keep the margin that the transform crops: read again, they give the same pixels.
  const Transform whole{.resize = transform.resize, .crop = transform.resize};
  Progress progress(context.console, "attacked");
  const auto told = progress.callback();
  for (int64_t begin = 0; begin < data->size(); begin += batch) {
    InterruptGuard::check();
    const int64_t end = std::min(data->size(), begin + batch);
    std::vector<Picture> pictures;
    std::vector<Picture> centres;
    std::vector<int64_t> labels;
    for (int64_t i = begin; i < end; ++i) {
      const Picture picture = data->picture(i).value();
      pictures.push_back(resize_and_crop(picture.view(), whole));
      centres.push_back(centre_of(pictures.back(), transform.crop));
      labels.push_back(data->label(i));
    }
    before.add(pictures, labels);
    const std::vector<Picture> slow = attack(centres);
    for (size_t i = 0; i < slow.size(); ++i) put_centre(slow[i], pictures[i]);
    after.add(pictures, labels);
    for (size_t i = 0; i < pictures.size(); ++i) {
      const auto label = static_cast<int32_t>(labels[i]);
      const std::string line = class_list_line(begin + static_cast<int64_t>(i), label,
                                               data->class_names()[static_cast<size_t>(label)])
                                   .value();
      target.add(encode_png(pictures[i].view()), line).value();
    }
    told(end, data->size());
  }
  target.finish().value();
  const std::vector<double> macs = macs_by_exit(network.graph(), policy);
  const SlowdownReport report{.before = before.report(),
                              .after = after.report(),
                              .full_macs = *std::max_element(macs.begin(), macs.end())};
  if (context.console.json()) {
    Json out = Json::parse(slowdown_json(report, macs));
    out["folder"] = json_text(folder);
    out["n"] = data->size();
    context.console.json_result(out);
  } else {
    context.console.result(report_text(report, macs));
  }
  context.console.note("wrote " + std::to_string(data->size()) + " pictures and list.csv to " +
                       shown_path(folder));
  return 0;
}

}  // namespace fovea::app
