#include "app/data_argument.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "app/machine.h"
#include "app/verbs/data_work.h"
#include "base/file.h"
#include "data/codecs/verbs.h"
#include "data/core/corrupt.h"
#include "data/core/parallel.h"

namespace fovea::app {
namespace {

using Json = nlohmann::json;

/// Another data set under other numbers of the same classes.
class Relabelled final : public Dataset {
 public:
  Relabelled(DatasetPtr data, std::vector<std::string> class_names, std::vector<int32_t> label_of)
      : data_(std::move(data)),
        class_names_(std::move(class_names)),
        label_of_(std::move(label_of)) {}
  [[nodiscard]] int64_t size() const override { return data_->size(); }
  [[nodiscard]] const std::vector<std::string>& class_names() const override {
    return class_names_;
  }
  [[nodiscard]] int32_t label(int64_t i) const override {
    return label_of_[static_cast<size_t>(data_->label(i))];
  }
  [[nodiscard]] std::string file_name(int64_t i) const override { return data_->file_name(i); }
  [[nodiscard]] Result<Picture> picture(int64_t i) const override { return data_->picture(i); }
  [[nodiscard]] std::optional<PictureView> view(int64_t i) const override { return data_->view(i); }
  [[nodiscard]] Result<std::string> encoded(int64_t i) const override { return data_->encoded(i); }

 private:
  DatasetPtr data_;
  std::vector<std::string> class_names_;
  std::vector<int32_t> label_of_;
};

}  // namespace

DatasetPtr open_labelled(const std::string& name, const std::string& split,
                         const HoldOutOptions& hold_out, const FileSetOptions& files) {
  return open_data(name, split, find_options(), hold_out, files).value();
}

namespace {

int threads_from(const Arguments& arguments) {
  return static_cast<int>(arguments.count("--threads", default_threads(), 1, 1024));
}

/// Place of every name among the labels, or nothing where one is missing.
std::vector<int32_t> places(const std::vector<std::string>& names,
                            const std::vector<std::string>& labels) {
  std::vector<int32_t> out;
  for (const std::string& name : names) {
    const auto at = std::find(labels.begin(), labels.end(), name);
    if (at == labels.end()) return {};
    out.push_back(static_cast<int32_t>(at - labels.begin()));
  }
  return out;
}

}  // namespace

OptionSpecs data_options() {
  return {
      {"--data", "D",
       "a folder of class folders or with a list.csv, a tar, a pack, or a name looked up under "
       "$FOVEA_DATA and ./data"},
      {"--split", "S", "train, val or test: a folder, a pack or an archive of that name inside"},
      {"--take", "N", "only the first N samples"},
      {"--corrupt", "KIND:STRENGTH[:SEED]",
       "spoil every picture: noise, blur or contrast at strength 1 to 5 (noise:3)"},
      {"--hold-out", "N",
       "how many samples of train are val where the data has no val of its own; those that the "
       "model's training held out, else a tenth"},
      {"--hold-out-seed", "S", "which samples those are; the seed of the model's training, else 0"},
  };
}

HoldOutOptions hold_out_from(const Arguments& arguments) {
  return {.seed = static_cast<uint64_t>(arguments.count("--hold-out-seed", 0, 0, INT64_MAX)),
          .count = arguments.count("--hold-out", -1, 1, INT64_MAX)};
}

namespace {

/// What the options, else the model's training, hold out of the training data.
HoldOutOptions training_hold_out(const Arguments& arguments, const Model& model) {
  HoldOutOptions out = hold_out_from(arguments);
  const Json record = Json::parse(model.training, nullptr, false);
  if (!record.is_object()) return out;
  const auto number = [&record](const char* key) -> int64_t {
    const auto at = record.find(key);
    return at != record.end() && at->is_number_integer() ? at->get<int64_t>() : -1;
  };
  const int64_t seed = number("seed");
  const int64_t n_val = number("n_val");
  if (!arguments.has("--hold-out-seed") && seed >= 0) out.seed = static_cast<uint64_t>(seed);
  if (arguments.has("--hold-out") || n_val < 1 || number("n_train") < 1) return out;
  try {
    const DatasetPtr train = open_labelled(arguments.needed("--data"), "train", out);
    // Another data set than the one it was trained on is cut in the usual way.
    if (train->size() == number("n_train") + n_val) out.count = n_val;
  } catch (const Error&) {
    // Without a training split there is nothing to cut; opening "val" says what is wrong.
  }
  return out;
}

/// Decodes everything once, to leave out what cannot be decoded.
DatasetPtr without_broken(DatasetPtr data, int threads, const Console& console) {
  std::vector<std::optional<ErrorInfo>> errors(static_cast<size_t>(data->size()));
  for_range(0, data->size(), threads, [&](int64_t i) {
    if (data->view(i)) return;
    const Result<Picture> picture = data->picture(i);
    if (!picture.ok()) errors[static_cast<size_t>(i)] = picture.error();
  });
  std::vector<BrokenPicture> broken;
  std::vector<int64_t> sound;
  for (int64_t i = 0; i < data->size(); ++i) {
    const auto& error = errors[static_cast<size_t>(i)];
    if (error) {
      broken.push_back({i, data->file_name(i), *error});
    } else {
      sound.push_back(i);
    }
  }
  if (broken.empty()) return data;
  note_broken(console, broken);
  if (sound.empty()) throw Error(broken.front().error);
  return std::make_shared<Subset>(std::move(data), std::move(sound));
}

DatasetPtr sound_data(const Arguments& arguments, DatasetPtr data, const Console& console) {
  if (!arguments.has("--skip-broken")) return data;
  return without_broken(std::move(data), threads_from(arguments), console);
}

}  // namespace

HoldOutOptions hold_out_of(const Arguments& arguments, const Model& model) {
  if (arguments.value_or("--split", "") != "val") return hold_out_from(arguments);
  return training_hold_out(arguments, model);
}

OptionSpecs broken_options() {
  return {{"--skip-broken", "",
           "name and count pictures that cannot be read, and go on without them", Takes::kNothing}};
}

DatasetPtr data_from(const Arguments& arguments) {
  return data_from(arguments, hold_out_from(arguments));
}

DatasetPtr whole_data_from(const Arguments& arguments, const HoldOutOptions& hold_out) {
  return open_labelled(arguments.needed("--data"), arguments.value_or("--split", ""), hold_out);
}

namespace {

DatasetPtr chosen_data(const Arguments& arguments, const HoldOutOptions& hold_out,
                       const FileSetOptions& files) {
  const std::string name = arguments.needed("--data");
  DatasetPtr data = open_labelled(name, arguments.value_or("--split", ""), hold_out, files);
  const int64_t take = arguments.count("--take", data->size(), 1, INT64_MAX);
  if (data->size() == 0) {
    throw Error(
        {.kind = ErrorKind::kBadInput, .what = "the data set is empty", .where = shown_path(name)});
  }
  if (take >= data->size()) return data;
  std::vector<int64_t> indices(static_cast<size_t>(take));
  std::iota(indices.begin(), indices.end(), 0);
  return std::make_shared<Subset>(std::move(data), std::move(indices));
}

}  // namespace

DatasetPtr data_from(const Arguments& arguments, const HoldOutOptions& hold_out,
                     const FileSetOptions& files) {
  const auto text = arguments.value("--corrupt");
  if (!text) return chosen_data(arguments, hold_out, files);
  const Corruption corruption = Corruption::parse(*text, "--corrupt").value();
  return std::make_shared<CorruptedDataset>(chosen_data(arguments, hold_out, files), corruption);
}

DatasetPtr labelled_as(DatasetPtr data, const Network& network, const Console& console) {
  const std::vector<std::string>& labels = network.model.labels;
  const std::vector<std::string>& names = data->class_names();
  if (names == labels) return data;
  if (!labels.empty()) {
    std::vector<int32_t> label_of = places(names, labels);
    if (!label_of.empty()) {
      return std::make_shared<Relabelled>(std::move(data), labels, std::move(label_of));
    }
  }
  if (data->n_classes() > network.graph().n_classes()) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "the data has more classes than the network",
                 .where = network.source,
                 .expected = "at most " + std::to_string(network.graph().n_classes()),
                 .found = std::to_string(data->n_classes())});
  }
  if (!labels.empty()) {
    console.note("note: class names of data and model differ; class numbers are compared");
  }
  return data;
}

std::string input_name(const Network& network) {
  const Block& main = network.graph().main();
  if (main.inputs.size() != 1) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "this verb needs a network with one input",
                 .where = network.source,
                 .found = std::to_string(main.inputs.size()) + " inputs"});
  }
  return main.value(main.inputs.front()).name;
}

Transform transform_of(const Network& network) {
  const Block& main = network.graph().main();
  (void)input_name(network);
  const Shape& shape = main.value(main.inputs.front()).type.shape;
  if (shape.rank() != 3 || shape[0] != static_cast<int64_t>(kChannels) || shape[1] != shape[2] ||
      shape[1] > Transform::kMaxSide) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "the network takes no pictures",
                 .where = network.source,
                 .expected = "an input [3,S,S]",
                 .found = shape.text()});
  }
  const auto side = static_cast<int32_t>(shape[1]);
  if (network.model.transform.empty()) return {.resize = side, .crop = side};
  const Transform transform =
      Transform::parse(network.model.transform, network.source + ": transform").value();
  if (transform.crop != side) {
    throw Error({.kind = ErrorKind::kBadInput,
                 .what = "the stored transform gives another size than the network takes",
                 .where = network.source,
                 .expected = std::to_string(side),
                 .found = std::to_string(transform.crop)});
  }
  return transform;
}

DatasetPtr held_out_from(const Arguments& arguments, const Network& network,
                         const Console& console) {
  const std::string name = arguments.needed("--data");
  const HoldOutOptions options = training_hold_out(arguments, network.model);
  const bool judges_val = arguments.value_or("--split", "") == "val";
  DatasetPtr data = open_labelled(name, judges_val ? "train" : "val", options);
  if (judges_val) {
    std::vector<int64_t> indices = hold_out(data->size(), options).val;
    data = std::make_shared<Subset>(std::move(data), std::move(indices));
  }
  return labelled_as(sound_data(arguments, std::move(data), console), network, console);
}

DatasetPtr labelled_data_from(const Arguments& arguments, const Network& network,
                              const Console& console) {
  DatasetPtr data = data_from(arguments, hold_out_of(arguments, network.model));
  return labelled_as(sound_data(arguments, std::move(data), console), network, console);
}

std::unique_ptr<InputSource> source_from(const Arguments& arguments, const Network& network,
                                         const Console& console) {
  const Transform transform = transform_of(network);
  return std::make_unique<DatasetSource>(labelled_data_from(arguments, network, console), transform,
                                         input_name(network), threads_from(arguments));
}

}  // namespace fovea::app
