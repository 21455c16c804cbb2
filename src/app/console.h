// Where words go: results to standard output, everything else to standard error.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace fovea::app {

enum class Loudness : uint8_t { kQuiet, kUsual, kVerbose };
enum class Format : uint8_t { kText, kJson };

/// One program's standard streams. Not thread-safe but for note().
class Console {
 public:
  Console(Loudness loudness, Format format) : loudness_(loudness), format_(format) {}

  [[nodiscard]] bool json() const noexcept { return format_ == Format::kJson; }
  [[nodiscard]] bool verbose() const noexcept { return loudness_ == Loudness::kVerbose; }

  /// A piece of the result. Throws Error (kCannotWrite) where standard output takes no more.
  void result(std::string_view text);
  /// The result, or one line of it, as JSON.
  void json_result(const nlohmann::ordered_json& value);
  /// A progress line or note; silent under --quiet.
  void note(std::string_view line) const;
  /// A line for -v.
  void detail(std::string_view line) const;
  /// Hands on what result() has collected.
  void flush();

 private:
  Loudness loudness_;
  Format format_;
};

/// Text for JSON: as it is where it is UTF-8; else bytes that are none become \xNN.
[[nodiscard]] std::string json_text(std::string_view bytes);

/// JSON on one line, valid whatever bytes the strings hold; floats as short as they round-trip.
[[nodiscard]] std::string dumped(const nlohmann::ordered_json& value);

/// A float that prints as the shortest decimal that reads back as this float.
[[nodiscard]] nlohmann::ordered_json json_float(float value);

}  // namespace fovea::app
