// Small helpers for words in messages: joining, nearest match, parsing of numbers with units.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fovea {

std::string joined(std::span<const std::string_view> words, std::string_view separator);
std::string joined(std::span<const std::string> words, std::string_view separator);

/// Number of insertions, deletions, replacements and swaps of neighbours between two words.
size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `word`, or nothing where none is near (more than a third differs).
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

/// Splits at every separator; an empty text gives one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);

/// Whole-text parsing; nothing where anything is left over.
std::optional<int64_t> parse_int(std::string_view text);
std::optional<double> parse_double(std::string_view text);
/// "30M", "1.5G", "200k", "94247040": a count with an optional decimal unit.
std::optional<int64_t> parse_count(std::string_view text);
/// "2ms", "1.5s", "300us", "4": milliseconds.
std::optional<double> parse_milliseconds(std::string_view text);
/// "90%", "0.5 %", "90": per cent.
std::optional<double> parse_percent(std::string_view text);

/// True where the bytes are well-formed UTF-8.
bool is_utf8(std::string_view text);

}  // namespace fovea
