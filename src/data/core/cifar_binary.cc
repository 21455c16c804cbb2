#include "data/core/cifar_binary.h"

#include <sys/stat.h>

#include <utility>
#include <vector>

#include "base/file.h"
#include "base/words.h"

namespace fovea {
namespace {

constexpr int32_t kSide = 32;
constexpr size_t kPlane = size_t{kSide} * kSide;

/// How one of the two archives is laid out.
struct Layout {
  std::vector<std::string> train_files;
  std::string test_file;
  std::string names_file;
  size_t label_bytes;  ///< the last one is the label
};

bool exists(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0;
}

Layout layout_of(const std::string& folder) {
  if (exists(folder + "/data_batch_1.bin")) {
    Layout layout{{}, "test_batch.bin", "batches.meta.txt", 1};
    for (int i = 1; i <= 5; ++i) {
      layout.train_files.push_back("data_batch_" + std::to_string(i) + ".bin");
    }
    return layout;
  }
  return {{"train.bin"}, "test.bin", "fine_label_names.txt", 2};
}

Result<std::vector<std::string>> class_names(const std::string& path) {
  const Result<std::string> text = read_file(path, 1 << 20);
  if (!text.ok()) return text.error();
  std::vector<std::string> names;
  for (std::string_view line : split(text.value(), '\n')) {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (!line.empty()) names.emplace_back(line);
  }
  return names;
}

Picture interleaved(std::string_view planes) {
  Picture picture(kSide, kSide);
  for (size_t i = 0; i < kPlane; ++i) {
    for (size_t c = 0; c < kChannels; ++c) {
      picture.pixels[i * kChannels + c] = static_cast<uint8_t>(planes[c * kPlane + i]);
    }
  }
  return picture;
}

Status add_records(const std::string& folder, const std::string& name, size_t label_bytes,
                   size_t n_classes, std::vector<Sample>& samples) {
  const std::string path = folder + "/" + name;
  const Result<std::string> bytes = read_file(path, 1 << 30);
  if (!bytes.ok()) return bytes.error();
  const auto bad = [&](std::string what, std::string expected, std::string found) {
    return ErrorInfo{.kind = ErrorKind::kBadInput,
                     .what = std::move(what),
                     .where = shown_path(path),
                     .expected = std::move(expected),
                     .found = std::move(found)};
  };
  const size_t record = label_bytes + kChannels * kPlane;
  if (bytes.value().empty() || bytes.value().size() % record != 0) {
    return bad("not a whole number of CIFAR records",
               "a multiple of " + std::to_string(record) + " bytes",
               std::to_string(bytes.value().size()));
  }
  for (size_t at = 0; at < bytes.value().size(); at += record) {
    const std::string_view one = std::string_view(bytes.value()).substr(at, record);
    const auto label = static_cast<uint8_t>(one[label_bytes - 1]);
    if (label >= n_classes) {
      return bad("a label has no class", "below " + std::to_string(n_classes),
                 std::to_string(label) + " in record " + std::to_string(at / record));
    }
    samples.push_back(
        {interleaved(one.substr(label_bytes)), label, name + "#" + std::to_string(at / record)});
  }
  return {};
}

}  // namespace

bool is_cifar_binary(const std::string& folder) {
  return exists(folder + "/data_batch_1.bin") || exists(folder + "/train.bin");
}

Result<DatasetPtr> read_cifar_binary(const std::string& folder, std::string_view split) {
  const Layout layout = layout_of(folder);
  Result<std::vector<std::string>> names = class_names(folder + "/" + layout.names_file);
  if (!names.ok()) return names.error();
  std::vector<std::string> files;
  if (split == "train") files = layout.train_files;
  if (split == "test") files = {layout.test_file};
  if (files.empty()) {
    return ErrorInfo{.kind = ErrorKind::kBadInput,
                     .what = "no such split",
                     .where = shown_path(folder),
                     .expected = "train or test",
                     .found = std::string(split)};
  }
  std::vector<Sample> samples;
  for (const std::string& file : files) {
    const Status added =
        add_records(folder, file, layout.label_bytes, names.value().size(), samples);
    if (!added.ok()) return added.error();
  }
  return DatasetPtr(std::make_shared<MemoryDataset>(std::move(names).value(), std::move(samples)));
}

}  // namespace fovea
