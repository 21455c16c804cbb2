// The pickled form of the CIFAR archives, as Python 2 wrote it and as Python 3 writes it.
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "data/core/cifar_batch.h"
#include "pickle/pickle.h"

namespace fovea {
namespace {

// The largest official file, 50,000 pictures of CIFAR-100, has 156 MB.
constexpr PickleLimits kLimits{.max_bytes = size_t{512} << 20, .max_nodes = 4'000'000};

std::optional<Pickle> unpickled(std::string_view bytes, std::string_view source, ErrorInfo& error) {
  Result<Pickle> read = read_pickle(std::as_bytes(std::span(bytes)), source, kLimits);
  if (!read.ok()) {
    error = read.error();
    return std::nullopt;
  }
  return std::move(read).value();
}

/// UTF-8 of characters up to U+00FF as the bytes of their numbers; nothing for any other.
std::optional<std::string> latin1(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<uint8_t>(text[i]);
    if (c < 0x80) {
      out += text[i];
      continue;
    }
    if ((c != 0xC2 && c != 0xC3) || i + 1 == text.size()) return std::nullopt;
    out += static_cast<char>((c == 0xC3 ? 0xC0 : 0x80) + (static_cast<uint8_t>(text[++i]) & 0x3F));
  }
  return out;
}

/// Values of one pickle as this format uses them.
class Values {
 public:
  Values(const Pickle& pickle, std::string_view source) : pickle_(pickle), source_(source) {}

  [[nodiscard]] ErrorInfo bad(std::string what, std::string expected = {},
                              std::string found = {}) const {
    return {.kind = ErrorKind::kBadInput,
            .what = std::move(what),
            .where = std::string(source_),
            .expected = std::move(expected),
            .found = std::move(found)};
  }

  /// Bytes, however they were written: Python 3 has no opcode for them in protocol 2 and writes
  /// _codecs.encode(text, "latin1"). Nothing for values of another kind.
  [[nodiscard]] std::optional<std::string> bytes_of(const PickleNode& node) const {
    if (node.kind == PickleKind::kText || node.kind == PickleKind::kBytes) return node.text;
    if (callable(node) != "_codecs.encode") return std::nullopt;
    const std::span<const PickleId> args = arguments(node);
    if (args.empty() || pickle_.node(args[0]).kind != PickleKind::kText) return std::nullopt;
    return latin1(pickle_.node(args[0]).text);
  }

  /// The value of a key, or null.
  [[nodiscard]] const PickleNode* find(std::string_view name) const {
    for (const auto& [key, value] : pickle_.root().pairs) {
      const PickleNode& node = pickle_.node(key);
      if (node.text.size() > 100) continue;
      const std::optional<std::string> found = bytes_of(node);
      if (found && *found == name) return &pickle_.node(value);
    }
    return nullptr;
  }

  /// The first of these keys that is a list, or an error.
  [[nodiscard]] Result<const PickleNode*> list(std::string_view first,
                                               std::string_view second) const {
    if (pickle_.root().kind != PickleKind::kDict) {
      return bad("the file is no CIFAR batch", "a pickled dict",
                 pickle_.class_name(pickle_.root()));
    }
    const PickleNode* node = find(first);
    if (node == nullptr) node = find(second);
    if (node != nullptr && node->kind == PickleKind::kList) return node;
    return bad("the CIFAR batch lacks its list",
               "'" + std::string(first) + "' or '" + std::string(second) + "'",
               node == nullptr ? "neither" : pickle_.class_name(*node));
  }

  /// Content of a C-ordered array U8 [rows, 3072].
  [[nodiscard]] Result<std::string> pixels(int64_t rows) const {
    const PickleNode* array = find("data");
    if (array == nullptr) return bad("the CIFAR batch has no 'data'");
    const std::string made_by(callable(*array));
    if (!made_by.starts_with("numpy") || !made_by.ends_with("_reconstruct") ||
        array->items.size() < 3) {
      return bad("'data' of the CIFAR batch is no array", "a numpy array",
                 pickle_.class_name(*array));
    }
    // (version, shape, dtype, Fortran order, content)
    const PickleNode& state = pickle_.node(array->items[2]);
    if (state.kind != PickleKind::kTuple || state.items.size() != 5) {
      return bad("the state of the CIFAR batch's array is not known");
    }
    const auto part = [&](size_t k) -> const PickleNode& { return pickle_.node(state.items[k]); };
    const PickleNode& shape = part(1);
    const bool two = shape.kind == PickleKind::kTuple && shape.items.size() == 2;
    const int64_t found_rows = two ? pickle_.node(shape.items[0]).integer : -1;
    const int64_t columns = two ? pickle_.node(shape.items[1]).integer : -1;
    if (found_rows != rows || columns != static_cast<int64_t>(kCifarPictureBytes)) {
      return bad("the array of the CIFAR batch has another shape",
                 "[" + std::to_string(rows) + ",3072], a row for each label",
                 two ? "[" + std::to_string(found_rows) + "," + std::to_string(columns) + "]"
                     : "another rank");
    }
    const std::span<const PickleId> type = arguments(part(2));
    const auto name = type.empty() ? std::nullopt : bytes_of(pickle_.node(type[0]));
    if (!std::string_view(callable(part(2))).ends_with("dtype") || !name ||
        (*name != "u1" && *name != "|u1" && *name != "uint8")) {
      return bad("the array of the CIFAR batch has another type", "uint8",
                 name ? *name : "no name");
    }
    if (part(3).integer != 0) return bad("the array of the CIFAR batch is in Fortran order");
    std::optional<std::string> content = bytes_of(part(4));
    if (!content || content->size() / kCifarPictureBytes != static_cast<size_t>(rows) ||
        content->size() % kCifarPictureBytes != 0) {
      return bad("the array of the CIFAR batch is cut short",
                 std::to_string(rows) + " x 3072 bytes",
                 content ? std::to_string(content->size()) : "no bytes");
    }
    return *std::move(content);
  }

 private:
  [[nodiscard]] std::string_view callable(const PickleNode& node) const {
    if (node.kind != PickleKind::kObject) return {};
    const PickleNode& global = pickle_.node(node.items[0]);
    return global.kind == PickleKind::kGlobal ? std::string_view(global.text) : std::string_view();
  }
  [[nodiscard]] std::span<const PickleId> arguments(const PickleNode& node) const {
    if (node.kind != PickleKind::kObject) return {};
    const PickleNode& tuple = pickle_.node(node.items[1]);
    if (tuple.kind != PickleKind::kTuple) return {};
    return tuple.items;
  }

  const Pickle& pickle_;
  std::string_view source_;
};

}  // namespace

Status add_cifar_pickle(std::string_view bytes, const CifarBatch& batch,
                        std::vector<Sample>& samples) {
  ErrorInfo error;
  const std::optional<Pickle> pickle = unpickled(bytes, batch.source, error);
  if (!pickle) return error;
  const Values values(*pickle, batch.source);
  const Result<const PickleNode*> labels = values.list("fine_labels", "labels");
  if (!labels.ok()) return labels.error();
  const auto n = static_cast<int64_t>(labels.value()->items.size());
  if (n == 0) return values.bad("the CIFAR batch is empty");
  const Result<std::string> pixels = values.pixels(n);
  if (!pixels.ok()) return pixels.error();
  for (int64_t i = 0; i < n; ++i) {
    const PickleNode& label = pickle->node(labels.value()->items[static_cast<size_t>(i)]);
    if (label.kind != PickleKind::kInt || label.integer < 0 || label.integer >= batch.n_classes) {
      return values.bad("a label has no class", "0 to " + std::to_string(batch.n_classes - 1),
                        (label.kind == PickleKind::kInt ? std::to_string(label.integer)
                                                        : pickle->class_name(label)) +
                            " in record " + std::to_string(i));
    }
    const std::string_view row =
        std::string_view(pixels.value())
            .substr(static_cast<size_t>(i) * kCifarPictureBytes, kCifarPictureBytes);
    samples.push_back({cifar_picture(row), static_cast<int32_t>(label.integer),
                       batch.name + "#" + std::to_string(i)});
  }
  return {};
}

Result<std::vector<std::string>> cifar_pickle_names(std::string_view bytes,
                                                    std::string_view source) {
  ErrorInfo error;
  const std::optional<Pickle> pickle = unpickled(bytes, source, error);
  if (!pickle) return error;
  const Values values(*pickle, source);
  const Result<const PickleNode*> list = values.list("fine_label_names", "label_names");
  if (!list.ok()) return list.error();
  std::vector<std::string> names;
  for (const PickleId id : list.value()->items) {
    std::optional<std::string> name = values.bytes_of(pickle->node(id));
    if (!name) {
      return values.bad("the name of a class is no text", {}, pickle->class_name(pickle->node(id)));
    }
    names.push_back(*std::move(name));
  }
  return names;
}

}  // namespace fovea
