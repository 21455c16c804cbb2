#include "base/words.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace fovea {
namespace {

template <typename Words>
std::string join(const Words& words, std::string_view separator) {
  std::string out;
  for (const auto& word : words) {
    if (!out.empty()) out += separator;
    out += word;
  }
  return out;
}

template <typename T>
std::optional<T> parse_whole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix) || text.size() == suffix.size()) return false;
  text.remove_suffix(suffix.size());
  return true;
}

}  // namespace

std::string joined(std::span<const std::string_view> words, std::string_view separator) {
  return join(words, separator);
}
std::string joined(std::span<const std::string> words, std::string_view separator) {
  return join(words, separator);
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] =
          std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
  size_t best = SIZE_MAX;
  std::optional<std::string> found;
  for (const std::string& candidate : candidates) {
    const size_t distance = edit_distance(word, candidate);
    if (distance < best) {
      best = distance;
      found = candidate;
    }
  }
  if (!found || best > std::max<size_t>(1, std::max(word.size(), found->size()) / 3))
    return std::nullopt;
  return found;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::optional<int64_t> parse_int(std::string_view text) { return parse_whole<int64_t>(text); }

std::optional<double> parse_double(std::string_view text) {
  const auto value = parse_whole<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<int64_t> parse_count(std::string_view text) {
  double unit = 1;
  if (take_suffix(text, "k") || take_suffix(text, "K")) {
    unit = 1e3;
  } else if (take_suffix(text, "M")) {
    unit = 1e6;
  } else if (take_suffix(text, "G")) {
    unit = 1e9;
  } else if (const auto whole = parse_int(text)) {
    return whole;
  }
  const auto value = parse_double(text);
  if (!value || std::abs(*value * unit) >= 9e18) return std::nullopt;
  return static_cast<int64_t>(std::llround(*value * unit));
}

std::optional<double> parse_milliseconds(std::string_view text) {
  double unit = 1;
  if (!take_suffix(text, "ms")) {
    if (take_suffix(text, "us")) {
      unit = 1e-3;
    } else if (take_suffix(text, "s")) {
      unit = 1e3;
    }
  }
  const auto value = parse_double(text);
  return value ? std::optional(*value * unit) : std::nullopt;
}

std::optional<double> parse_percent(std::string_view text) {
  if (take_suffix(text, "%")) (void)take_suffix(text, " ");
  return parse_double(text);
}

bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    size_t extra = 0;
    uint32_t code = lead;
    if (lead >= 0xf0) {
      extra = 3;
      code = lead & 0x07U;
    } else if (lead >= 0xe0) {
      extra = 2;
      code = lead & 0x0fU;
    } else if (lead >= 0xc0) {
      extra = 1;
      code = lead & 0x1fU;
    } else if (lead >= 0x80) {
      return false;
    }
    if (lead > 0xf4 || i + extra >= text.size() + (extra == 0 ? 1 : 0)) return false;
    for (size_t k = 1; k <= extra; ++k) {
      const auto byte = static_cast<uint8_t>(text[i + k]);
      if ((byte & 0xc0U) != 0x80) return false;
      code = code << 6 | (byte & 0x3fU);
    }
    constexpr uint32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};
    if (code < kSmallest[extra] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
      return false;
    i += extra + 1;
  }
  return true;
}

}  // namespace fovea
