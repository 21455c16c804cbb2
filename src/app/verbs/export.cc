// fovea export: other programs' forms of a network.
#include <fmt/format.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "app/network.h"
#include "app/output.h"
#include "app/verbs/verbs.h"
#include "exchange/onnx_export.h"

namespace fovea::app {
namespace {

OptionSpecs options() {
  return network_options() +
         OptionSpecs{
             {"--onnx", "FILE", "one file whose outputs are the logits of all exits"},
             {"--per-exit", "DIR", "also a file exit.K.onnx for each exit alone"},
             {"--batch", "N", "samples a run, fixed in the file; 1"},
             {"--no-fold", "", "keep normalisations as nodes of their own", Takes::kNothing},
             force_option(),
         };
}

/// The files of --per-exit must be free, too, before anything is written.
void require_folder(const std::string& folder, int n_exits, Overwrite overwrite) {
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) {
    // The folder will be made; its parent must be there.
    std::string trimmed = folder;
    while (trimmed.size() > 1 && trimmed.back() == '/') trimmed.pop_back();
    require_writable(trimmed, Overwrite::kAllow);
    return;
  }
  for (int e = 0; e < n_exits; ++e) {
    require_writable(fmt::format("{}/exit.{}.onnx", folder, e), overwrite);
  }
}

int run(Context& context, const Arguments& arguments) {
  const auto file = arguments.value("--onnx");
  const auto folder = arguments.value("--per-exit");
  if (!file && !folder) (void)arguments.needed("--onnx");
  const Overwrite overwrite = overwrite_from(arguments);
  if (file) require_writable(*file, overwrite);
  const Network network = network_from(arguments, Weights::kNeeded);
  arguments.expect_inputs(0, network.file.empty() ? 0 : 1, "one MODEL");
  if (folder) require_folder(*folder, network.graph().n_exits(), overwrite);
  const OnnxOptions onnx{
      .batch = arguments.count("--batch", 1, 1, 1 << 20),
      .fold_batch_norm = arguments.has("--no-fold") ? FoldBatchNorm::kNo : FoldBatchNorm::kYes};
  const Model& model = network.model;
  if (file) {
    export_onnx(model.graph, model.params, *file, onnx, overwrite).value();
    context.console.note("wrote " + shown_path(*file));
  }
  if (folder) {
    export_onnx_per_exit(model.graph, model.params, *folder, onnx, overwrite).value();
    context.console.note("wrote " + std::to_string(model.graph.n_exits()) + " files in " +
                         shown_path(*folder));
  }
  if (context.console.json()) {
    nlohmann::ordered_json out{{"opset", kOnnxOpset}, {"batch", onnx.batch}};
    if (file) out["onnx"] = json_text(*file);
    for (int e = 0; folder && e < model.graph.n_exits(); ++e) {
      out["per_exit"].push_back(json_text(fmt::format("{}/exit.{}.onnx", *folder, e)));
    }
    context.console.json_result(out);
  }
  return 0;
}

}  // namespace

const Verb kExportVerb{
    .name = "export",
    .summary = "write the static network as ONNX",
    .usage = "MODEL --onnx FILE [--batch N] [--per-exit DIR]",
    .description =
        "The file declares operator set 13 and format version 7. Its input is `input` [N,C,H,W] "
        "with N fixed by --batch (1), its outputs are logits.0 to logits.K-1 [N,C]. Normalisations "
        "are folded into convolutions and resizes to the same size are left out. Decisions are not "
        "part of it: every run computes all exits; a file of --per-exit computes one.",
    .examples =
        "fovea export m.fovea --onnx m.onnx\n"
        "fovea export m.fovea --onnx m.onnx --batch 64 --per-exit exits/",
    .options = options,
    .run = run,
};

}  // namespace fovea::app
