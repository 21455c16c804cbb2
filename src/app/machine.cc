#include "app/machine.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/words.h"
#include "ops/cpu/isa.h"

namespace fovea::app {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

std::optional<double> ratio(std::string_view quota, std::string_view period) {
  const auto q = parse_double(quota);
  const auto p = parse_double(period);
  if (!q || !p || *q <= 0 || *p <= 0) return std::nullopt;
  return *q / *p;
}

/// cgroup v2: "MAX PERIOD" where MAX may be the word max.
std::optional<double> quota_v2(const std::string& folder) {
  const std::string text = text_of(folder + "/cpu.max");
  const auto parts = split(first_line(text), ' ');
  return parts.size() == 2 ? ratio(parts[0], parts[1]) : std::nullopt;
}

std::optional<double> quota_v1(const std::string& folder) {
  return ratio(first_line(text_of(folder + "/cpu.cfs_quota_us")),
               first_line(text_of(folder + "/cpu.cfs_period_us")));
}

/// The tightest limit from a group up to the mount.
template <typename Quota>
std::optional<double> tightest(const std::string& mount, std::string path, Quota quota) {
  std::optional<double> least;
  while (true) {
    if (const auto here = quota(mount + path)) least = std::min(least.value_or(*here), *here);
    if (path.empty() || path == "/") return least;
    path.resize(path.rfind('/'));
  }
}

bool has_controller(std::string_view list, std::string_view name) {
  const auto parts = split(list, ',');
  return std::find(parts.begin(), parts.end(), name) != parts.end();
}

}  // namespace

int affinity_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  // More processors than the fixed set holds.
  return std::max(1, static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)));
}

std::optional<double> cgroup_cores(std::string_view proc_cgroup, const std::string& root) {
  std::optional<double> least;
  const auto take = [&least](const std::optional<double>& found) {
    if (found) least = std::min(least.value_or(*found), *found);
  };
  for (const std::string_view line : split(proc_cgroup, '\n')) {
    // "ID:CONTROLLERS:PATH"
    const size_t first = line.find(':');
    const size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const std::string path(line.substr(second + 1));
    if (!path.starts_with('/')) continue;
    if (controllers.empty()) {
      take(tightest(root, path, quota_v2));
      take(tightest(root + "/unified", path, quota_v2));
    } else if (has_controller(controllers, "cpu")) {
      take(tightest(root + "/cpu", path, quota_v1));
      take(tightest(root + "/" + std::string(controllers), path, quota_v1));
    }
  }
  return least;
}

std::optional<double> cgroup_cores() {
  return cgroup_cores(text_of("/proc/self/cgroup"), "/sys/fs/cgroup");
}

int default_threads() {
  const int affinity = affinity_cores();
  const auto quota = cgroup_cores();
  if (!quota) return affinity;
  return std::clamp(static_cast<int>(std::min(std::ceil(*quota), 1e6)), 1, affinity);
}

MachineFacts machine_facts() {
  MachineFacts out{.cores = std::max(1, static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN))),
                   .affinity = affinity_cores(),
                   .quota = cgroup_cores()};
  for (const cpu::Isa isa : cpu::isas()) out.kernel_sets.emplace_back(cpu::isa_name(isa));
  std::istringstream lines(text_of("/proc/cpuinfo"));
  constexpr std::array<std::string_view, 10> kWanted{
      "sse4_1",  "avx",         "avx2",        "fma",      "f16c",
      "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "asimd"};
  for (std::string line; std::getline(lines, line);) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos || colon + 2 > line.size()) continue;
    const std::string_view value = std::string_view(line).substr(colon + 2);
    if (line.starts_with("model name")) {
      out.processor = value;
    } else if (line.starts_with("flags") || line.starts_with("Features")) {
      const auto words = split(value, ' ');
      for (const std::string_view name : kWanted) {
        if (std::find(words.begin(), words.end(), name) != words.end()) {
          out.features.emplace_back(name);
        }
      }
      break;
    }
  }
  return out;
}

}  // namespace fovea::app
