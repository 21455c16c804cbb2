#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <utility>

#include "base/words.h"
#include "data/codecs/verbs.h"
#include "data/core/parallel.h"

namespace fovea {
namespace {

constexpr int64_t kStretch = 1024;

/// Calls work(i) for all pictures in parallel, telling of progress between stretches.
template <typename Work>
Status for_all(int64_t n, int64_t done_before, int64_t total, const DataWork& options, Work work) {
  const int n_threads = thread_count(options.n_threads);
  for (int64_t begin = 0; begin < n; begin += kStretch) {
    const int64_t end = std::min(n, begin + kStretch);
    for_range(begin, end, n_threads, work);
    if (options.progress && !options.progress(done_before + end, total)) {
      return ErrorInfo{.kind = ErrorKind::kInterrupted, .what = "stopped on request"};
    }
  }
  return {};
}

/// What one picture leaves behind after it was decoded.
struct Digest {
  uint64_t hash = 0;
  std::unique_ptr<ErrorInfo> error;
};

struct Place {
  size_t split;
  int64_t index;
};
/// Places by class name, so that splits with other label orders compare rightly.
using PlacesByHash = std::map<uint64_t, std::vector<Place>>;

std::vector<int64_t> count_classes(const Dataset& data) {
  std::vector<int64_t> count(static_cast<size_t>(data.n_classes()));
  for (int64_t i = 0; i < data.size(); ++i) ++count[static_cast<size_t>(data.label(i))];
  return count;
}

double balance_of(const std::vector<int64_t>& count) {
  if (count.empty()) return 1.0;
  const auto [fewest, most] = std::minmax_element(count.begin(), count.end());
  return *most == 0 ? 1.0 : static_cast<double>(*fewest) / static_cast<double>(*most);
}

Result<SplitCheck> check_split(const std::vector<NamedSplit>& splits, size_t s, int64_t done_before,
                               int64_t total, const DataWork& work, PlacesByHash& places) {
  const Dataset& data = *splits[s].data;
  SplitCheck check;
  check.name = splits[s].name;
  check.n = data.size();
  check.per_class = count_classes(data);
  check.balance = balance_of(check.per_class);
  const auto first_used = std::find_if(check.per_class.begin(), check.per_class.end(),
                                       [](int64_t count) { return count != 0; });
  if (first_used != check.per_class.end()) {
    check.label_base = static_cast<int32_t>(first_used - check.per_class.begin());
  }
  std::vector<Digest> digests(static_cast<size_t>(data.size()));
  const Status decoded = for_all(data.size(), done_before, total, work, [&](int64_t i) {
    const Result<Picture> picture = data.picture(i);
    Digest& digest = digests[static_cast<size_t>(i)];
    if (picture.ok()) {
      digest.hash = content_hash(picture.value().view());
    } else {
      digest.error = std::make_unique<ErrorInfo>(picture.error());
    }
  });
  if (!decoded.ok()) return decoded.error();
  for (int64_t i = 0; i < data.size(); ++i) {
    const Digest& digest = digests[static_cast<size_t>(i)];
    if (digest.error) {
      check.broken.push_back({i, data.file_name(i), *digest.error});
    } else {
      places[digest.hash].push_back({s, i});
    }
  }
  return check;
}

std::string class_name_of(const NamedSplit& split, int64_t i) {
  return split.data->class_names()[static_cast<size_t>(split.data->label(i))];
}

DuplicateGroup group_of(const std::vector<NamedSplit>& splits, const std::vector<Place>& places) {
  DuplicateGroup group;
  const std::string first_class = class_name_of(splits[places.front().split], places.front().index);
  for (const Place& place : places) {
    const NamedSplit& split = splits[place.split];
    group.pictures.push_back({split.name, place.index, split.data->file_name(place.index),
                              split.data->label(place.index)});
    group.across_splits |= place.split != places.front().split;
    group.across_classes |= class_name_of(split, place.index) != first_class;
  }
  return group;
}

/// One sentence where a split's classes differ from the first split's, else nothing.
std::string split_difference(const NamedSplit& first, const NamedSplit& other) {
  const std::string difference =
      class_difference(first.data->class_names(), other.data->class_names());
  if (difference.empty()) return {};
  return "the classes of '" + other.name + "' differ from those of '" + first.name + "'; " +
         difference;
}

/// One sentence for each name that several classes of a split have.
std::vector<std::string> repeated_names(const NamedSplit& split) {
  std::map<std::string, std::vector<std::string>> labels_of;
  const std::vector<std::string>& names = split.data->class_names();
  for (size_t label = 0; label < names.size(); ++label) {
    labels_of[names[label]].push_back(std::to_string(label));
  }
  std::vector<std::string> out;
  for (const auto& [name, labels] : labels_of) {
    if (labels.size() < 2) continue;
    out.push_back("several labels have the class '" + name +
                  "': " + joined(std::span<const std::string>(labels), ", "));
  }
  return out;
}

/// Adds what a split shows as a whole.
void add_findings(const NamedSplit& split, DataCheck& check) {
  for (const std::string& each : repeated_names(split)) {
    check.faults.push_back(split.name + ": " + each);
  }
  for (const DataFinding& each : split.data->findings()) {
    const bool fault = each.weight == DataFinding::Weight::kFault;
    (fault ? check.faults : check.remarks).push_back(split.name + ": " + each.text);
  }
}

/// Sums over pixels; exact in integers up to 2^47 pixels.
struct PixelSums {
  std::array<uint64_t, kChannels> sum{};
  std::array<uint64_t, kChannels> square{};
  uint64_t n = 0;

  void add(const PixelSums& other) {
    for (size_t c = 0; c < kChannels; ++c) {
      sum[c] += other.sum[c];
      square[c] += other.square[c];
    }
    n += other.n;
  }
};

PixelSums sums_of(const Picture& picture) {
  PixelSums sums;
  for (size_t i = 0; i < picture.pixels.size(); i += kChannels) {
    for (size_t c = 0; c < kChannels; ++c) {
      const uint64_t value = picture.pixels[i + c];
      sums.sum[c] += value;
      sums.square[c] += value * value;
    }
  }
  sums.n = picture.pixels.size() / kChannels;
  return sums;
}

void fill_moments(const PixelSums& sums, DataStats& stats) {
  if (sums.n == 0) return;
  const auto n = static_cast<double>(sums.n);
  for (size_t c = 0; c < kChannels; ++c) {
    const double mean = static_cast<double>(sums.sum[c]) / n;
    const double variance = static_cast<double>(sums.square[c]) / n - mean * mean;
    stats.mean[c] = mean / 255.0;
    stats.deviation[c] = std::sqrt(std::max(variance, 0.0)) / 255.0;
  }
}

}  // namespace

int32_t DataCheck::label_base() const {
  int32_t base = splits.empty() ? 0 : splits.front().label_base;
  for (const SplitCheck& split : splits) base = std::min(base, split.label_base);
  return base;
}

int64_t DataCheck::n_broken() const {
  int64_t n = 0;
  for (const SplitCheck& split : splits) n += static_cast<int64_t>(split.broken.size());
  return n;
}

int64_t DataCheck::n_across() const {
  return std::count_if(duplicates.begin(), duplicates.end(), [](const DuplicateGroup& group) {
    return group.across_splits || group.across_classes;
  });
}

bool DataCheck::passed() const {
  return n_broken() == 0 && n_across() == 0 && class_differences.empty() && label_base() == 0 &&
         faults.empty();
}

Result<DataCheck> check_data(const std::vector<NamedSplit>& splits, const DataWork& work) {
  DataCheck check;
  if (splits.empty()) return check;
  check.class_names = splits.front().data->class_names();
  int64_t total = 0;
  for (const NamedSplit& split : splits) total += split.data->size();
  PlacesByHash places;
  int64_t done = 0;
  for (size_t s = 0; s < splits.size(); ++s) {
    Result<SplitCheck> one = check_split(splits, s, done, total, work, places);
    if (!one.ok()) return one.error();
    done += one.value().n;
    check.splits.push_back(std::move(one).value());
    std::string difference = split_difference(splits.front(), splits[s]);
    if (!difference.empty()) check.class_differences.push_back(std::move(difference));
    add_findings(splits[s], check);
  }
  for (const auto& [hash, where] : places) {
    if (where.size() > 1) check.duplicates.push_back(group_of(splits, where));
  }
  std::stable_sort(check.duplicates.begin(), check.duplicates.end(),
                   [](const DuplicateGroup& a, const DuplicateGroup& b) {
                     return a.pictures.front().index < b.pictures.front().index;
                   });
  return check;
}

Result<DataStats> data_stats(const Dataset& data, const DataWork& work) {
  DataStats stats;
  stats.n = data.size();
  stats.class_names = data.class_names();
  stats.per_class = count_classes(data);
  PixelSums sums;
  std::map<std::pair<int32_t, int32_t>, int64_t> sizes;
  std::mutex mutex;
  const Status decoded = for_all(data.size(), 0, data.size(), work, [&](int64_t i) {
    const Result<Picture> picture = data.picture(i);
    const PixelSums own = picture.ok() ? sums_of(picture.value()) : PixelSums{};
    const std::lock_guard lock(mutex);
    if (picture.ok()) {
      sums.add(own);
      ++sizes[{picture.value().height, picture.value().width}];
    } else {
      ++stats.n_broken;
    }
  });
  if (!decoded.ok()) return decoded.error();
  fill_moments(sums, stats);
  for (const auto& [size, count] : sizes) {
    const auto [height, width] = size;
    const bool first = stats.max_height == 0;
    stats.min_height = first ? height : std::min(stats.min_height, height);
    stats.min_width = first ? width : std::min(stats.min_width, width);
    stats.max_height = std::max(stats.max_height, height);
    stats.max_width = std::max(stats.max_width, width);
    stats.sizes.emplace_back(size, count);
  }
  std::stable_sort(stats.sizes.begin(), stats.sizes.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  constexpr size_t kMostFrequent = 10;
  if (stats.sizes.size() > kMostFrequent) stats.sizes.resize(kMostFrequent);
  return stats;
}

}  // namespace fovea
