#include "trainer/task.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/file.h"
#include "base/sha256.h"
#include "data/core/find.h"
#include "data/core/pack.h"
#include "data/core/scenes.h"
#include "fovea/model.h"
#include "graph/init.h"
#include "zoo/zoo.h"

namespace fovea {
namespace {

constexpr std::string_view kScenes = "scenes";

void make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) == 0 || errno == EEXIST) return;
  throw Error({.kind = ErrorKind::kCannotWrite,
               .what = std::string("cannot make the folder: ") + std::strerror(errno),
               .where = shown_path(path)});
}

Settings settings_of(const RecipeNetwork& network, std::optional<int64_t> n_classes) {
  Settings settings(network.set.begin(), network.set.end());
  if (!n_classes || settings.contains("num_classes")) return settings;
  for (const SettingDoc& doc : network_settings(network.name)) {
    if (doc.name == "num_classes") settings["num_classes"] = std::to_string(*n_classes);
  }
  return settings;
}

Graph network_of(const RecipeNetwork& network, std::optional<int64_t> n_classes) {
  if (!network.graph.empty()) {
    const Result<std::string> text = read_file(network.graph, 100'000'000);
    return parse_graph(text.value(), shown_path(network.graph)).value();
  }
  return make_network(network.name, settings_of(network, n_classes));
}

int side_of(const Graph& graph) {
  const Block& main = graph.main();
  const Shape& shape = main.value(main.inputs[0]).type.shape;
  if (shape.rank() == 3 && shape[1] == shape[2]) return static_cast<int>(shape[1]);
  throw Error({.kind = ErrorKind::kUsage,
               .what = "training on pictures needs a network for them",
               .where = graph.name(),
               .expected = "an input [3,S,S]",
               .found = shape.text()});
}

Transform transform_of(const Recipe& recipe, int side) {
  std::string text = recipe.data.transform;
  if (text.empty() && recipe.network.graph.empty()) {
    text = default_transform(recipe.network.name, settings_of(recipe.network, std::nullopt));
  }
  if (text.empty()) text = "crop=" + std::to_string(side);
  return Transform::parse(text, "data.transform").value();
}

/// The transform by which pictures come to the network as they do in training: packs of pixels have
/// the network's size, so nothing is cut away from them.
Transform as_trained(const Recipe& recipe, Transform transform, int side) {
  const bool whole = recipe.data.pack == "encoded" && recipe.data.name != kScenes;
  if (whole || recipe.data.augment == "random_resized_crop" || transform.resize == side) {
    return transform;
  }
  if (!recipe.data.transform.empty()) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "training sees whole pictures of the network's size, the model would not",
                 .where = "data.transform",
                 .expected = "resize=" + std::to_string(side) + ", or data.pack = \"encoded\"",
                 .found = "resize=" + std::to_string(transform.resize)});
  }
  transform.resize = side;
  return transform;
}

/// The recipe with the data set that the network is made for where it names none.
Recipe with_data(Recipe recipe) {
  if (!recipe.data.name.empty()) return recipe;
  const auto set = recipe.network.set.find("data");
  if (set != recipe.network.set.end()) recipe.data.name = set->second;
  for (const SettingDoc& doc : network_settings(recipe.network.name)) {
    if (doc.name == "data" && recipe.data.name.empty()) recipe.data.name = doc.default_text;
  }
  for (char& c : recipe.data.name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return recipe;
}

/// Parts of random size are cut from pictures as they are before the transform's crop.
int pack_side(const Recipe& recipe, const Transform& transform, int side) {
  return recipe.data.augment == "random_resized_crop" ? transform.resize : side;
}

/// A pack of rendered scenes; picture i of the data set is picture first + i of the seed.
Result<std::string> pack_scenes(const RecipeData& data, const TaskOptions& options, int side,
                                int64_t first, int64_t count) {
  const std::string path = options.run_folder + "/scenes-" + std::to_string(data.image_seed) + "-" +
                           std::to_string(side) + "-" + std::to_string(first) + "-" +
                           std::to_string(count) + ".fpack";
  const Result<PackPtr> there = Pack::open(path);
  const bool serves = options.reuse != app::PackReuse::kNone && there.ok() &&
                      there.value()->size() == count && there.value()->verify().ok();
  if (serves) return path;
  if (options.note) options.note("rendering " + std::to_string(count) + " scenes");
  const ScenesDataset scenes({.seed = data.image_seed, .side = side}, count, first);
  const Status written = write_pack(path, scenes, Overwrite::kAllow);
  if (!written.ok()) return written.error();
  return path;
}

class Packs {
 public:
  Packs(const RecipeData& data, const TaskOptions& options, int side)
      : data_(data), options_(options), side_(side) {}

  [[nodiscard]] PackPtr train() const {
    return open(data_.name == kScenes ? pack_scenes(data_, options_, side_, 0, data_.images)
                                      : options_.pack(request(data_.train)));
  }
  [[nodiscard]] PackPtr val() const {
    if (data_.val.empty() || data_.name == kScenes) return nullptr;
    return open(options_.pack(request(data_.val)));
  }
  /// Null where there is none: a folder of one's own need not have one. `val` is what val() gave.
  [[nodiscard]] PackPtr test(const PackPtr& val) const {
    if (data_.test.empty()) return nullptr;
    if (val != nullptr && data_.test == data_.val) return val;
    const Result<std::string> path =
        data_.name == kScenes ? pack_scenes(data_, options_, side_, data_.images, data_.test_images)
                              : options_.pack(request(data_.test));
    if (!path.ok() && path.error().kind == ErrorKind::kBadInput && lacks(data_.test)) {
      if (options_.note)
        options_.note("accuracy on '" + data_.test +
                      "' will not be measured: " + path.error().message());
      return nullptr;
    }
    return open(path);
  }

 private:
  /// True where the data has no such split of its own. What an archive holds is seen only when it
  /// is read, so there every failure counts as that.
  [[nodiscard]] bool lacks(const std::string& split) const {
    const Result<DataPlace> place = find_data(data_.name, split, find_options());
    return !place.ok() || place.value().kind == PlaceKind::kArchive ||
           !check_own_split(place.value(), split).ok();
  }
  [[nodiscard]] app::PackRequest request(const std::string& split) const {
    return {.name = data_.name,
            .split = split,
            .folder = options_.run_folder,
            .side = side_,
            .form = data_.pack == "encoded" ? PackForm::kEncoded : PackForm::kPixels,
            .on_broken = data_.broken == "skip" ? OnBroken::kSkip : OnBroken::kStop,
            .reuse = options_.reuse};
  }
  [[nodiscard]] PackPtr open(const Result<std::string>& path) const {
    return Pack::open(path.value(), options_.decoder).value();
  }
  const RecipeData& data_;
  const TaskOptions& options_;
  int side_;
};

std::string hex(uint64_t number) {
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[(number >> shift) & 15];
  return out;
}

std::string digest_of(const PackPtr& pack) { return pack ? hex(pack->content_hash()) : "-"; }

/// Says where pictures that are held out now were trained on before.
void check_hold_out(const Model& model, const Recipe& recipe, const TaskOptions& options) {
  if (!options.note || model.training.empty() || recipe.data.hold_out == 0) return;
  const auto record = nlohmann::json::parse(model.training, nullptr, false);
  if (!record.is_object() || !record.contains("recipe") || !record["recipe"].is_string()) return;
  const Result<Recipe> before = parse_recipe(record["recipe"].get<std::string>(), "record");
  if (!before.ok() || before.value().data.name != recipe.data.name) return;
  if (before.value().run.seed == recipe.run.seed &&
      before.value().data.hold_out == recipe.data.hold_out) {
    return;
  }
  options.note("the weights of " + shown_path(options.init_model) +
               " were trained on some of the pictures that are held out now: these say too much "
               "(there run.seed = " +
               std::to_string(before.value().run.seed) +
               ", data.hold_out = " + std::to_string(before.value().data.hold_out) + ")");
}

NamedTensors params_of_file(const Recipe& recipe, const TaskOptions& options) {
  Model model = load_model(options.init_model).value();
  check_hold_out(model, recipe, options);
  return std::move(model.params);
}

}  // namespace

TrainingTask make_task(const Recipe& given, const TaskOptions& options) {
  const Recipe recipe = with_data(given);
  const Graph network = network_of(recipe.network, std::nullopt);
  const int side = side_of(network);
  const Transform transform = as_trained(recipe, transform_of(recipe, side), side);
  if (options.check) options.check(recipe, network);
  make_folder(options.run_folder);
  const Packs packs(recipe.data, options, pack_side(recipe, transform, side));
  const PackPtr train = packs.train();
  Graph graph = network_of(recipe.network, train->n_classes());
  NamedTensors params = options.init_model.empty() ? init_params(graph, recipe.run.seed)
                                                   : params_of_file(recipe, options);
  std::optional<InitModel> init;
  if (!options.init_model.empty()) {
    init = InitModel{.file = std::filesystem::path(options.init_model).filename().string(),
                     .sha256 = sha256_of_file(options.init_model).value()};
  }
  const PackPtr val = packs.val();
  const PackPtr test = packs.test(val);
  return {.recipe = recipe,
          .graph = std::move(graph),
          .params = std::move(params),
          .init = std::move(init),
          .transform = transform,
          .train = train,
          .val = val,
          .test = test,
          .data_digest = hex(train->content_hash()),
          .judging_digest = digest_of(val) + digest_of(test)};
}

}  // namespace fovea
