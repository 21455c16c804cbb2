#include "exchange/onnx_export.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "exchange/onnx_ops.h"
#include "model/match.h"

namespace fovea {
namespace {

/// ONNX files are protocol buffers, which end at 2 GB.
constexpr size_t kMaxOnnxBytes = (size_t{1} << 31) - 1;

ErrorInfo usage(std::string what, std::string where = {}, std::string expected = {},
                std::string found = {}) {
  return {.kind = ErrorKind::kUsage,
          .what = std::move(what),
          .where = std::move(where),
          .expected = std::move(expected),
          .found = std::move(found)};
}

Status check(const Graph& graph, const NamedTensors& params, const OnnxOptions& options) {
  if (options.batch < 1) {
    return usage("the batch is at least 1", {}, "1 or more", std::to_string(options.batch));
  }
  if (options.exit && (*options.exit < 0 || *options.exit >= graph.n_exits())) {
    return usage("network '" + graph.name() + "' has no such exit", {},
                 "0 to " + std::to_string(graph.n_exits() - 1), std::to_string(*options.exit));
  }
  TensorKinds kinds;
  for (const auto& [name, tensor] : params) {
    // Executors' form is wanted here: float32, without conversions.
    kinds.emplace(name, TensorKind{tensor.dtype(), tensor.shape()});
  }
  const Mismatch mismatch = compare_params(graph, kinds);
  if (!mismatch.empty()) return usage("weights and graph do not fit: " + mismatch.text());
  return {};
}

/// One export: which nodes are needed, what their values are called, and the writing itself.
class Exporter {
 public:
  Exporter(const Graph& graph, const NamedTensors& params, const OnnxOptions& options,
           onnx::GraphProto* proto)
      : source_(graph), main_(graph.main()), params_(params), options_(options), out_(proto) {
    for (int exit = 0; exit < graph.n_exits(); ++exit) {
      if (!options.exit || *options.exit == exit) exits_.push_back(exit);
    }
    find_needed();
  }

  Status write() {
    names_.resize(main_.values.size());
    name_ends();
    for (size_t i = 0; i < main_.nodes.size(); ++i) {
      if (!needed_[i] || folded_.contains(static_cast<int>(i))) continue;
      Status status = write_node(main_.nodes[i]);
      if (!status.ok()) return status;
    }
    for (const int exit : exits_) {
      const ValueId logits = source_.exit_logits(exit);
      const std::string output = output_name(exit);
      const std::string& value = names_[static_cast<size_t>(logits)];
      if (value != output) out_.add("Identity", output, {value}, output);
      out_.add_output(output, main_.value(logits).type.shape.batched(options_.batch));
    }
    return {};
  }

 private:
  static std::string output_name(int exit) { return "logits." + std::to_string(exit); }
  [[nodiscard]] NodeView view(const Node& node) const { return {node, main_, source_.params()}; }

  /// Nodes that the exits depend on, and who reads each value among them.
  void find_needed() {
    std::vector<bool> wanted(main_.values.size());
    for (const int exit : exits_) wanted[static_cast<size_t>(source_.exit_logits(exit))] = true;
    needed_.resize(main_.nodes.size());
    readers_.resize(main_.values.size());
    for (size_t i = main_.nodes.size(); i-- > 0;) {
      const Node& node = main_.nodes[i];
      needed_[i] = std::any_of(node.outputs.begin(), node.outputs.end(),
                               [&](ValueId id) { return wanted[static_cast<size_t>(id)]; });
      if (!needed_[i]) continue;
      for (const ValueId id : node.inputs) {
        wanted[static_cast<size_t>(id)] = true;
        readers_[static_cast<size_t>(id)].push_back(static_cast<int>(i));
      }
    }
    for (const int exit : exits_) {
      readers_[static_cast<size_t>(source_.exit_logits(exit))].push_back(-1);
    }
  }

  /// Exits, then inputs take their names before anything else does.
  void name_ends() {
    for (const int exit : exits_) {
      const std::string output = out_.unique(output_name(exit));
      const ValueId logits = source_.exit_logits(exit);
      std::string& name = names_[static_cast<size_t>(logits)];
      // A value that is an input, or two exits at once, is copied to the later name.
      const bool is_input =
          std::find(main_.inputs.begin(), main_.inputs.end(), logits) != main_.inputs.end();
      if (name.empty() && !is_input) name = output;
    }
    for (const ValueId id : main_.inputs) {
      out_.add_input(name_of(id), main_.value(id).type.shape.batched(options_.batch));
    }
  }

  std::string& name_of(ValueId id) {
    std::string& name = names_[static_cast<size_t>(id)];
    if (name.empty()) name = out_.unique(main_.value(id).name);
    return name;
  }

  /// The normalisation that alone reads the result of a convolution, or null.
  const Node* norm_behind(const Node& node) {
    if (options_.fold_batch_norm == FoldBatchNorm::kNo || node.op->name != "conv2d") return nullptr;
    const std::vector<int>& readers = readers_[static_cast<size_t>(node.outputs[0])];
    if (readers.size() != 1 || readers[0] < 0) return nullptr;
    const Node& reader = main_.nodes[static_cast<size_t>(readers[0])];
    if (reader.op->name != "batch_norm") return nullptr;
    folded_.insert(readers[0]);
    return &reader;
  }

  Status write_node(const Node& node) {
    const NodeView seen = view(node);
    std::vector<std::string> inputs;
    inputs.reserve(node.inputs.size());
    for (const ValueId id : node.inputs) inputs.push_back(name_of(id));
    if (node.outputs.size() == 1 && is_identity(seen)) {
      std::string& name = names_[static_cast<size_t>(node.outputs[0])];
      if (name.empty()) {
        name = inputs[0];
      } else {
        out_.add("Identity", node.name, {inputs[0]}, name);
      }
      return {};
    }
    const Node* norm = norm_behind(node);
    const ValueId result = norm == nullptr ? node.outputs[0] : norm->outputs[0];
    const OnnxCall call{.node = seen,
                        .batch = options_.batch,
                        .inputs = inputs,
                        .output = name_of(result),
                        .params = params_,
                        .graph = out_};
    if (norm == nullptr) return write_onnx_node(call);
    const NodeView norm_seen = view(*norm);
    write_conv(call, folded_conv(seen, &norm_seen, params_));
    return {};
  }

  const Graph& source_;
  const Block& main_;
  const NamedTensors& params_;
  const OnnxOptions& options_;
  OnnxGraph out_;
  std::vector<int> exits_;
  std::vector<bool> needed_;               ///< per node
  std::vector<std::vector<int>> readers_;  ///< per value: needed nodes; -1 for an exit asked
  std::set<int> folded_;                   ///< normalisations that became part of a convolution
  std::vector<std::string> names_;         ///< per value, empty until it is named
};

}  // namespace

Result<std::string> onnx_bytes(const Graph& graph, const NamedTensors& params,
                               const OnnxOptions& options) {
  const Status fits = check(graph, params, options);
  if (!fits.ok()) return fits.error();
  // Stored forms become what kernels read: float32.
  NamedTensors widened_params;
  for (const Param& param : graph.params()) {
    const auto it = params.find(param.name);
    if (it != params.end()) widened_params.emplace(param.name, widened(param, it->second));
  }
  onnx::ModelProto model;
  model.set_ir_version(kOnnxIrVersion);
  model.set_producer_name("fovea");
  onnx::OperatorSetIdProto* opset = model.add_opset_import();
  opset->set_domain("");
  opset->set_version(kOnnxOpset);
  model.mutable_graph()->set_name(graph.name());
  const Status written = Exporter(graph, widened_params, options, model.mutable_graph()).write();
  if (!written.ok()) return written.error();
  const size_t size = model.ByteSizeLong();
  if (size > kMaxOnnxBytes) {
    return usage("the network is too large for one ONNX file", {}, "at most 2 GB",
                 std::to_string(size) + " bytes");
  }
  return model.SerializeAsString();
}

Status export_onnx(const Graph& graph, const NamedTensors& params, const std::string& path,
                   const OnnxOptions& options, Overwrite overwrite) {
  const Result<std::string> bytes = onnx_bytes(graph, params, options);
  return bytes.ok() ? write_file(path, bytes.value(), overwrite) : bytes.error();
}

Status export_onnx_per_exit(const Graph& graph, const NamedTensors& params,
                            const std::string& folder, const OnnxOptions& options,
                            Overwrite overwrite) {
  std::error_code error;
  std::filesystem::create_directory(folder, error);
  if (error) {
    return ErrorInfo{.kind = ErrorKind::kCannotWrite,
                     .what = "cannot make the folder: " + error.message(),
                     .where = shown_path(folder)};
  }
  for (int exit = 0; exit < graph.n_exits(); ++exit) {
    OnnxOptions one = options;
    one.exit = exit;
    const std::string path = folder + "/exit." + std::to_string(exit) + ".onnx";
    Status status = export_onnx(graph, params, path, one, overwrite);
    if (!status.ok()) return status;
  }
  return {};
}

}  // namespace fovea
