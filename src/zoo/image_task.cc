#include "zoo/image_task.h"

#include <array>

#include "zoo/settings.h"

namespace fovea {
namespace {

/// Class names in the order of the published label files.
constexpr std::array<std::string_view, 10> kCifar10{
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
constexpr std::array<std::string_view, 100> kCifar100{
    "apple",       "aquarium_fish", "baby",      "bear",       "beaver",       "bed",
    "bee",         "beetle",        "bicycle",   "bottle",     "bowl",         "boy",
    "bridge",      "bus",           "butterfly", "camel",      "can",          "castle",
    "caterpillar", "cattle",        "chair",     "chimpanzee", "clock",        "cloud",
    "cockroach",   "couch",         "crab",      "crocodile",  "cup",          "dinosaur",
    "dolphin",     "elephant",      "flatfish",  "forest",     "fox",          "girl",
    "hamster",     "house",         "kangaroo",  "keyboard",   "lamp",         "lawn_mower",
    "leopard",     "lion",          "lizard",    "lobster",    "man",          "maple_tree",
    "motorcycle",  "mountain",      "mouse",     "mushroom",   "oak_tree",     "orange",
    "orchid",      "otter",         "palm_tree", "pear",       "pickup_truck", "pine_tree",
    "plain",       "plate",         "poppy",     "porcupine",  "possum",       "rabbit",
    "raccoon",     "ray",           "road",      "rocket",     "rose",         "sea",
    "seal",        "shark",         "shrew",     "skunk",      "skyscraper",   "snail",
    "snake",       "spider",        "squirrel",  "streetcar",  "sunflower",    "sweet_pepper",
    "table",       "tank",          "telephone", "television", "tiger",        "tractor",
    "train",       "trout",         "tulip",     "turtle",     "wardrobe",     "whale",
    "willow_tree", "wolf",          "woman",     "worm"};

struct DataSet {
  std::string_view prefix;
  Stem stem;
  int64_t num_classes;
  int64_t input_size;
  std::string_view mean, std;
  std::span<const std::string_view> labels;
};

/// Longer prefixes stand first: "cifar100" begins with "cifar10".
const std::array<DataSet, 3> kDataSets{
    {{"cifar100", Stem::kCifar, 100, 32, "0.5071,0.4867,0.4408", "0.2675,0.2565,0.2761", kCifar100},
     {"cifar10", Stem::kCifar, 10, 32, "0.4914,0.4824,0.4467", "0.2471,0.2435,0.2616", kCifar10},
     {"imagenet", Stem::kImageNet, 1000, 224, "0.485,0.456,0.406", "0.229,0.224,0.225", {}}}};

const DataSet* data_set_of(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const DataSet& each : kDataSets) {
    if (lower.starts_with(each.prefix)) return &each;
  }
  return nullptr;
}

}  // namespace

std::string ImageTask::transform() const {
  // 256 for a crop of 224, and in proportion; small pictures are not cropped.
  const int64_t resize = stem == Stem::kImageNet ? (input_size * 8 + 3) / 7 : input_size;
  return (stem == Stem::kImageNet ? "resize=" + std::to_string(resize) + "," : std::string()) +
         "crop=" + std::to_string(input_size) + ",mean=" + mean + ",std=" + std;
}

ImageTask image_task(std::string_view where, std::string_view data, int64_t num_classes,
                     int64_t input_size) {
  const DataSet* set = data_set_of(data);
  if (set == nullptr) {
    refuse_config(where, "setting 'data' names no known data set", "cifar10, cifar100 or ImageNet",
                  "'" + std::string(data) + "'");
  }
  ImageTask task{.stem = set->stem,
                 .num_classes = num_classes > 0 ? num_classes : set->num_classes,
                 .input_size = input_size > 0 ? input_size : set->input_size,
                 .mean = std::string(set->mean),
                 .std = std::string(set->std)};
  if (task.num_classes == set->num_classes) {
    task.labels.assign(set->labels.begin(), set->labels.end());
  }
  return task;
}

}  // namespace fovea
