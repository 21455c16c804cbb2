#include "pickle/pickle.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <unordered_map>

#include "base/file.h"
#include "base/words.h"

namespace fovea {
namespace {

/// Opcodes by their names in pickletools.
// clang-format off
enum class Op : uint8_t {
  kMark = '(', kStop = '.', kPop = '0', kPopMark = '1', kDup = '2', kFloat = 'F', kInt = 'I',
  kBinInt = 'J', kBinInt1 = 'K', kLong = 'L', kBinInt2 = 'M', kNone = 'N', kPersId = 'P',
  kBinPersId = 'Q', kReduce = 'R', kString = 'S', kBinString = 'T', kShortBinString = 'U',
  kUnicode = 'V', kBinUnicode = 'X', kAppend = 'a', kBuild = 'b', kGlobal = 'c', kDict = 'd',
  kEmptyDict = '}', kAppends = 'e', kGet = 'g', kBinGet = 'h', kInst = 'i', kLongBinGet = 'j',
  kList = 'l', kEmptyList = ']', kObj = 'o', kPut = 'p', kBinPut = 'q', kLongBinPut = 'r',
  kSetItem = 's', kTuple = 't', kEmptyTuple = ')', kSetItems = 'u', kBinFloat = 'G',
  kBinBytes = 'B', kShortBinBytes = 'C', kProto = 0x80, kNewObj = 0x81, kTuple1 = 0x85,
  kTuple2 = 0x86, kTuple3 = 0x87, kNewTrue = 0x88, kNewFalse = 0x89, kLong1 = 0x8a,
  kLong4 = 0x8b, kShortBinUnicode = 0x8c, kBinUnicode8 = 0x8d, kBinBytes8 = 0x8e,
  kEmptySet = 0x8f, kAddItems = 0x90, kFrozenSet = 0x91, kNewObjEx = 0x92, kStackGlobal = 0x93,
  kMemoize = 0x94, kFrame = 0x95, kByteArray8 = 0x96,
};
// clang-format on

constexpr int kNewestProtocol = 5;

}  // namespace

/// The stack machine. A step returns false to stop, with `error_` set where it went wrong.
class PickleReader {
 public:
  PickleReader(std::span<const std::byte> bytes, std::string_view source,
               const PickleLimits& limits)
      : bytes_(bytes.first(std::min(bytes.size(), limits.max_bytes))),
        cut_(bytes.size() > limits.max_bytes),
        source_(source),
        limits_(limits) {}

  Result<Pickle> read() {
    while (step()) {
    }
    if (!error_.what.empty()) return error_;
    out_.root_ = stack_.back();
    out_.bytes_read_ = at_;
    return std::move(out_);
  }

 private:
  bool fail(std::string what) {
    error_ = {.kind = ErrorKind::kBadInput,
              .what = std::move(what),
              .where = std::string(source_),
              .found = "byte " + std::to_string(op_at_) + " of the pickle"};
    return false;
  }
  bool cut_short() {
    return fail(cut_ ? "the pickle is longer than is allowed" : "the pickle is cut short");
  }

  // Reading of arguments.

  bool take(uint64_t n, std::string_view& out) {
    if (n > bytes_.size() - at_) return cut_short();
    out = {reinterpret_cast<const char*>(bytes_.data()) + at_, static_cast<size_t>(n)};
    at_ += static_cast<size_t>(n);
    return true;
  }
  template <typename T>
  bool number(T& out) {
    std::string_view raw;
    if (!take(sizeof(T), raw)) return false;
    std::memcpy(&out, raw.data(), sizeof(T));
    return true;
  }
  bool line(std::string_view& out) {
    const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()) + at_,
                                bytes_.size() - at_);
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos) return cut_short();
    out = rest.substr(0, end);
    at_ += end + 1;
    return true;
  }
  template <typename Length>
  bool counted(std::string_view& out) {
    Length length = 0;
    return number(length) && take(static_cast<uint64_t>(length), out);
  }

  // The stack.

  bool push(PickleNode node) {
    if (out_.nodes_.size() >= limits_.max_nodes) return fail("the pickle holds too many values");
    stack_.push_back(static_cast<PickleId>(out_.nodes_.size()));
    out_.nodes_.push_back(std::move(node));
    return true;
  }
  bool push_text(PickleKind kind, std::string_view text) {
    if (kind == PickleKind::kText && !is_utf8(text))
      return fail("a text of the pickle is no UTF-8");
    return push({.kind = kind, .text = std::string(text)});
  }
  /// A string of Python 2, which may be text or bytes.
  bool push_old_string(std::string_view text) {
    return push_text(is_utf8(text) ? PickleKind::kText : PickleKind::kBytes, text);
  }
  bool push_int(int64_t value) { return push({.kind = PickleKind::kInt, .integer = value}); }
  /// Values above the topmost mark.
  [[nodiscard]] size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  bool pop(PickleId& id) {
    if (stack_.size() <= floor()) return fail("the pickle takes from an empty stack");
    id = stack_.back();
    stack_.pop_back();
    return true;
  }
  bool pop_to_mark(std::vector<PickleId>& items) {
    if (marks_.empty()) return fail("the pickle has no mark where one is needed");
    items.assign(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return true;
  }
  bool top(PickleNode*& node) {
    if (stack_.size() <= floor()) return fail("the pickle takes from an empty stack");
    node = &out_.nodes_[stack_.back()];
    return true;
  }

  bool push_tuple(size_t n) {
    PickleNode tuple{.kind = PickleKind::kTuple};
    tuple.items.resize(n);
    for (size_t i = n; i-- > 0;) {
      if (!pop(tuple.items[i])) return false;
    }
    return push(std::move(tuple));
  }
  bool push_marked(PickleKind kind) {
    PickleNode node{.kind = kind};
    return pop_to_mark(node.items) && push(std::move(node));
  }
  bool append(std::span<const PickleId> items) {
    PickleNode* list = nullptr;
    if (!top(list)) return false;
    if (list->kind == PickleKind::kObject) return true;  // a subclass of list: stays opaque
    if (list->kind != PickleKind::kList && list->kind != PickleKind::kSet) {
      return fail("the pickle appends to something that is no list");
    }
    list->items.insert(list->items.end(), items.begin(), items.end());
    return true;
  }
  static bool pair_up(std::span<const PickleId> items, PickleNode& node) {
    if (items.size() % 2 != 0) return false;
    for (size_t i = 0; i < items.size(); i += 2) node.pairs.emplace_back(items[i], items[i + 1]);
    return true;
  }
  bool set_items(std::span<const PickleId> items) {
    PickleNode* dict = nullptr;
    if (!top(dict)) return false;
    if (dict->kind != PickleKind::kDict && dict->kind != PickleKind::kObject) {
      return fail("the pickle sets items of something that is no dict");
    }
    return pair_up(items, *dict) || fail("the pickle sets a key without a value");
  }
  bool push_object(PickleId callable, PickleId arguments) {
    return push({.kind = PickleKind::kObject, .items = {callable, arguments}});
  }
  bool push_global(std::string_view module, std::string_view name) {
    return push_text(PickleKind::kGlobal, std::string(module) + "." + std::string(name));
  }
  bool memoize(uint64_t key) {
    if (stack_.size() <= floor()) return fail("the pickle takes from an empty stack");
    memo_[key] = stack_.back();
    return true;
  }
  bool recall(uint64_t key) {
    const auto it = memo_.find(key);
    if (it == memo_.end()) return fail("the pickle asks for a value that it never stored");
    stack_.push_back(it->second);
    return true;
  }
  bool memo_key(uint64_t& key) {
    std::string_view text;
    if (!line(text)) return false;
    const std::optional<int64_t> value = parse_int(text);
    if (!value || *value < 0) return fail("a memo number of the pickle is none");
    key = static_cast<uint64_t>(*value);
    return true;
  }
  bool push_long(std::string_view raw) {
    if (raw.size() > 8) return push_text(PickleKind::kBigInt, raw);
    uint64_t value = 0;
    for (size_t i = 0; i < raw.size(); ++i) {
      value |= static_cast<uint64_t>(static_cast<uint8_t>(raw[i])) << (8 * i);
    }
    if (!raw.empty() && raw.size() < 8 && (static_cast<uint8_t>(raw.back()) & 0x80U) != 0) {
      value |= ~uint64_t{0} << (8 * raw.size());
    }
    return push_int(static_cast<int64_t>(value));
  }

  bool step() {
    op_at_ = at_;
    uint8_t code = 0;
    if (!number(code)) return false;
    const auto op = static_cast<Op>(code);
    if (op == Op::kStop) {
      if (stack_.size() != 1 || !marks_.empty()) fail("the pickle ends with a wrong stack");
      return false;
    }
    return step_value(op, code);
  }

  /// Opcodes that push a plain value.
  bool step_value(Op op, uint8_t code) {
    std::string_view text;
    switch (op) {
      case Op::kNone:
        return push({});
      case Op::kNewTrue:
      case Op::kNewFalse:
        return push({.kind = PickleKind::kBool, .integer = op == Op::kNewTrue ? 1 : 0});
      case Op::kInt:
      case Op::kLong:
        return line(text) && push_written_int(text);
      case Op::kBinInt: {
        int32_t value = 0;
        return number(value) && push_int(value);
      }
      case Op::kBinInt1: {
        uint8_t value = 0;
        return number(value) && push_int(value);
      }
      case Op::kBinInt2: {
        uint16_t value = 0;
        return number(value) && push_int(value);
      }
      case Op::kLong1:
        return counted<uint8_t>(text) && push_long(text);
      case Op::kLong4:
        return counted<uint32_t>(text) && push_long(text);
      case Op::kFloat: {
        if (!line(text)) return false;
        const std::optional<double> value = parse_double(text);
        if (!value) return fail("a number of the pickle is none");
        return push({.kind = PickleKind::kFloat, .real = *value});
      }
      case Op::kBinFloat: {
        uint64_t bits = 0;
        if (!number(bits)) return false;
        return push(
            {.kind = PickleKind::kFloat, .real = std::bit_cast<double>(__builtin_bswap64(bits))});
      }
      case Op::kString:
        if (!line(text)) return false;
        if (text.size() < 2 || text.front() != text.back()) {
          return fail("a text of the pickle has no quotes");
        }
        return push_old_string(text.substr(1, text.size() - 2));
      case Op::kUnicode:
        return line(text) && push_text(PickleKind::kText, text);
      case Op::kBinUnicode:
        return counted<uint32_t>(text) && push_text(PickleKind::kText, text);
      case Op::kShortBinUnicode:
        return counted<uint8_t>(text) && push_text(PickleKind::kText, text);
      case Op::kBinString:
        return counted<uint32_t>(text) && push_old_string(text);
      case Op::kShortBinString:
        return counted<uint8_t>(text) && push_old_string(text);
      case Op::kBinUnicode8:
        return counted<uint64_t>(text) && push_text(PickleKind::kText, text);
      case Op::kBinBytes:
        return counted<uint32_t>(text) && push_text(PickleKind::kBytes, text);
      case Op::kShortBinBytes:
        return counted<uint8_t>(text) && push_text(PickleKind::kBytes, text);
      case Op::kBinBytes8:
      case Op::kByteArray8:
        return counted<uint64_t>(text) && push_text(PickleKind::kBytes, text);
      default:
        return step_container(op, code);
    }
  }

  bool push_written_int(std::string_view text) {
    if (text == "00" || text == "01") {
      return push({.kind = PickleKind::kBool, .integer = text == "01" ? 1 : 0});
    }
    if (text.ends_with('L')) text.remove_suffix(1);
    const std::optional<int64_t> value = parse_int(text);
    if (value) return push_int(*value);
    return !text.empty() && text.find_first_not_of("-0123456789") == std::string_view::npos
               ? push_text(PickleKind::kBigInt, text)
               : fail("a number of the pickle is none");
  }

  /// Opcodes that build containers.
  bool step_container(Op op, uint8_t code) {
    std::vector<PickleId> items;
    PickleId a = 0;
    PickleId b = 0;
    switch (op) {
      case Op::kMark:
        marks_.push_back(stack_.size());
        return true;
      case Op::kEmptyTuple:
        return push_tuple(0);
      case Op::kTuple1:
        return push_tuple(1);
      case Op::kTuple2:
        return push_tuple(2);
      case Op::kTuple3:
        return push_tuple(3);
      case Op::kTuple:
        return push_marked(PickleKind::kTuple);
      case Op::kEmptyList:
        return push({.kind = PickleKind::kList});
      case Op::kList:
        return push_marked(PickleKind::kList);
      case Op::kAppend:
        return pop(a) && append(std::span(&a, 1));
      case Op::kAppends:
      case Op::kAddItems:
        return pop_to_mark(items) && append(items);
      case Op::kEmptyDict:
        return push({.kind = PickleKind::kDict});
      case Op::kDict: {
        PickleNode dict{.kind = PickleKind::kDict};
        if (!pop_to_mark(items)) return false;
        if (!pair_up(items, dict)) return fail("the pickle sets a key without a value");
        return push(std::move(dict));
      }
      case Op::kSetItem:
        if (!pop(b) || !pop(a)) return false;
        items = {a, b};
        return set_items(items);
      case Op::kSetItems:
        return pop_to_mark(items) && set_items(items);
      case Op::kEmptySet:
        return push({.kind = PickleKind::kSet});
      case Op::kFrozenSet:
        return push_marked(PickleKind::kSet);
      default:
        return step_object(op, code);
    }
  }

  /// Opcodes that name or would make objects: noted down, never done.
  bool step_object(Op op, uint8_t code) {
    std::vector<PickleId> items;
    std::string_view module;
    std::string_view name;
    PickleId a = 0;
    PickleId b = 0;
    PickleId c = 0;
    PickleNode* target = nullptr;
    switch (op) {
      case Op::kGlobal:
        return line(module) && line(name) && push_global(module, name);
      case Op::kStackGlobal: {
        if (!pop(b) || !pop(a)) return false;
        const PickleNode& from = out_.nodes_[a];
        const PickleNode& what = out_.nodes_[b];
        if (from.kind != PickleKind::kText || what.kind != PickleKind::kText) {
          return fail("the pickle names a class by something that is no text");
        }
        return push_global(std::string(from.text), std::string(what.text));
      }
      case Op::kReduce:
      case Op::kNewObj:
        return pop(b) && pop(a) && push_object(a, b);
      case Op::kNewObjEx:
        return pop(c) && pop(b) && pop(a) && push_object(a, b);
      case Op::kInst:
        return line(module) && line(name) && push_marked(PickleKind::kTuple) && pop(b) &&
               push_global(module, name) && pop(a) && push_object(a, b);
      case Op::kObj: {
        if (!pop_to_mark(items)) return false;
        if (items.empty()) return fail("the pickle makes an object without a class");
        a = items.front();
        PickleNode arguments{.kind = PickleKind::kTuple};
        arguments.items.assign(items.begin() + 1, items.end());
        return push(std::move(arguments)) && pop(b) && push_object(a, b);
      }
      case Op::kBuild:
        if (!pop(a) || !top(target)) return false;
        // Of other values (instances of subclasses of dict, say) the state is of no use here.
        if (target->kind == PickleKind::kObject && target->items.size() == 2) {
          target->items.push_back(a);
        }
        return true;
      case Op::kPersId:
        return line(name) && push_text(PickleKind::kText, name) && pop(a) &&
               push({.kind = PickleKind::kPersistent, .items = {a}});
      case Op::kBinPersId:
        return pop(a) && push({.kind = PickleKind::kPersistent, .items = {a}});
      default:
        return step_machine(op, code);
    }
  }

  /// Opcodes of the machine itself.
  bool step_machine(Op op, uint8_t code) {
    std::vector<PickleId> items;
    std::string_view text;
    PickleId a = 0;
    uint64_t key = 0;
    uint8_t byte = 0;
    uint32_t word = 0;
    switch (op) {
      case Op::kProto:
        if (!number(byte)) return false;
        return byte <= kNewestProtocol ||
               fail("pickle protocol " + std::to_string(byte) + " is not known");
      case Op::kFrame:
        return take(8, text);
      case Op::kPop:
        if (stack_.size() > floor()) return pop(a);
        return pop_to_mark(items);
      case Op::kPopMark:
        return pop_to_mark(items);
      case Op::kDup:
        if (stack_.size() <= floor()) return fail("the pickle takes from an empty stack");
        stack_.push_back(stack_.back());
        return true;
      case Op::kPut:
        return memo_key(key) && memoize(key);
      case Op::kBinPut:
        return number(byte) && memoize(byte);
      case Op::kLongBinPut:
        return number(word) && memoize(word);
      case Op::kMemoize:
        return memoize(memo_.size());
      case Op::kGet:
        return memo_key(key) && recall(key);
      case Op::kBinGet:
        return number(byte) && recall(byte);
      case Op::kLongBinGet:
        return number(word) && recall(word);
      default:
        return fail("the pickle has an opcode that is not known: " + std::to_string(code));
    }
  }

  std::span<const std::byte> bytes_;
  bool cut_;
  std::string_view source_;
  PickleLimits limits_;
  size_t at_ = 0;
  size_t op_at_ = 0;
  std::vector<PickleId> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, PickleId> memo_;
  Pickle out_;
  ErrorInfo error_;
};

std::string Pickle::class_name(const PickleNode& node) const {
  switch (node.kind) {
    case PickleKind::kNone:
      return "NoneType";
    case PickleKind::kBool:
      return "bool";
    case PickleKind::kInt:
    case PickleKind::kBigInt:
      return "int";
    case PickleKind::kFloat:
      return "float";
    case PickleKind::kText:
      return "str";
    case PickleKind::kBytes:
      return "bytes";
    case PickleKind::kTuple:
      return "tuple";
    case PickleKind::kList:
      return "list";
    case PickleKind::kDict:
      return "dict";
    case PickleKind::kSet:
      return "set";
    case PickleKind::kGlobal:
      return shown_path(node.text);
    case PickleKind::kPersistent:
      return "torch storage";
    case PickleKind::kObject:
      break;
  }
  const PickleNode& callable = nodes_[node.items[0]];
  if (callable.kind != PickleKind::kGlobal) return "object of an unnamed class";
  return shown_path(std::string_view(callable.text).substr(0, 200));
}

Result<Pickle> read_pickle(std::span<const std::byte> bytes, std::string_view source,
                           const PickleLimits& limits) {
  return PickleReader(bytes, source, limits).read();
}

}  // namespace fovea
