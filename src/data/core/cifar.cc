#include "data/core/cifar.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "base/file.h"
#include "base/words.h"
#include "data/core/cifar_batch.h"

namespace fovea {
namespace {

enum class Form : uint8_t { kBinary, kPickle };

/// How one of the four archives is laid out.
struct Layout {
  Form form;
  std::string_view train_file;  ///< "#" stands for 1 to 5
  std::string_view test_file;
  std::string_view names_file;
  size_t label_bytes;  ///< of a record in binary form; the last one is the label
};

constexpr std::array<Layout, 4> kLayouts{
    Layout{Form::kBinary, "data_batch_#.bin", "test_batch.bin", "batches.meta.txt", 1},
    Layout{Form::kBinary, "train.bin", "test.bin", "fine_label_names.txt", 2},
    Layout{Form::kPickle, "data_batch_#", "test_batch", "batches.meta", 0},
    Layout{Form::kPickle, "train", "test", "meta", 0}};

// Pictures of each of the four archives.
constexpr size_t kPublishedTrain = 50'000;
constexpr size_t kPublishedTest = 10'000;

std::vector<std::string> train_files(const Layout& layout) {
  const size_t at = layout.train_file.find('#');
  if (at == std::string_view::npos) return {std::string(layout.train_file)};
  std::vector<std::string> names;
  for (const char digit : {'1', '2', '3', '4', '5'}) {
    names.emplace_back(layout.train_file);
    names.back()[at] = digit;
  }
  return names;
}

/// The layout whose class names and first training or test file are there. "train" and "meta" are
/// names that other data may use, too; together they are not.
const Layout* layout_of(const std::function<bool(const std::string&)>& is_there) {
  for (const Layout& layout : kLayouts) {
    const bool has_names = is_there(std::string(layout.names_file));
    const bool has_data =
        is_there(train_files(layout).front()) || is_there(std::string(layout.test_file));
    if (has_data && (has_names || layout.form == Form::kBinary)) return &layout;
  }
  return nullptr;
}

/// A batch that was cut between two pictures shows only in its number of pictures.
Status check_equal_batches(const std::vector<std::string>& files, const std::vector<size_t>& sizes,
                           std::string_view source) {
  const auto other = std::adjacent_find(sizes.begin(), sizes.end(), std::not_equal_to<size_t>());
  if (other == sizes.end()) return {};
  std::string found;
  for (size_t k = 0; k < files.size(); ++k) {
    found += (k == 0 ? "" : ", ") + files[k] + ": " + std::to_string(sizes[k]);
  }
  return ErrorInfo{.kind = ErrorKind::kBadInput,
                   .what = "the training batches have different numbers of pictures",
                   .where = shown_path(source),
                   .expected = "equal numbers",
                   .found = std::move(found)};
}

std::vector<DataFinding> findings_of(std::string_view split, size_t n) {
  const size_t published = split == "train" ? kPublishedTrain : kPublishedTest;
  if (n == published) return {};
  return {{.weight = DataFinding::Weight::kRemark,
           .text = std::string(split) + " of the CIFAR files has " + std::to_string(n) +
                   " pictures; the published archive has " + std::to_string(published)}};
}

bool is_file(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

const Layout* layout_of_folder(const std::string& folder) {
  return layout_of([&](const std::string& name) { return is_file(folder + "/" + name); });
}

std::vector<std::string> text_names(std::string_view text) {
  std::vector<std::string> names;
  for (std::string_view line : split(text, '\n')) {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (!line.empty()) names.emplace_back(line);
  }
  return names;
}

/// Reads with `bytes_of` as the way to the files and `place_of` as their places in messages.
class Reader {
 public:
  using BytesOf = std::function<Result<std::string>(const std::string& name)>;
  using PlaceOf = std::function<std::string(const std::string& name)>;
  Reader(const Layout& layout, BytesOf bytes_of, PlaceOf place_of)
      : layout_(layout), bytes_of_(std::move(bytes_of)), place_of_(std::move(place_of)) {}

  [[nodiscard]] Result<DatasetPtr> read(std::string_view split, std::string_view source) const {
    std::vector<std::string> files;
    if (split == "train") files = train_files(layout_);
    if (split == "test") files = {std::string(layout_.test_file)};
    if (files.empty()) {
      return ErrorInfo{.kind = ErrorKind::kBadInput,
                       .what = "no such split",
                       .where = shown_path(source),
                       .expected = "train or test",
                       .found = shown_path(split)};
    }
    Result<std::vector<std::string>> names = class_names();
    if (!names.ok()) return names.error();
    std::vector<Sample> samples;
    std::vector<size_t> sizes;
    for (const std::string& file : files) {
      const size_t n_before = samples.size();
      const Result<std::string> bytes = bytes_of_(file);
      if (!bytes.ok()) return bytes.error();
      const CifarBatch batch{.name = file,
                             .source = place_of_(file),
                             .n_classes = static_cast<int64_t>(names.value().size())};
      const Status added =
          layout_.form == Form::kBinary
              ? add_cifar_binary(bytes.value(), layout_.label_bytes, batch, samples)
              : add_cifar_pickle(bytes.value(), batch, samples);
      if (!added.ok()) return added.error();
      sizes.push_back(samples.size() - n_before);
    }
    const Status equal = check_equal_batches(files, sizes, source);
    if (!equal.ok()) return equal.error();
    std::vector<DataFinding> findings = findings_of(split, samples.size());
    return DatasetPtr(std::make_shared<MemoryDataset>(std::move(names).value(), std::move(samples),
                                                      std::move(findings)));
  }

 private:
  [[nodiscard]] Result<std::vector<std::string>> class_names() const {
    const std::string file(layout_.names_file);
    const Result<std::string> bytes = bytes_of_(file);
    if (!bytes.ok()) return bytes.error();
    if (layout_.form == Form::kPickle) return cifar_pickle_names(bytes.value(), place_of_(file));
    return text_names(bytes.value());
  }

  const Layout& layout_;
  BytesOf bytes_of_;
  PlaceOf place_of_;
};

ErrorInfo not_cifar(std::string_view source) {
  return {.kind = ErrorKind::kBadInput,
          .what = "none of the official CIFAR archives",
          .where = shown_path(source),
          .expected = "data_batch_1.bin, train.bin, data_batch_1 or train, and the class names"};
}

}  // namespace

bool is_cifar_file(std::string_view name) {
  return std::any_of(kLayouts.begin(), kLayouts.end(), [&](const Layout& layout) {
    const std::vector<std::string> train = train_files(layout);
    return name == layout.test_file || name == layout.names_file ||
           std::find(train.begin(), train.end(), name) != train.end();
  });
}

bool is_cifar_folder(const std::string& folder) { return layout_of_folder(folder) != nullptr; }

bool is_cifar_archive(std::span<const std::string> names) {
  return layout_of([&](const std::string& name) {
           return std::find(names.begin(), names.end(), name) != names.end();
         }) != nullptr;
}

Result<DatasetPtr> read_cifar_folder(const std::string& folder, std::string_view split) {
  const Layout* layout = layout_of_folder(folder);
  if (layout == nullptr) return not_cifar(folder);
  const auto path = [&](const std::string& name) { return folder + "/" + name; };
  return Reader(
             *layout, [&](const std::string& name) { return read_file(path(name), 1 << 30); },
             [&](const std::string& name) { return shown_path(path(name)); })
      .read(split, folder);
}

Result<DatasetPtr> read_cifar_files(const CifarFiles& files, std::string_view split,
                                    std::string_view source) {
  const Layout* layout = layout_of([&](const std::string& name) { return files.contains(name); });
  if (layout == nullptr) return not_cifar(source);
  const auto place = [&](const std::string& name) {
    return shown_path(source) + ": " + shown_path(name);
  };
  const auto bytes_of = [&](const std::string& name) -> Result<std::string> {
    const auto at = files.find(name);
    if (at != files.end()) return at->second;
    return ErrorInfo{.kind = ErrorKind::kBadInput,
                     .what = "a file of the CIFAR archive is missing",
                     .where = shown_path(source),
                     .expected = name};
  };
  return Reader(*layout, bytes_of, place).read(split, source);
}

}  // namespace fovea
