// fovea predict: pictures in, classes out.
#include <algorithm>
#include <atomic>
#include <limits>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/data_argument.h"
#include "app/execution.h"
#include "app/inputs.h"
#include "app/policy_argument.h"
#include "app/table.h"
#include "app/verbs/verbs.h"
#include "base/file.h"
#include "calibrate/scores.h"
#include "data/codecs/decode.h"
#include "eval/full_pass.h"
#include "graph/score.h"

namespace fovea::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kUsualBatch = 8;

OptionSpecs options() {
  return network_options() + policy_options() +
         OptionSpecs{
             {"--topk", "K", "how many classes --json lists; 5"},
             {"--max-pixels", "N", "larger pictures are refused; 100M"},
         } +
         executor_options() + batch_options();
}

/// One picture on its way.
struct Item {
  std::string file;
  std::optional<ErrorInfo> error;
  double ms = 0;  ///< decoding, transform, and its share of the network's time
};

std::string_view kind_word(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
      return "usage";
    case ErrorKind::kBadInput:
      return "bad_input";
    case ErrorKind::kCannotWrite:
      return "cannot_write";
    case ErrorKind::kCheckFailed:
      return "check_failed";
    case ErrorKind::kNotInBuild:
      return "not_in_build";
    case ErrorKind::kInterrupted:
      return "interrupted";
    case ErrorKind::kInternal:
      return "internal";
  }
  return "internal";
}

class Predictor {
 public:
  Predictor(Context& context, const Arguments& arguments, const Execution& execution, int64_t batch)
      : console_(context.console),
        network_(network_from(arguments, Weights::kNeeded)),
        scoring_(exit_scoring(network_.graph())),
        policy_(policy_of(context, arguments, execution, batch)),
        transform_(transform_of(network_)),
        input_(input_name(network_)),
        threads_(execution.threads),
        executor_(make_executor(context, network_, execution)) {
    limits_.max_pixels = arguments.count("--max-pixels", limits_.max_pixels, 1, INT64_MAX);
    top_k_ = std::min(arguments.count("--topk", 5, 1, INT64_MAX), network_.graph().n_classes());
  }

  [[nodiscard]] const Network& network() const { return network_; }
  [[nodiscard]] int64_t n_bad() const { return n_bad_; }

  /// One batch of files: decoded side by side, run together, printed in order.
  void predict(const std::vector<std::string>& files) {
    items_.assign(files.size(), {});
    const auto n_values = transform_.n_values();
    values_.resize(files.size() * n_values);
    decode_all(files);
    std::vector<size_t> good;
    for (size_t i = 0; i < items_.size(); ++i) {
      if (!items_[i].error) good.push_back(i);
    }
    Outputs out;
    if (!good.empty()) run(good, out);
    size_t row = 0;
    for (const Item& item : items_) {
      print(item, out, item.error ? 0 : row++);
    }
    console_.flush();
  }

 private:
  Policy policy_of(const Context& context, const Arguments& arguments, const Execution& execution,
                   int64_t batch) const {
    RunTimes times = run_times(context, network_, execution, batch, nullptr);
    // Pictures are not read ahead: they are taken to load as those of the calibration did.
    times.load_ms = nullptr;
    return policy_or_default(arguments, network_.model, {.console = &console_, .times = &times});
  }

  void decode_all(const std::vector<std::string>& files) {
    std::atomic<size_t> next{0};
    const auto work = [&] {
      for (size_t i = next++; i < files.size(); i = next++) decode(files[i], i);
    };
    const size_t helpers = std::min(static_cast<size_t>(threads_), files.size()) - 1;
    std::vector<std::thread> threads;
    for (size_t t = 0; t < helpers; ++t) threads.emplace_back(work);
    work();
    for (std::thread& thread : threads) thread.join();
  }

  void decode(const std::string& file, size_t i) {
    const Stopwatch watch;
    Item& item = items_[i];
    item.file = file;
    try {
      const Result<Picture> picture = read_picture(file, limits_);
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
  }

  void run(const std::vector<size_t>& good, Outputs& out) {
    const size_t n = transform_.n_values();
    const auto count = static_cast<int64_t>(good.size());
    Tensor tensor = Tensor::f32(
        Shape{static_cast<int64_t>(kChannels), transform_.crop, transform_.crop}.batched(count));
    for (size_t r = 0; r < good.size(); ++r) {
      std::copy_n(values_.begin() + static_cast<std::ptrdiff_t>(good[r] * n), n,
                  tensor.f() + r * n);
    }
    const NamedTensors inputs{{input_, tensor}};
    const Policy rules = policy_for_rows(policy_, n_run_, n_run_ + count);
    if (!warm_) {
      // The first run also touches all memory for the first time; times are of what follows.
      warm_ = true;
      Outputs ignored;
      const Policy first = policy_for_rows(policy_, 0, 1);
      executor_->run({{input_, tensor.rows(0, 1)}}, {.policy = &first}, ignored).value();
    }
    n_run_ += count;
    const Stopwatch watch;
    executor_->run(inputs, {.policy = &rules}, out).value();
    share_time(good, out, watch.ms());
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

  [[nodiscard]] std::string label(int64_t index) const {
    const auto& labels = network_.model.labels;
    return labels.empty() ? std::to_string(index) : labels[static_cast<size_t>(index)];
  }

  void print(const Item& item, const Outputs& out, size_t row) {
    if (item.error) {
      ++n_bad_;
      print_error(item);
      return;
    }
    const auto n_classes = static_cast<size_t>(out.logits.shape()[1]);
    const auto logits = out.logits.data<float>().subspan(row * n_classes, n_classes);
    std::vector<float> probabilities(n_classes);
    const int64_t exit = out.exit.data<int64_t>()[row];
    softmax_of(logits, probabilities, scoring_[static_cast<size_t>(exit)].temperature);
    const int64_t best = first_maximum(logits);
    const int64_t macs = out.macs.data<int64_t>()[row];
    const float confidence = probabilities[static_cast<size_t>(best)];
    if (!console_.json()) {
      print_columns(item.file, label(best), fixed(static_cast<double>(confidence), 4),
                    std::to_string(exit), millions(static_cast<double>(macs)), fixed(item.ms, 2));
      return;
    }
    Json line{{"file", json_text(item.file)},
              {"class", label(best)},
              {"index", best},
              {"confidence", json_float(confidence)},
              {"exit", exit},
              {"macs", macs},
              {"ms", item.ms},
              {"top", Json::array()}};
    for (const int64_t index : largest(logits)) {
      line["top"].push_back(
          {{"class", label(index)},
           {"index", index},
           {"confidence", json_float(probabilities[static_cast<size_t>(index)])}});
    }
    console_.json_result(line);
  }

  void print_error(const Item& item) {
    if (console_.json()) {
      console_.json_result(Json{{"file", json_text(item.file)},
                                {"error",
                                 {{"kind", std::string(kind_word(item.error->kind))},
                                  {"message", json_text(item.error->message())}}}});
    } else {
      print_columns(item.file, "-", "-", "-", "-", "-");
      console_.note("fovea: warning: " + item.error->message());
    }
  }

  [[nodiscard]] std::vector<int64_t> largest(std::span<const float> row) const {
    std::vector<int64_t> order(row.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
    const auto key = [&row](int64_t i) {
      const float value = row[static_cast<size_t>(i)];
      return value == value ? value : -std::numeric_limits<float>::infinity();
    };
    std::partial_sort(
        order.begin(), order.begin() + top_k_, order.end(),
        [&key](int64_t a, int64_t b) { return key(a) != key(b) ? key(a) > key(b) : a < b; });
    order.resize(static_cast<size_t>(top_k_));
    return order;
  }

  /// Widths are those of the first batch and grow: lines come as soon as they are known.
  void print_columns(const std::string& file, const std::string& name,
                     const std::string& confidence, const std::string& exit,
                     const std::string& macs, const std::string& ms) {
    if (!headed_) {
      for (const Item& item : items_) {
        file_width_ = std::max(file_width_, width_of(shown_path(item.file)));
      }
      for (const std::string& each : network_.model.labels) {
        label_width_ = std::min<size_t>(std::max(label_width_, width_of(each)), 32);
      }
      headed_ = true;
      print_columns("file", "class", "confidence", "exit", "Mmacs", "ms");
    }
    using Align = Table::Align;
    console_.result(padded(shown_path(file), file_width_, Align::kLeft) + "  " +
                    padded(name, label_width_, Align::kLeft) + "  " +
                    padded(confidence, 10, Align::kRight) + "  " + padded(exit, 4, Align::kRight) +
                    "  " + padded(macs, 8, Align::kRight) + "  " + padded(ms, 7, Align::kRight) +
                    "\n");
  }

  Console& console_;
  Network network_;
  std::vector<Scoring> scoring_;
  Policy policy_;
  Transform transform_;
  std::string input_;
  int threads_;
  std::unique_ptr<Executor> executor_;
  DecodeLimits limits_;
  int64_t top_k_ = 5;
  bool warm_ = false;
  bool headed_ = false;
  size_t file_width_ = 4;
  size_t label_width_ = 5;
  std::vector<Item> items_;
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
        "how many run together (8).",
    .examples =
        "fovea predict models/NAME.fovea photo.jpg\n"
        "fovea predict models/NAME.fovea folder/ --threshold 0.9 --json\n"
        "find . -name '*.png' | fovea predict models/NAME.fovea - --max-macs 30M\n"
        "fovea predict models/NAME.fovea 'shots/*.jpg' --policy official-1.00 --topk 3\n"
        "fovea predict calibrated.fovea photos/ --budget 2ms",
    .options = options,
    .run = run,
};

}  // namespace fovea::app
