// Text form -> graph. A recursive-descent parser over hostile bytes: every error names line and
// column; depth and sizes are bounded by the assembler.
#include <set>

#include "base/words.h"
#include "fovea/graph.h"
#include "graph/assemble.h"
#include "graph/op_def.h"
#include "graph/text_names.h"

namespace fovea {
namespace {

class Parser {
 private:
  /// "SOURCE:LINE:COLUMN" of the last token.
  [[nodiscard]] std::string place() const {
    return std::string(source_) + ":" + std::to_string(line_) + ":" +
           std::to_string(token_ - line_start_ + 1);
  }

  /// Runs a step of the assembler; its errors get the place in front.
  template <typename Step>
  static auto at(const std::string& place, Step&& step) {
    try {
      return step();
    } catch (const Error& error) {
      ErrorInfo info = error.info();
      info.where = place + (info.where.empty() ? "" : ", " + info.where);
      throw Error(std::move(info));
    }
  }

 public:
  Parser(std::string_view text, std::string_view source) : text_(text), source_(source) {}

  Graph parse() {
    expect_word("fovea-graph");
    const std::string version = word("the version of the text form");
    if (version != "1") fail("unknown version of the text form", "1", "'" + version + "'");
    expect_word("graph");
    std::string graph_name = name("the network's name");
    Assembler assembler = at(place(), [&] { return Assembler(std::move(graph_name)); });
    assembler_ = &assembler;
    expect_word("ops");
    parse_op_versions();
    skip();
    while (at_ < text_.size()) {
      statement();
      skip();
    }
    return at(place(), [&] { return assembler.finish(); });
  }

  [[noreturn]] void fail(std::string what, std::string expected = {},
                         std::string found = {}) const {
    throw Error({.kind = ErrorKind::kBadInput,
                 .what = std::move(what),
                 .where = place(),
                 .expected = std::move(expected),
                 .found = std::move(found)});
  }

 private:
  /// Skips blanks, newlines and comments; remembers where the next token starts.
  void skip() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (c == '\n') {
        ++at_;
        ++line_;
        line_start_ = at_;
      } else if (c == ' ' || c == '\t' || c == '\r') {
        ++at_;
      } else {
        break;
      }
    }
    token_ = at_;
  }

  /// Skips what separates tokens within a line.
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r')) {
      ++at_;
    }
    token_ = at_;
  }

  /// The rest of what stands at the current place, for messages.
  [[nodiscard]] std::string found() const {
    if (at_ >= text_.size()) return "the end of the text";
    size_t end = at_;
    while (end < text_.size() && end - at_ < 24 && text_[end] != '\n') ++end;
    std::string shown;
    for (const char c : text_.substr(at_, end - at_)) {
      const auto byte = static_cast<unsigned char>(c);
      shown += byte < 0x20 || byte >= 0x7f ? '?' : c;
    }
    return "'" + shown + "'";
  }

  bool take(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void expect(char c) {
    if (!take(c)) fail("cannot read the graph", std::string("'") + c + "'", found());
  }

  [[nodiscard]] bool peek(char c) {
    skip();
    return at_ < text_.size() && text_[at_] == c;
  }

  std::string run_of(bool (*allowed)(char), const std::string& what) {
    skip();
    if (at_ < text_.size() && text_[at_] == '"') return quoted_string(what);
    const size_t begin = at_;
    while (at_ < text_.size() && allowed(text_[at_])) ++at_;
    if (begin == at_) fail("cannot read the graph", what, found());
    return std::string(text_.substr(begin, at_ - begin));
  }
  std::string name(const std::string& what) {
    return run_of([](char c) { return is_name_char(c); }, what);
  }
  std::string word(const std::string& what) { return name(what); }
  std::string value(const std::string& what) {
    return run_of([](char c) { return is_value_char(c); }, what);
  }

  std::string quoted_string(const std::string& what) {
    std::string out;
    ++at_;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\n') {
      char c = text_[at_++];
      if (c == '\\' && at_ < text_.size()) {
        c = text_[at_++];
        if (c == 'n') c = '\n';
        if (c == 't') c = '\t';
      }
      out += c;
    }
    if (at_ >= text_.size() || text_[at_] != '"')
      fail("a quoted " + what + " does not end", "'\"'");
    ++at_;
    return out;
  }

  void expect_word(const std::string& wanted) {
    const std::string got = word("'" + wanted + "'");
    if (got != wanted) fail("cannot read the graph", "'" + wanted + "'", "'" + got + "'");
  }

  /// True where the next token is this word; the word is taken.
  bool take_word(std::string_view wanted) {
    skip();
    if (!text_.substr(at_).starts_with(wanted)) return false;
    const size_t end = at_ + wanted.size();
    if (end < text_.size() && is_name_char(text_[end])) return false;
    at_ = end;
    return true;
  }

  void parse_op_versions() {
    const size_t line = line_;
    while (true) {
      skip_blanks();
      if (at_ >= text_.size() || text_[at_] == '\n' || text_[at_] == '#' || line_ != line) return;
      const std::string op = word("an operator");
      expect('@');
      const std::string version = word("a version");
      const OpDef* def = operator_named(op);
      const auto number = parse_int(version);
      if (!number || *number < 1)
        fail("an operator's version is no number", "a number of at least 1", "'" + version + "'");
      if (*number > def->version) {
        fail("operator " + op + " has a newer version than this program knows",
             "at most " + std::to_string(def->version), version);
      }
    }
  }

  const OpDef* operator_named(const std::string& op) {
    const OpDef* def = find_op(op);
    if (def != nullptr) return def;
    std::vector<std::string> known;
    for (const OpDef* each : all_ops()) known.emplace_back(each->name);
    const auto near = nearest(op, known);
    fail("unknown operator '" + op + "'", near ? "perhaps '" + *near + "'" : std::string());
  }

  ValueType type() {
    ValueType out;
    if (take_word("binary")) {
      out.decision = DecisionKind::kBinary;
    } else if (take_word("one_of_n")) {
      out.decision = DecisionKind::kOneOfN;
    }
    expect('[');
    std::vector<int64_t> dims;
    while (!take(']')) {
      if (!dims.empty()) expect(',');
      const std::string text = word("an extent");
      const auto extent = parse_int(text);
      if (!extent) fail("an extent is no number", "a number", "'" + text + "'");
      dims.push_back(*extent);
      if (dims.size() > 8) fail("too many extents", "at most 8");
    }
    out.shape = Shape(std::move(dims));
    return out;
  }

  ValueId known_value() {
    const std::string wanted = name("the name of a value");
    const auto id = assembler_->find(wanted);
    if (id) return *id;
    const auto near = nearest(wanted, assembler_->value_names());
    fail("no value '" + wanted + "' before this place",
         "an input or an earlier node of the same block; a graph has no cycles" +
             (near ? "; perhaps '" + *near + "'" : std::string()));
  }

  void statement() {
    if (assembler_->depth() == 0 && take_word("input")) {
      input();
    } else if (assembler_->depth() == 0 && take_word("tap")) {
      std::string tap_name = name("a tap's name");
      const std::string begin = place();
      expect('=');
      const ValueId id = known_value();
      at(begin, [&] { assembler_->add_tap(std::move(tap_name), id); });
    } else {
      node();
    }
  }

  /// NAME TYPE, an input of the main block or of a body.
  void input() {
    std::string value_name = name("an input's name");
    const std::string begin = place();
    ValueType value_type = type();
    at(begin, [&] { assembler_->add_input(std::move(value_name), std::move(value_type)); });
  }

  void node() {
    std::string node_name = name("a node's name, 'input' or 'tap'");
    const std::string begin = place();
    expect('=');
    const OpDef* op = operator_named(word("an operator"));
    expect('(');
    std::vector<ValueId> inputs;
    while (!take(')')) {
      if (!inputs.empty()) expect(',');
      inputs.push_back(known_value());
    }
    AttributesPtr attributes = op->attributes()->make_default();
    ParamNames params;
    attributes_and_params(op, attributes, params);
    std::vector<Block> bodies;
    if (take('{')) {
      while (!take('}')) bodies.push_back(body());
    }
    at(begin, [&] {
      assembler_->add_node(op, std::move(node_name), std::move(attributes), std::move(inputs),
                           std::move(bodies), params);
    });
  }

  /// KEY=VALUE … params(SLOT=NAME, …), up to the end of the line, a brace, or 'return'.
  void attributes_and_params(const OpDef* op, AttributesPtr& attributes, ParamNames& params) {
    const size_t line = line_;
    std::set<std::string> given;
    while (true) {
      skip_blanks();
      if (at_ >= text_.size() || text_[at_] == '\n' || text_[at_] == '#' || text_[at_] == '{' ||
          text_[at_] == '}' || line_ != line)
        return;
      const size_t before = at_;
      if (take_word("return")) {
        at_ = before;
        return;
      }
      const std::string key = word("an attribute");
      if (!given.insert(key).second) fail("'" + key + "' is given twice");
      if (key == "params" && peek('(')) {
        param_names(params);
        continue;
      }
      const std::string begin = place();
      expect('=');
      const std::string text = value("an attribute's value");
      Result<AttributesPtr> changed = op->attributes()->with_field(*attributes, key, text);
      if (!changed.ok()) {
        ErrorInfo info = changed.error();
        info.what = std::string(op->name) + ": " + info.what;
        info.where = begin;
        throw Error(std::move(info));
      }
      attributes = std::move(changed).value();
    }
  }

  /// (SLOT=NAME, …)
  void param_names(ParamNames& params) {
    expect('(');
    while (!take(')')) {
      if (!params.empty()) expect(',');
      const std::string slot = word("a parameter's slot");
      expect('=');
      if (!params.emplace(slot, name("a parameter's name")).second) {
        fail("slot '" + slot + "' is given twice");
      }
    }
  }

  Block body() {
    expect_word("body");
    std::string body_name = name("a body's name");
    const std::string begin = place();
    at(begin, [&] { assembler_->begin_body(std::move(body_name)); });
    expect('(');
    bool first = true;
    while (!take(')')) {
      if (!first) expect(',');
      first = false;
      input();
    }
    expect('{');
    while (!take_word("return")) statement();
    std::vector<ValueId> results{known_value()};
    while (take(',')) results.push_back(known_value());
    expect('}');
    return at(begin, [&] { return assembler_->end_body(std::move(results)); });
  }

  std::string_view text_;
  std::string_view source_;
  size_t at_ = 0;
  size_t token_ = 0;
  size_t line_ = 1;
  size_t line_start_ = 0;
  Assembler* assembler_ = nullptr;
};

}  // namespace

Result<Graph> parse_graph(std::string_view text, std::string_view source) {
  try {
    return Parser(text, source).parse();
  } catch (const Error& error) {
    return error.info();
  }
}

}  // namespace fovea
