// fovea info: what a network is, costs and what a model file holds.
#include <nlohmann/json.hpp>

#include "app/network.h"
#include "app/output.h"
#include "app/table.h"
#include "app/tensor_files.h"
#include "app/verbs/verbs.h"
#include "graph/cost.h"
#include "graph/svg.h"
#include "zoo/zoo.h"

namespace fovea::app {
namespace {

using Json = nlohmann::ordered_json;

OptionSpecs options() {
  return network_options() +
         OptionSpecs{
             {"--list", "", "list the named networks, the families and their settings",
              Takes::kNothing},
             {"--tensors", "", "list the weights: name, shape, element type", Takes::kNothing},
             {"--text", "", "print the network's text form and nothing else", Takes::kNothing},
             {"--svg", "FILE", "write a drawing of the network"},
             force_option(),
         };
}

struct TensorLine {
  std::string name;
  DType dtype = DType::kF32;
  Shape shape;
};

/// As the file stores them, or as a file would.
std::vector<TensorLine> tensors_of(const Network& network) {
  std::vector<TensorLine> out;
  if (!network.file.empty()) {
    const SafetensorsHeader header = tensor_header(network.file);
    for (const auto& [name, entry] : header.entries) {
      out.push_back({name, entry.dtype, entry.shape});
    }
    return out;
  }
  for (const Param& param : network.graph().params()) {
    out.push_back(
        {param.name, param.role == ParamRole::kCounter ? DType::kI64 : DType::kF32, param.shape});
  }
  return out;
}

/// Text that should be JSON, as JSON; anything else as a string.
Json parsed(const std::string& text) {
  Json value = Json::parse(text, nullptr, false);
  return value.is_discarded() ? Json(json_text(text)) : value;
}

Json exit_json(const ExitCost& cost) {
  return {{"macs", cost.macs},
          {"macs_needed", cost.macs_needed},
          {"macs_single", cost.macs_single},
          {"ops", cost.ops},
          {"params", cost.params},
          {"activation_bytes", cost.activation_bytes}};
}

Json info_json(const Network& network, const Arguments& arguments) {
  const Graph& graph = network.graph();
  const Block& main = graph.main();
  Json out{{"name", graph.name()}};
  out["input"] = main.value(main.inputs.front()).type.shape.dims();
  if (main.inputs.size() > 1) {
    for (const ValueId id : main.inputs) {
      out["inputs"][main.value(id).name] = main.value(id).type.shape.dims();
    }
  }
  out["classes"] = graph.n_classes();
  out["params"] = graph.n_params();
  out["exits"] = Json::array();
  for (const ExitCost& cost : exit_costs(graph)) out["exits"].push_back(exit_json(cost));
  if (!network.model.transform.empty()) out["transform"] = network.model.transform;
  if (!network.file.empty()) {
    const Model& model = network.model;
    if (model.transform.empty()) out["transform"] = nullptr;
    out["labels"] = model.labels;
    out["policies"] = Json::object();
    for (const auto& [name, policy] : model.policies) out["policies"][name] = parsed(policy);
    out["training"] = model.training.empty() ? Json() : parsed(model.training);
    for (const auto& [key, value] : model.metadata) out["metadata"][key] = value;
  }
  if (arguments.has("--tensors")) {
    out["tensors"] = Json::array();
    for (const TensorLine& line : tensors_of(network)) {
      out["tensors"].push_back({{"name", line.name},
                                {"shape", line.shape.dims()},
                                {"dtype", std::string(dtype_name(line.dtype))}});
    }
  }
  if (arguments.has("--text")) out["text"] = to_text(graph);
  return out;
}

std::string list_of(const std::vector<std::string>& words, size_t most) {
  std::string out;
  for (size_t i = 0; i < words.size() && i < most; ++i) out += (i == 0 ? "" : ", ") + words[i];
  if (words.size() > most) out += ", ... (" + std::to_string(words.size()) + ")";
  return out;
}

std::string info_text(const Network& network, const Arguments& arguments) {
  const Graph& graph = network.graph();
  const Model& model = network.model;
  std::string out = graph.name() + "\n";
  for (const ValueId id : graph.main().inputs) {
    const Value& value = graph.main().value(id);
    out += "input       " + value.name + " " + value.type.shape.text() + "\n";
  }
  out += "classes     " + std::to_string(graph.n_classes()) + "\n";
  out += "parameters  " + grouped(graph.n_params()) + "\n";
  if (!model.transform.empty()) out += "transform   " + model.transform + "\n";
  if (!model.labels.empty()) out += "labels      " + list_of(model.labels, 12) + "\n";
  if (!model.policies.empty()) {
    std::vector<std::string> names;
    for (const auto& each : model.policies) names.push_back(each.first);
    out += "policies    " + list_of(names, 6) + "\n";
  }
  if (!model.training.empty()) {
    out += "training    recorded (" + std::to_string(model.training.size()) +
           " bytes; --json shows it)\n";
  }
  Table table({{"exit"},
               {"Mmacs"},
               {"needed"},
               {"alone"},
               {"official Mops"},
               {"parameters"},
               {"activations MB"}});
  const std::vector<ExitCost> costs = exit_costs(graph);
  for (size_t e = 0; e < costs.size(); ++e) {
    const ExitCost& cost = costs[e];
    table.add({std::to_string(e), millions(static_cast<double>(cost.macs)),
               millions(static_cast<double>(cost.macs_needed)),
               millions(static_cast<double>(cost.macs_single)),
               millions(static_cast<double>(cost.ops)), grouped(cost.params),
               fixed(static_cast<double>(cost.activation_bytes) * 1e-6, 2)});
  }
  out += "\n" + table.text();
  if (arguments.has("--tensors")) {
    Table tensors({{"tensor", Table::Align::kLeft}, {"type"}, {"shape", Table::Align::kLeft}});
    for (const TensorLine& line : tensors_of(network)) {
      tensors.add({line.name, std::string(dtype_name(line.dtype)), line.shape.text()});
    }
    out += "\n" + tensors.text();
  }
  return out;
}

Json list_json() {
  Json out{{"networks", network_names()}, {"families", Json::object()}};
  for (const std::string& family : family_names()) {
    Json settings = Json::array();
    for (const SettingDoc& each : network_settings(family)) {
      settings.push_back({{"name", each.name}, {"doc", each.doc}, {"default", each.default_text}});
    }
    out["families"][family] = std::move(settings);
  }
  return out;
}

std::string list_text() {
  std::string out;
  for (const std::string& name : network_names()) out += name + "\n";
  for (const std::string& family : family_names()) {
    Table table({{"--set", Table::Align::kLeft},
                 {"default", Table::Align::kLeft},
                 {"", Table::Align::kLeft}});
    for (const SettingDoc& each : network_settings(family)) {
      table.add({each.name, each.default_text.empty() ? "-" : each.default_text, each.doc});
    }
    out += "\nfamily " + family + "\n" + table.text();
  }
  return out;
}

int run(Context& context, const Arguments& arguments) {
  if (arguments.has("--list")) {
    arguments.expect_inputs(0, 0, "");
    if (context.console.json()) {
      context.console.json_result(list_json());
    } else {
      context.console.result(list_text());
    }
    return 0;
  }
  const auto svg = arguments.value("--svg");
  const Overwrite overwrite = overwrite_from(arguments);
  if (svg) require_writable(*svg, overwrite);
  const Network network = network_from(arguments, Weights::kNone);
  if (!network.rest.empty()) arguments.expect_inputs(0, network.file.empty() ? 0 : 1, "one MODEL");
  if (svg) {
    write_file(*svg, to_svg(network.graph()), overwrite).value();
    context.console.note("wrote " + shown_path(*svg));
  }
  if (context.console.json()) {
    context.console.json_result(info_json(network, arguments));
  } else if (arguments.has("--text")) {
    context.console.result(to_text(network.graph()));
  } else {
    context.console.result(info_text(network, arguments));
  }
  return 0;
}

}  // namespace

const Verb kInfoVerb{
    .name = "info",
    .summary = "describe a network: exits, costs, parameters, what the file holds",
    .usage = "MODEL | --network NAME [--set KEY=VALUE]... | --graph FILE | --list  [options]",
    .description =
        "Costs of an exit: Mmacs is all that stands before it in the network, in millions of "
        "multiply-adds; needed is what a run executes that asks every exit up to it; alone is what "
        "this exit depends on; official Mops is the count of the published programs.\n"
        "--list names networks, families and settings; the latter are those of the "
        "published programs.",
    .examples =
        "fovea info models/NAME.fovea\n"
        "fovea info --list\n"
        "fovea info --network ranet-a-cifar10 --json\n"
        "fovea info --network msdnet --set nBlocks=7 --set data=cifar100 --text > net.txt\n"
        "fovea info --graph net.txt --svg net.svg",
    .options = options,
    .run = run,
};

}  // namespace fovea::app
