// Attribute structs: each lists its fields once; text, equality, hash and documentation derive
// from that list.
//
//   struct Pool { Extent2 kernel{2, 2}; static constexpr auto fields() {
//     return std::tuple{Field{"kernel", &Pool::kernel, "window"}}; } };
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "fovea/error.h"
#include "fovea/graph.h"

namespace fovea {

/// Height and width; written "3x3".
struct Extent2 {
  int64_t h = 1;
  int64_t w = 1;
  bool operator==(const Extent2&) const = default;
};

/// Zeros put around a map; written "top,left,bottom,right", or one number for all four.
struct Padding {
  int64_t top = 0, left = 0, bottom = 0, right = 0;
  bool operator==(const Padding&) const = default;
  static constexpr Padding all(int64_t n) { return {n, n, n, n}; }
};

template <typename Struct, typename T>
struct Field {
  std::string_view name;
  T Struct::*member;
  std::string_view doc;
};
template <typename Struct, typename T>
Field(std::string_view, T Struct::*, std::string_view) -> Field<Struct, T>;

/// Names of an enum's values in order; specialise for every enum used as an attribute:
/// `template <> inline constexpr std::array<std::string_view, 2> kEnumNames<E>{"a", "b"};`
template <typename E>
inline constexpr std::array<std::string_view, 0> kEnumNames{};
template <>
inline constexpr std::array<std::string_view, 4> kEnumNames<Init>{"zeros", "ones", "uniform_fan_in",
                                                                  "normal_fan_out"};

std::string attribute_text(int64_t value);
std::string attribute_text(double value);
std::string attribute_text(const Extent2& value);
std::string attribute_text(const Padding& value);
std::string attribute_text(const std::string& value);
std::string attribute_text(const std::vector<int64_t>& value);
template <typename E>
requires std::is_enum_v<E> std::string attribute_text(E value) {
  static_assert(!kEnumNames<E>.empty(), "specialise kEnumNames for the enum");
  return std::string(kEnumNames<E>[static_cast<size_t>(value)]);
}

/// Each parses the whole text or returns false. `expected` names what would have been right.
bool parse_attribute(std::string_view text, int64_t& value, std::string& expected);
bool parse_attribute(std::string_view text, double& value, std::string& expected);
bool parse_attribute(std::string_view text, Extent2& value, std::string& expected);
bool parse_attribute(std::string_view text, Padding& value, std::string& expected);
bool parse_attribute(std::string_view text, std::string& value, std::string& expected);
bool parse_attribute(std::string_view text, std::vector<int64_t>& value, std::string& expected);
template <typename E>
requires std::is_enum_v<E>
bool parse_attribute(std::string_view text, E& value, std::string& expected) {
  expected = "one of";
  for (size_t i = 0; i < kEnumNames<E>.size(); ++i) {
    if (kEnumNames<E>[i] == text) {
      value = static_cast<E>(i);
      return true;
    }
    expected += (i == 0 ? " " : ", ") + std::string(kEnumNames<E>[i]);
  }
  return false;
}

struct AttributeDoc {
  std::string_view name;
  std::string_view doc;
  std::string default_text;
};

/// What the graph layer can do with an attribute struct without knowing its type.
struct AttributeType {
  AttributesPtr (*make_default)();
  /// Fields that differ from the default, as (name, text).
  std::vector<std::pair<std::string_view, std::string>> (*non_default)(const Attributes&);
  /// A copy with one field set; errors name field and expectation, without a place.
  Result<AttributesPtr> (*with_field)(const Attributes&, std::string_view field,
                                      std::string_view text);
  bool (*equal)(const Attributes&, const Attributes&);
  std::vector<AttributeDoc> (*docs)();
};

/// Base of the boxed attribute structs.
class Attributes {
 public:
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  virtual ~Attributes() = default;
  [[nodiscard]] const AttributeType& type() const noexcept { return *type_; }
  template <typename T>
  [[nodiscard]] const T& as() const;

 protected:
  explicit Attributes(const AttributeType* type) : type_(type) {}

 private:
  const AttributeType* type_;
};

/// For operators without attributes.
struct NoAttributes {
  bool operator==(const NoAttributes&) const = default;
  static constexpr auto fields() { return std::tuple<>{}; }
};

namespace internal {

template <typename T>
const AttributeType* attribute_type();

template <typename T>
class BoxedAttributes final : public Attributes {
 public:
  explicit BoxedAttributes(T value) : Attributes(attribute_type<T>()), value_(std::move(value)) {}
  [[nodiscard]] const T& value() const noexcept { return value_; }

 private:
  T value_;
};

ErrorInfo unknown_attribute(std::string_view field, std::span<const std::string_view> known);
ErrorInfo bad_attribute(std::string_view field, std::string expected, std::string_view text);

template <typename T, typename Visit>
void for_each_field(Visit&& visit) {
  std::apply([&visit](const auto&... field) { (visit(field), ...); }, T::fields());
}

template <typename T>
const AttributeType* attribute_type() {
  static const AttributeType type{
      .make_default = []() -> AttributesPtr { return std::make_shared<BoxedAttributes<T>>(T{}); },
      .non_default =
          [](const Attributes& box) {
            const T& value = box.as<T>();
            const T standard{};
            std::vector<std::pair<std::string_view, std::string>> out;
            for_each_field<T>([&](const auto& field) {
              if (!(value.*field.member == standard.*field.member)) {
                out.emplace_back(field.name, attribute_text(value.*field.member));
              }
            });
            return out;
          },
      .with_field = [](const Attributes& box, std::string_view name,
                       std::string_view text) -> Result<AttributesPtr> {
        T value = box.as<T>();
        bool known = false;
        bool parsed = false;
        std::string expected;
        std::vector<std::string_view> names;
        for_each_field<T>([&](const auto& field) {
          names.push_back(field.name);
          if (field.name != name) return;
          known = true;
          parsed = parse_attribute(text, value.*field.member, expected);
        });
        if (!known) return unknown_attribute(name, names);
        if (!parsed) return bad_attribute(name, expected, text);
        return AttributesPtr(std::make_shared<BoxedAttributes<T>>(std::move(value)));
      },
      .equal = [](const Attributes& a, const Attributes& b) { return a.as<T>() == b.as<T>(); },
      .docs =
          []() {
            const T standard{};
            std::vector<AttributeDoc> out;
            for_each_field<T>([&](const auto& field) {
              out.push_back({field.name, field.doc, attribute_text(standard.*field.member)});
            });
            return out;
          },
  };
  return &type;
}

}  // namespace internal

/// Boxes an attribute struct for a Node.
template <typename T>
AttributesPtr box_attributes(T value) {
  return std::make_shared<internal::BoxedAttributes<T>>(std::move(value));
}

template <typename T>
const T& Attributes::as() const {
  FOVEA_CHECK(type_ == internal::attribute_type<T>());
  return static_cast<const internal::BoxedAttributes<T>&>(*this).value();
}

}  // namespace fovea
