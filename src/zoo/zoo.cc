#include "zoo/zoo.h"

#include <algorithm>
#include <array>

#include "base/words.h"
#include "zoo/densenet.h"
#include "zoo/mobilenetv2.h"
#include "zoo/msdnet.h"
#include "zoo/ranet.h"
#include "zoo/resnet.h"

namespace fovea {
namespace {

struct Family {
  std::string_view name;
  Graph (*make)(const Settings& settings, std::string_view name);
  ImageTask (*task)(const Settings& settings, std::string_view name);
  std::vector<SettingDoc> (*docs)();
};

template <typename Config, Graph (*make)(const Config&, std::string_view)>
constexpr Family family(std::string_view name) {
  return {.name = name,
          .make =
              [](const Settings& settings, std::string_view graph_name) {
                return make(read_settings<Config>(graph_name, settings), graph_name);
              },
          .task =
              [](const Settings& settings, std::string_view graph_name) {
                return read_settings<Config>(graph_name, settings).task();
              },
          .docs = setting_docs<Config>};
}

// A new family is one line here.
constexpr std::array kFamilies{
    family<RanetConfig, ranet>("ranet"),
    family<MsdnetConfig, msdnet>("msdnet"),
    family<ResnetConfig, resnet>("resnet"),
    family<DensenetConfig, densenet>("densenet"),
    family<MobilenetV2Config, mobilenetv2>("mobilenetv2"),
};

/// Whether a name stands for one network, or for NAME-cifar10 and NAME-cifar100.
enum class For : uint8_t { kImageNet, kCifar };

struct Named {
  std::string_view name;
  std::string_view family;
  For data;
  std::string_view settings;
};

// The published configurations (specs/ranet.md 6; the papers of the static networks).
constexpr std::array kNamed{
    Named{"ranet-a", "ranet", For::kCifar,
          "step=4 stepmode=even scale_list=1-2-3-3 grFactor=4-2-1-1 bnFactor=4-2-1-1"},
    Named{"ranet-b1", "ranet", For::kCifar,
          "step=2 stepmode=lg scale_list=1-2-3 grFactor=4-2-1 bnFactor=4-2-1"},
    Named{"ranet-b2", "ranet", For::kCifar,
          "step=2 stepmode=lg scale_list=1-2-2-3 grFactor=4-2-2-1 bnFactor=4-2-2-1"},
    Named{"ranet-b3", "ranet", For::kCifar,
          "step=2 stepmode=lg scale_list=1-2-3-3 grFactor=4-2-1-1 bnFactor=4-2-1-1"},
    Named{"ranet-d", "ranet", For::kCifar,
          "step=4 stepmode=even scale_list=1-2-3 grFactor=4-2-1 bnFactor=4-2-1"},
    Named{"ranet-i16", "ranet", For::kImageNet,
          "step=8 growthRate=16 nChannels=16 scale_list=1-2-3-4 grFactor=4-2-1-1 bnFactor=4-2-1-1"},
    Named{"ranet-i32", "ranet", For::kImageNet,
          "step=8 growthRate=16 nChannels=32 scale_list=1-2-3-4 grFactor=4-2-2-1 bnFactor=4-2-2-1"},
    Named{"ranet-i64", "ranet", For::kImageNet,
          "step=8 growthRate=16 nChannels=64 scale_list=1-2-3-4 grFactor=4-2-2-1 bnFactor=4-2-2-1"},
    Named{"msdnet-even-b7", "msdnet", For::kCifar,
          "nBlocks=7 stepmode=even base=4 step=2 nChannels=16"},
    Named{"msdnet-even-b10", "msdnet", For::kCifar,
          "nBlocks=10 stepmode=even base=4 step=2 nChannels=16"},
    Named{"msdnet-lingrow-b5", "msdnet", For::kCifar,
          "nBlocks=5 stepmode=lin_grow base=1 step=1 nChannels=16"},
    Named{"msdnet-lingrow-b7", "msdnet", For::kCifar,
          "nBlocks=7 stepmode=lin_grow base=1 step=1 nChannels=16"},
    Named{"msdnet-lingrow-b8", "msdnet", For::kCifar,
          "nBlocks=8 stepmode=lin_grow base=1 step=1 nChannels=16"},
    Named{"msdnet-k4-base4", "msdnet", For::kImageNet,
          "nBlocks=5 stepmode=even step=4 base=4 growthRate=16 grFactor=1-2-4-4 bnFactor=1-2-4-4"},
    Named{"msdnet-k4-base7", "msdnet", For::kImageNet,
          "nBlocks=5 stepmode=even step=4 base=7 growthRate=16 grFactor=1-2-4-4 bnFactor=1-2-4-4"},
    Named{"msdnet-k6-base6", "msdnet", For::kImageNet,
          "nBlocks=5 stepmode=even step=6 base=6 growthRate=16 grFactor=1-2-4-4 bnFactor=1-2-4-4"},
    Named{"msdnet-k6-base9", "msdnet", For::kImageNet,
          "nBlocks=5 stepmode=even step=6 base=9 growthRate=16 grFactor=1-2-4-4 bnFactor=1-2-4-4"},
    Named{"msdnet-k7-base7", "msdnet", For::kImageNet,
          "nBlocks=5 stepmode=even step=7 base=7 growthRate=16 grFactor=1-2-4-4 bnFactor=1-2-4-4"},
    Named{"msdnet-k7-base10", "msdnet", For::kImageNet,
          "nBlocks=5 stepmode=even step=7 base=10 growthRate=16 grFactor=1-2-4-4 bnFactor=1-2-4-4"},
    Named{"resnet20", "resnet", For::kCifar, "depth=20"},
    Named{"resnet32", "resnet", For::kCifar, "depth=32"},
    Named{"resnet56", "resnet", For::kCifar, "depth=56"},
    Named{"resnet110", "resnet", For::kCifar, "depth=110"},
    Named{"resnet18", "resnet", For::kImageNet, "depth=18"},
    Named{"resnet34", "resnet", For::kImageNet, "depth=34"},
    Named{"resnet50", "resnet", For::kImageNet, "depth=50"},
    Named{"densenet-bc-100-12", "densenet", For::kCifar, "blocks=16-16-16 growthRate=12"},
    Named{"mobilenetv2", "mobilenetv2", For::kImageNet, ""},
};

const Family* find_family(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const auto* const at = std::find_if(kFamilies.begin(), kFamilies.end(),
                                      [&](const Family& each) { return each.name == lower; });
  return at == kFamilies.end() ? nullptr : at;
}

/// What a name stands for.
struct Choice {
  const Family* family;
  std::string name;  ///< of the graph
  Settings settings;
};

Choice choice_of(std::string_view name) {
  for (const Named& each : kNamed) {
    if (!name.starts_with(each.name)) continue;
    const std::string_view rest = name.substr(each.name.size());
    const bool cifar = rest == "-cifar10" || rest == "-cifar100";
    if (each.data == For::kCifar ? !cifar : !rest.empty()) continue;
    Choice choice{.family = find_family(each.family), .name = std::string(name)};
    choice.settings["data"] = cifar ? rest.substr(1) : "ImageNet";
    for (const std::string_view part : split(each.settings, ' ')) {
      const size_t equals = part.find('=');
      if (equals != std::string_view::npos) {
        choice.settings[std::string(part.substr(0, equals))] = part.substr(equals + 1);
      }
    }
    return choice;
  }
  if (const Family* family = find_family(name))
    return {.family = family, .name = std::string(family->name)};
  std::vector<std::string> known = network_names();
  for (const std::string& each : family_names()) known.push_back(each);
  const auto near = nearest(name, known);
  throw Error({.kind = ErrorKind::kUsage,
               .what = "no network is called '" + std::string(name) + "'",
               .expected = near ? "perhaps '" + *near + "'"
                                : "a named configuration, or a family (" +
                                      joined(std::span<const std::string>(family_names()), ", ") +
                                      ")"});
}

/// Calls `use` with the family and all settings together; errors get the kind that the caller
/// wants.
template <typename Use>
auto with_choice(std::string_view name, const Settings& settings, ErrorKind kind, Use&& use) {
  try {
    Choice choice = choice_of(name);
    for (const auto& [key, text] : settings) choice.settings[key] = text;
    return use(choice);
  } catch (const Error& error) {
    ErrorInfo info = error.info();
    info.kind = kind;
    throw Error(std::move(info));
  }
}

}  // namespace

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const Named& each : kNamed) {
    if (each.data == For::kCifar) {
      names.push_back(std::string(each.name) + "-cifar10");
      names.push_back(std::string(each.name) + "-cifar100");
    } else {
      names.emplace_back(each.name);
    }
  }
  return names;
}

std::vector<std::string> family_names() {
  std::vector<std::string> names;
  for (const Family& each : kFamilies) names.emplace_back(each.name);
  return names;
}

std::vector<SettingDoc> network_settings(std::string_view name) {
  const Choice choice = choice_of(name);
  std::vector<SettingDoc> docs = choice.family->docs();
  for (SettingDoc& doc : docs) {
    const auto at = choice.settings.find(doc.name);
    if (at != choice.settings.end()) doc.default_text = at->second;
  }
  return docs;
}

Graph make_network(std::string_view name, const Settings& settings, ErrorKind kind) {
  return with_choice(name, settings, kind, [](const Choice& choice) {
    return choice.family->make(choice.settings, choice.name);
  });
}

std::string default_transform(std::string_view name, const Settings& settings, ErrorKind kind) {
  return with_choice(name, settings, kind, [](const Choice& choice) {
    return choice.family->task(choice.settings, choice.name).transform();
  });
}

std::vector<std::string> default_labels(std::string_view name, const Settings& settings,
                                        ErrorKind kind) {
  return with_choice(name, settings, kind, [](const Choice& choice) {
    return choice.family->task(choice.settings, choice.name).labels;
  });
}

}  // namespace fovea
