#include "exchange/state_dict.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "base/file.h"

namespace fovea {
namespace {

using Bytes = std::span<const std::byte>;

constexpr size_t kMaxRank = 64;
/// Tensors may share storage, but a file may not ask for very much more than it holds.
constexpr uint64_t kMaxExpansion = 16;
constexpr uint64_t kExpansionFloor = uint64_t{1} << 20;

struct StorageType {
  std::string_view name;
  DType dtype;
};
constexpr std::array kStorageTypes = {
    StorageType{"FloatStorage", DType::kF32},     StorageType{"HalfStorage", DType::kF16},
    StorageType{"BFloat16Storage", DType::kBF16}, StorageType{"DoubleStorage", DType::kF64},
    StorageType{"LongStorage", DType::kI64},      StorageType{"IntStorage", DType::kI32},
    StorageType{"ShortStorage", DType::kI16},     StorageType{"CharStorage", DType::kI8},
    StorageType{"ByteStorage", DType::kU8},       StorageType{"BoolStorage", DType::kBool}};

ErrorInfo bad(std::string_view source, std::string what, std::string expected = {},
              std::string found = {}) {
  return {.kind = ErrorKind::kBadInput,
          .what = std::move(what),
          .where = std::string(source),
          .expected = std::move(expected),
          .found = std::move(found)};
}

/// Turns the values of a pickled state dict into tensors.
class StateDict {
 public:
  StateDict(const Pickle& pickle, const Storages& storages, uint64_t file_bytes,
            std::string_view source)
      : pickle_(pickle),
        storages_(storages),
        budget_(file_bytes * kMaxExpansion + kExpansionFloor),
        source_(source) {}

  Result<NamedTensors> read() {
    const PickleNode* dict = find();
    if (dict == nullptr) return error_;
    NamedTensors out;
    for (const auto& [key_id, value_id] : entries(*dict)) {
      const PickleNode& key = pickle_.node(key_id);
      if (key.kind != PickleKind::kText) {
        return bad(source_, "a key of the state dict is no text", "str", pickle_.class_name(key));
      }
      where_ = "'" + shown_path(std::string_view(key.text).substr(0, 200)) + "'";
      std::optional<Tensor> tensor = tensor_of(pickle_.node(value_id));
      if (!tensor) return error_;
      out.insert_or_assign(key.text, std::move(*tensor));
    }
    return out;
  }

 private:
  using Pairs = std::vector<std::pair<PickleId, PickleId>>;

  std::nullopt_t fail(std::string what, std::string expected = {}, std::string found = {}) {
    error_ = bad(source_, std::move(what), std::move(expected), std::move(found));
    return std::nullopt;
  }

  /// "module.name" of the callable that an object came from; empty for other values.
  [[nodiscard]] std::string_view callable(const PickleNode& node) const {
    if (node.kind != PickleKind::kObject) return {};
    const PickleNode& global = pickle_.node(node.items[0]);
    return global.kind == PickleKind::kGlobal ? std::string_view(global.text) : std::string_view();
  }
  [[nodiscard]] bool is_dict(const PickleNode& node) const {
    return node.kind == PickleKind::kDict || callable(node) == "collections.OrderedDict";
  }
  /// Arguments of an object; empty where they are no tuple.
  [[nodiscard]] std::span<const PickleId> arguments(const PickleNode& object) const {
    const PickleNode& tuple = pickle_.node(object.items[1]);
    if (tuple.kind != PickleKind::kTuple) return {};
    return tuple.items;
  }
  /// Keys and values of a dict, or of an OrderedDict made from a list of pairs (Python 2).
  [[nodiscard]] Pairs entries(const PickleNode& dict) const {
    Pairs out;
    if (dict.kind == PickleKind::kObject && !arguments(dict).empty()) {
      for (const PickleId id : pickle_.node(arguments(dict)[0]).items) {
        const PickleNode& pair = pickle_.node(id);
        if (pair.items.size() == 2) out.emplace_back(pair.items[0], pair.items[1]);
      }
    }
    out.insert(out.end(), dict.pairs.begin(), dict.pairs.end());
    return out;
  }
  [[nodiscard]] const PickleNode* value_of(const PickleNode& dict, std::string_view name) const {
    for (const auto& [key, value] : entries(dict)) {
      const PickleNode& node = pickle_.node(key);
      if (node.kind == PickleKind::kText && node.text == name) return &pickle_.node(value);
    }
    return nullptr;
  }

  const PickleNode* find() {
    const PickleNode& root = pickle_.root();
    if (!is_dict(root)) {
      error_ = bad(source_, "the file holds no state dict", "a dict of tensors",
                   "an object of class " + pickle_.class_name(root));
      error_.hint = "save model.state_dict(), not the model itself";
      return nullptr;
    }
    for (const std::string_view name : {"state_dict", "model"}) {
      const PickleNode* inner = value_of(root, name);
      if (inner == nullptr) continue;
      if (is_dict(*inner)) return inner;
      if (is_tensor(*inner)) continue;  // a parameter that happens to have this name
      error_ = bad(source_, "'" + std::string(name) + "' of the checkpoint is no state dict",
                   "a dict of tensors", "an object of class " + pickle_.class_name(*inner));
      return nullptr;
    }
    return &root;
  }

  [[nodiscard]] bool is_tensor(const PickleNode& node) const {
    return callable(node).starts_with("torch._utils._rebuild_");
  }

  std::optional<Tensor> tensor_of(const PickleNode& value) {
    const PickleNode* node = &value;
    const std::string_view made_by = callable(value);
    if (made_by == "torch._utils._rebuild_parameter" ||
        made_by == "torch._utils._rebuild_parameter_with_state") {
      if (arguments(value).empty()) return fail(where_ + " of the state dict is damaged");
      node = &pickle_.node(arguments(value)[0]);
    }
    const std::string_view rebuild = callable(*node);
    if (rebuild != "torch._utils._rebuild_tensor_v2" && rebuild != "torch._utils._rebuild_tensor") {
      return fail(where_ + " of the state dict is no tensor", "a dense tensor",
                  "class " + pickle_.class_name(*node));
    }
    const std::span<const PickleId> parts = arguments(*node);
    if (parts.size() < 4) return fail(where_ + " of the state dict is damaged");
    return rebuilt(pickle_.node(parts[0]), pickle_.node(parts[1]), pickle_.node(parts[2]),
                   pickle_.node(parts[3]));
  }

  /// Whole numbers of a tuple; nothing where one is negative or none.
  [[nodiscard]] std::optional<std::vector<int64_t>> numbers(const PickleNode& tuple) const {
    if ((tuple.kind != PickleKind::kTuple && tuple.kind != PickleKind::kList) ||
        tuple.items.size() > kMaxRank) {
      return std::nullopt;
    }
    std::vector<int64_t> out;
    for (const PickleId id : tuple.items) {
      const PickleNode& node = pickle_.node(id);
      if (node.kind != PickleKind::kInt || node.integer < 0) return std::nullopt;
      out.push_back(node.integer);
    }
    return out;
  }

  struct Storage {
    DType dtype = DType::kF32;
    Bytes bytes;
    uint64_t numel = 0;
  };
  /// persistent id: ('storage', class, key, place, numel[, view])
  std::optional<Storage> storage_of(const PickleNode& node) {
    if (node.kind != PickleKind::kPersistent) return fail("the storage of " + where_ + " is none");
    const PickleNode& id = pickle_.node(node.items[0]);
    if (id.kind != PickleKind::kTuple || id.items.size() < 5) {
      return fail("the storage of " + where_ + " is damaged");
    }
    const PickleNode& type = pickle_.node(id.items[1]);
    const PickleNode& key = pickle_.node(id.items[2]);
    const PickleNode& numel = pickle_.node(id.items[4]);
    const std::optional<DType> dtype = storage_dtype(type.text);
    if (type.kind != PickleKind::kGlobal || !dtype) {
      return fail("the storage of " + where_ + " has an element type that is not known",
                  "float, half, bfloat16, double or whole numbers", shown_path(type.text));
    }
    if (id.items.size() > 5 && pickle_.node(id.items[5]).kind != PickleKind::kNone) {
      return fail("the storage of " + where_ + " is a view, as only very old files have them");
    }
    const auto found = storages_.find(key.text);
    if (key.kind != PickleKind::kText || found == storages_.end()) {
      return fail("the storage of " + where_ + " is not in the file");
    }
    const uint64_t held = found->second.size() / element_bytes(*dtype);
    if (numel.kind != PickleKind::kInt || numel.integer < 0 ||
        static_cast<uint64_t>(numel.integer) > held) {
      return fail("the storage of " + where_ + " is shorter than it says", {},
                  std::to_string(found->second.size()) + " bytes");
    }
    return Storage{
        .dtype = *dtype, .bytes = found->second, .numel = static_cast<uint64_t>(numel.integer)};
  }

  std::optional<Tensor> rebuilt(const PickleNode& storage_node, const PickleNode& offset,
                                const PickleNode& size, const PickleNode& stride) {
    const std::optional<Storage> storage = storage_of(storage_node);
    if (!storage) return std::nullopt;
    const auto dims = numbers(size);
    const auto strides = numbers(stride);
    if (!dims || !strides || dims->size() != strides->size() || offset.kind != PickleKind::kInt ||
        offset.integer < 0) {
      return fail("shape, strides or offset of " + where_ + " are damaged");
    }
    Shape shape(*dims);
    const auto numel = shape.checked_numel(INT64_MAX / 16);
    const size_t width = element_bytes(storage->dtype);
    if (!numel || !fits(*dims, *strides, offset.integer, storage->numel)) {
      return fail(where_ + " lies outside its storage",
                  std::to_string(storage->numel) + " elements",
                  "shape " + shape.text() + ", strides " + Shape(*strides).text() + ", offset " +
                      std::to_string(offset.integer));
    }
    const uint64_t bytes = static_cast<uint64_t>(*numel) * width;
    if (bytes > budget_) {
      return fail("the tensors ask for much more memory than the file holds, at " + where_);
    }
    budget_ -= bytes;
    Tensor out(storage->dtype, std::move(shape));
    gather(*dims, *strides, storage->bytes.data() + static_cast<size_t>(offset.integer) * width,
           width, out);
    return out;
  }

  static bool fits(const std::vector<int64_t>& dims, const std::vector<int64_t>& strides,
                   int64_t offset, uint64_t numel) {
    uint64_t last = static_cast<uint64_t>(offset);
    for (size_t i = 0; i < dims.size(); ++i) {
      if (dims[i] == 0) return last <= numel;
      uint64_t reach = 0;
      if (__builtin_mul_overflow(static_cast<uint64_t>(dims[i] - 1),
                                 static_cast<uint64_t>(strides[i]), &reach) ||
          __builtin_add_overflow(last, reach, &last)) {
        return false;
      }
    }
    return last < numel;
  }

  /// Copies strided elements into a contiguous tensor, the innermost extent in one go.
  static void gather(const std::vector<int64_t>& dims, const std::vector<int64_t>& strides,
                     const std::byte* src, size_t width, Tensor& dst) {
    if (dst.numel() == 0) return;
    // Outer extents whose strides are those of a contiguous tensor join the inner run.
    size_t outer = dims.size();
    uint64_t run = 1;
    while (outer > 0 &&
           (dims[outer - 1] == 1 || static_cast<uint64_t>(strides[outer - 1]) == run)) {
      run *= static_cast<uint64_t>(dims[outer - 1]);
      --outer;
    }
    std::vector<int64_t> index(outer, 0);
    std::byte* to = dst.raw();
    for (uint64_t left = static_cast<uint64_t>(dst.numel()) / run; left > 0; --left) {
      uint64_t from = 0;
      for (size_t i = 0; i < outer; ++i) {
        from += static_cast<uint64_t>(index[i]) * static_cast<uint64_t>(strides[i]);
      }
      std::memcpy(to, src + from * width, run * width);
      to += run * width;
      for (size_t i = outer; i-- > 0;) {
        if (++index[i] < dims[i]) break;
        index[i] = 0;
      }
    }
  }

  const Pickle& pickle_;
  const Storages& storages_;
  uint64_t budget_;
  std::string_view source_;
  std::string where_;  ///< the key being read, quoted
  ErrorInfo error_;
};

}  // namespace

std::optional<DType> storage_dtype(std::string_view type) {
  const size_t dot = type.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  for (const StorageType& known : kStorageTypes) {
    if (known.name == type.substr(dot + 1)) return known.dtype;
  }
  return std::nullopt;
}

Result<NamedTensors> read_state_dict(const Pickle& pickle, const Storages& storages,
                                     uint64_t file_bytes, std::string_view source) {
  return StateDict(pickle, storages, file_bytes, source).read();
}

}  // namespace fovea
