// Errors as values and as one exception type.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace fovea {

/// What went wrong, from the point of view of whoever has to act on it.
enum class ErrorKind : uint8_t {
  kUsage,        ///< the caller's words or values fit no network, or not this one
  kBadInput,     ///< bytes from outside are not what they claim to be
  kCannotWrite,  ///< an output could not be written, or would overwrite
  kCheckFailed,  ///< a check that was asked for does not hold
  kNotInBuild,   ///< the build lacks an option or package
  kInterrupted,  ///< the user asked to stop
  kInternal,     ///< a defect of Fovea
};

/// One error in four parts, so that a message always says what, where, expected and found.
struct ErrorInfo {
  ErrorKind kind = ErrorKind::kInternal;
  std::string what;      ///< the fact, e.g. "shapes differ"
  std::string where;     ///< node, file, or line:column; may be empty
  std::string expected;  ///< may be empty
  std::string found;     ///< may be empty
  std::string hint;      ///< what to do next; may be empty

  /// "WHAT (WHERE; expected …; found …)"; parts that are empty are left out.
  [[nodiscard]] std::string message() const;
};

/// Thrown by construction (graphs, plans, options). Carries an ErrorInfo.
class Error : public std::exception {
 public:
  explicit Error(ErrorInfo info);
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }
  [[nodiscard]] const ErrorInfo& info() const noexcept { return info_; }

 private:
  ErrorInfo info_;
  std::string text_;
};

/// Success or an ErrorInfo; returned where nothing is thrown.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(ErrorInfo info) : info_(std::move(info)) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] bool ok() const noexcept { return !info_.has_value(); }
  /// The error; only where !ok().
  [[nodiscard]] const ErrorInfo& error() const { return *info_; }
  /// Throws Error where !ok().
  void value() const;

 private:
  std::optional<ErrorInfo> info_;
};

/// A value or an ErrorInfo; returned by everything that reads bytes from outside.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}        // NOLINT(google-explicit-constructor)
  Result(ErrorInfo info) : state_(std::move(info)) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
  [[nodiscard]] const ErrorInfo& error() const { return std::get<1>(state_); }
  /// The value, or throws Error.
  [[nodiscard]] T& value() & {
    throw_if_error();
    return std::get<0>(state_);
  }
  [[nodiscard]] const T& value() const& {
    throw_if_error();
    return std::get<0>(state_);
  }
  [[nodiscard]] T&& value() && {
    throw_if_error();
    return std::get<0>(std::move(state_));
  }

 private:
  void throw_if_error() const {
    if (!ok()) throw Error(std::get<1>(state_));
  }
  std::variant<T, ErrorInfo> state_;
};

/// Ends the program with a message: a defect of ours, unreachable from input.
[[noreturn]] void check_failed(std::string_view condition, std::string_view file,
                               int line) noexcept;

}  // namespace fovea

/// Holds an invariant of our own code. Never used on input.
#define FOVEA_CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::fovea::check_failed(#condition, __FILE__, __LINE__))
