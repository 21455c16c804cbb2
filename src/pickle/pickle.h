// A bounded reader of Python pickles: it builds a description of what was pickled and never calls,
// imports or makes anything. Source: the opcode table of Python's pickletools module.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fovea/error.h"

namespace fovea {

/// Index of a node in a Pickle.
using PickleId = uint32_t;

enum class PickleKind : uint8_t {
  kNone,
  kBool,
  kInt,     ///< fits 64 bits
  kBigInt,  ///< text: its little-endian two's complement bytes
  kFloat,
  kText,
  kBytes,
  kTuple,
  kList,
  kDict,
  kSet,
  kGlobal,  ///< text: "module.name" of a class or function
  kObject,  ///< what calling items[0] with items[1] would have made, opaque; items[2]: its state
  kPersistent,  ///< items[0]: the persistent id
};

/// One pickled value. Containers refer to others by id, so shared and cyclic values are harmless.
struct PickleNode {
  PickleKind kind = PickleKind::kNone;
  int64_t integer = 0;  ///< kInt, kBool
  double real = 0;      ///< kFloat
  std::string text;
  /// Elements; for kObject callable, arguments and, where one was set, the state.
  std::vector<PickleId> items;
  /// Keys and values of a dict; for an object the items that were set on it.
  std::vector<std::pair<PickleId, PickleId>> pairs;
};

/// What one pickle says.
class Pickle {
 public:
  [[nodiscard]] const PickleNode& node(PickleId id) const { return nodes_[id]; }
  [[nodiscard]] const PickleNode& root() const { return nodes_[root_]; }
  /// Number of nodes; ids run from 0.
  [[nodiscard]] PickleId size() const noexcept { return static_cast<PickleId>(nodes_.size()); }
  /// Bytes of the input that the pickle took, its STOP included.
  [[nodiscard]] size_t bytes_read() const noexcept { return bytes_read_; }
  /// Python's word for a value: "int", "str", "collections.OrderedDict", "posix.system", …
  [[nodiscard]] std::string class_name(const PickleNode& node) const;

 private:
  friend class PickleReader;
  std::vector<PickleNode> nodes_;
  PickleId root_ = 0;
  size_t bytes_read_ = 0;
};

/// Bounds of what is read; beyond them a pickle is refused.
struct PickleLimits {
  size_t max_bytes = size_t{64} << 20;
  size_t max_nodes = 2'000'000;
};

/// Reads one pickle (protocols 0 to 5, no out-of-band buffers, no extension registry) from the
/// start of `bytes`; what follows it is left alone. Errors (kBadInput) name `source` and the byte.
[[nodiscard]] Result<Pickle> read_pickle(std::span<const std::byte> bytes, std::string_view source,
                                         const PickleLimits& limits = {});

}  // namespace fovea
