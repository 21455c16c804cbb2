// fovea predict: pictures in, classes out.
#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/answers.h"
#include "app/control_argument.h"
#include "app/data_argument.h"
#include "app/execution.h"
#include "app/inputs.h"
#include "app/picture_ledger.h"
#include "app/policy_argument.h"
#include "app/table.h"
#include "app/verbs/verbs.h"
#include "base/file.h"
#include "data/codecs/decode.h"
#include "eval/full_pass.h"
#include "eval/report_json.h"

namespace fovea::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kUsualBatch = 8;

OptionSpecs options() {
  return network_options() + policy_options() + control_options() +
         OptionSpecs{
             {"--topk", "K", "how many classes --json lists; 5"},
             {"--ledger", "",
              "where the time went: with every answer in --json, and in total at the end",
              Takes::kNothing},
             {"--max-pixels", "N", "larger pictures are refused; 100M"},
         } +
         executor_options() + batch_options();
}

/// One picture on its way.
struct Item {
  std::string file;
  std::optional<ErrorInfo> error;
  double ms = 0;  ///< decoding, transform, and its share of the network's time
  PictureTimes times;
};

/// Where the time of one batch went, beside what the network says of itself.
struct BatchTimes {
  Stopwatch watch;
  double warm_ms = 0;  ///< the untimed run before the first batch
  BatchRunTimes network;
  RunLedger run;
  [[nodiscard]] double now() const { return watch.ms() - warm_ms; }
};

class Predictor {
 public:
  Predictor(Context& context, const Arguments& arguments, const Execution& execution, int64_t batch)
      : console_(context.console),
        network_(network_from(arguments, Weights::kNeeded)),
        transform_(transform_of(network_)),
        input_(input_name(network_)),
        threads_(execution.threads),
        with_ledger_(arguments.has("--ledger")),
        executor_(make_executor(context, network_, execution)),
        printer_(context.console, network_, arguments.count("--topk", 5, 1, INT64_MAX)) {
    choose_policy(context, arguments, execution, batch);
    limits_.max_pixels = arguments.count("--max-pixels", limits_.max_pixels, 1, INT64_MAX);
  }

  [[nodiscard]] const Network& network() const { return network_; }
  [[nodiscard]] int64_t n_bad() const { return n_bad_; }
  /// Says what a controlled budget came to.
  void note_control() const {
    if (!controlled_) return;
    const BudgetController& controller = controlled_->controller();
    const auto shown = [&](double cost) {
      return controlled_->unit() == CostUnit::kMs ? fixed(cost, 3) + " ms"
                                                  : millions(cost) + "M multiply-adds";
    };
    console_.note("--budget: " + shown(controller.mean_cost()) + " a picture over " +
                  std::to_string(controller.samples()) +
                  " pictures (asked: " + shown(controller.budget()) + ")" +
                  (controller.exhausted() ? "; by now everybody leaves at the first exit asked, so "
                                            "thresholds can save no more"
                                          : ""));
  }

  /// One batch of files: decoded side by side, run together, printed in order.
  void predict(const std::vector<std::string>& files) {
    batch_ = {};
    items_.assign(files.size(), {});
    const auto n_values = transform_.n_values();
    values_.resize(files.size() * n_values);
    decode_all(files);
    std::vector<size_t> good;
    for (size_t i = 0; i < items_.size(); ++i) {
      if (!items_[i].error) good.push_back(i);
    }
    Outputs out;
    if (!good.empty()) {
      run(good, out);
      if (controlled_) {
        controlled_->ran({.macs = out.macs.data<int64_t>(), .ms = batch_.now()});
      }
    }
    const double printing = batch_.now();
    printer_.fit(files);
    size_t row = 0;
    for (const Item& item : items_) print(item, out, row);
    console_.flush();
    if (!with_ledger_) return;
    const double end = batch_.now();
    ledger_.output_ms += end - printing;
    ledger_.wall_ms += end;
    if (!good.empty()) ledger_.add_run(batch_.run, out.work, batch_.network.ms);
  }

  /// The totals of all batches.
  void print_ledger() {
    if (!with_ledger_) return;
    if (console_.json()) {
      console_.json_result({{"ledger", Json::parse(ledger_json(ledger_))}});
    } else {
      console_.result("\n" + ledger_text(ledger_));
    }
    console_.flush();
  }

 private:
  void choose_policy(const Context& context, const Arguments& arguments, const Execution& execution,
                     int64_t batch) {
    check_control(arguments);
    RunTimes times = run_times(context, network_, execution, batch, nullptr);
    // Pictures are not read ahead: they are taken to load as those of the calibration did.
    times.load_ms = nullptr;
    const std::optional<SolvedPolicy> solved = solved_policy(arguments, network_.model, &times);
    policy_ = policy_or_default(arguments, network_.model,
                                {.console = &console_, .times = &times, .solved = &solved});
    if (auto kept = controller_from(console_, arguments, network_.model, policy_, solved)) {
      controlled_.emplace(std::move(kept->controller), policy_.max_macs, kept->unit);
    }
  }

  void decode_all(const std::vector<std::string>& files) {
    std::atomic<size_t> next{0};
    const size_t n_threads = std::min(static_cast<size_t>(threads_), files.size());
    std::vector<std::pair<double, double>> worked(n_threads);
    const double begin = batch_.now();
    const auto work = [&](size_t t) {
      worked[t].first = with_ledger_ ? batch_.now() : 0;
      for (size_t i = next++; i < files.size(); i = next++) decode(files[i], i);
      worked[t].second = with_ledger_ ? batch_.now() : 0;
    };
    std::vector<std::thread> threads;
    for (size_t t = 1; t < n_threads; ++t) threads.emplace_back(work, t);
    work(0);
    for (std::thread& thread : threads) thread.join();
    if (!with_ledger_) return;
    const double end = batch_.now();
    LoadTimes times;
    for (const Item& item : items_) {
      times.decode_ms += item.times.decoded - item.times.taken;
      times.transform_ms += item.times.ready - item.times.decoded;
    }
    ledger_.add_load(times, static_cast<double>(n_threads));
    for (const auto& [first, last] : worked) {
      ledger_.waiting_ms += (first - begin + end - last) / static_cast<double>(n_threads);
    }
  }

  [[nodiscard]] double now() const { return with_ledger_ ? batch_.now() : 0; }

  void decode(const std::string& file, size_t i) {
    const Stopwatch watch;
    Item& item = items_[i];
    item.file = file;
    item.times.taken = now();
    try {
      const Result<Picture> picture = read_picture(file, limits_);
      item.times.decoded = now();
      if (picture.ok()) {
        const size_t n = transform_.n_values();
        apply(transform_, picture.value().view(), std::span(values_).subspan(i * n, n));
      } else {
        item.error = picture.error();
      }
    } catch (const std::bad_alloc&) {
      item.error = ErrorInfo{.kind = ErrorKind::kBadInput,
                             .what = "not enough memory for this picture",
                             .where = shown_path(file)};
    }
    item.ms = watch.ms();
    item.times.ready = now();
    item.times.decoded = std::max(item.times.decoded, item.times.taken);
  }

  void run(const std::vector<size_t>& good, Outputs& out) {
    batch_.network.gathered = now();
    const size_t n = transform_.n_values();
    const auto count = static_cast<int64_t>(good.size());
    Tensor tensor = Tensor::f32(
        Shape{static_cast<int64_t>(kChannels), transform_.crop, transform_.crop}.batched(count));
    for (size_t r = 0; r < good.size(); ++r) {
      std::copy_n(values_.begin() + static_cast<std::ptrdiff_t>(good[r] * n), n,
                  tensor.f() + r * n);
    }
    const NamedTensors inputs{{input_, tensor}};
    const Policy rules = controlled_ ? controlled_->next(n_run_, n_run_ + count)
                                     : policy_for_rows(policy_, n_run_, n_run_ + count);
    if (!warm_) {
      // The first run also touches all memory for the first time; times are of what follows.
      warm_ = true;
      Outputs ignored;
      const Stopwatch warming;
      const Policy first = policy_for_rows(policy_, 0, 1);
      executor_->run({{input_, tensor.rows(0, 1)}}, {.policy = &first}, ignored).value();
      batch_.warm_ms = warming.ms();
    }
    n_run_ += count;
    batch_.network.begin = now();
    ledger_.input_ms += batch_.network.begin - batch_.network.gathered;
    const Stopwatch watch;
    const RunOptions options{.policy = &rules, .ledger = with_ledger_ ? &batch_.run : nullptr};
    executor_->run(inputs, options, out).value();
    batch_.network.ms = watch.ms();
    share_time(good, out, batch_.network.ms);
  }

  /// A sample's part of a batch's time: of every segment that it went through, an equal share.
  void share_time(const std::vector<size_t>& good, const Outputs& out, double ms) {
    const auto exits = out.exit.data<int64_t>();
    double measured = 0;
    for (const SegmentTime& segment : out.work.segments) measured += segment.ms;
    for (size_t r = 0; r < good.size(); ++r) {
      double share = measured > 0 ? 0 : ms / static_cast<double>(good.size());
      for (const SegmentTime& segment : out.work.segments) {
        if (segment.samples > 0 && measured > 0 && segment.exit <= exits[r]) {
          // Threads share the wall time; what is between the segments belongs to all of them.
          share += segment.ms / measured * ms / static_cast<double>(segment.samples);
        }
      }
      items_[good[r]].ms += share;
    }
  }

  void print(const Item& item, const Outputs& out, size_t& row) {
    if (item.error) {
      ++n_bad_;
      printer_.error(item.file, *item.error);
      return;
    }
    Json ledger;
    if (with_ledger_ && console_.json()) {
      ledger = picture_ledger_json(item.times, batch_.network, batch_.run, out.work, row);
    }
    printer_.answer(item.file, item.ms, out, row, ledger);
    ++row;
  }

  Console& console_;
  Network network_;
  Policy policy_;
  std::optional<ControlledPolicy> controlled_;
  Transform transform_;
  std::string input_;
  int threads_;
  bool with_ledger_;
  std::unique_ptr<Executor> executor_;
  AnswerPrinter printer_;
  DecodeLimits limits_;
  bool warm_ = false;
  std::vector<Item> items_;
  BatchTimes batch_;
  Ledger ledger_;
  std::vector<float> values_;
  int64_t n_run_ = 0;
  int64_t n_bad_ = 0;
};

int run(Context& context, const Arguments& arguments) {
  const Execution execution = execution_from(context, arguments);
  const int64_t batch = arguments.count("--batch", kUsualBatch, 1, 1 << 16);
  Predictor predictor(context, arguments, execution, batch);
  if (predictor.network().rest.empty()) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "no picture",
                 .where = "fovea predict",
                 .expected = "files, folders, globs, or - for a list on standard input"});
  }
  InputFiles inputs(predictor.network().rest);
  std::vector<std::string> files;
  int64_t n = 0;
  while (true) {
    auto file = inputs.next();
    if (file) files.push_back(std::move(*file));
    if (!files.empty() && (!file || static_cast<int64_t>(files.size()) == batch)) {
      n += static_cast<int64_t>(files.size());
      predictor.predict(files);
      files.clear();
    }
    if (!file) break;
  }
  predictor.print_ledger();
  predictor.note_control();
  if (predictor.n_bad() == 0) return 0;
  throw Error({.kind = ErrorKind::kBadInput,
               .what = std::to_string(predictor.n_bad()) + " of " + std::to_string(n) +
                       " pictures could not be read",
               .where = "fovea predict"});
}

}  // namespace

const Verb kPredictVerb{
    .name = "predict",
    .summary = "classify pictures",
    .usage = "MODEL INPUTS... [policy] [options]",
    .description =
        "Inputs are picture files (JPEG, PNG), folders, quoted globs, or - for a list of names on "
        "standard input. Answers come in the order of the inputs while it goes. A picture that "
        "cannot be read is named and passed over; the exit code is then 3.\n"
        "ms is what a picture cost: its decoding and its share of the network's time; --batch says "
        "how many run together (8). --ledger tells of each answer's way from the beginning of its "
        "batch: "
        "decoding, transform, segments, decisions, waiting for its turn.",
    .examples =
        "fovea predict models/NAME.fovea photo.jpg\n"
        "fovea predict models/NAME.fovea folder/ --threshold 0.9 --json\n"
        "find . -name '*.png' | fovea predict models/NAME.fovea - --max-macs 30M\n"
        "fovea predict models/NAME.fovea 'shots/*.jpg' --policy official-1.00 --topk 3\n"
        "fovea predict calibrated.fovea photos/ --budget 2ms\n"
        "fovea predict calibrated.fovea photos/ --budget 25M --control",
    .options = options,
    .run = run,
};

}  // namespace fovea::app
