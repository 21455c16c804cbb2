#include "data/codecs/file_set.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/words.h"
#include "data/codecs/file_set_builder.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExpectedLayout = "CLASS/NAME.jpg or CLASS/NAME.png inside";

std::string_view class_of(std::string_view name) { return name.substr(0, name.find('/')); }

}  // namespace

ErrorInfo bad_data(std::string_view source, std::string what, std::string expected,
                   std::string found) {
  return {.kind = ErrorKind::kBadInput,
          .what = std::move(what),
          .where = shown_path(source),
          .expected = std::move(expected),
          .found = std::move(found)};
}

FileSetBuilder::FileSetBuilder(std::string root, const FileSetOptions& options)
    : set_(new FileSet), options_(options) {
  set_->root_ = std::move(root);
  set_->decode_ = options.decode;
}

Result<FileSetPtr> FileSetBuilder::finish() {
  std::vector<FileSet::Entry>& entries = set_->entries_;
  if (entries.empty()) {
    return bad_data(set_->root_, "no pictures in class folders", std::string(kExpectedLayout));
  }
  std::set<std::string, std::less<>> names;
  std::vector<std::string> empty;
  for (const FileSet::Entry& entry : entries) names.emplace(class_of(entry.name));
  for (const std::string& folder : folders_) {
    if (names.contains(folder)) continue;
    ErrorInfo error = bad_data(set_->root_ + "/" + folder, "a class folder holds no picture",
                               "at least one .jpg or .png");
    error.hint = "fill the folder, or remove it if it is no class";
    if (options_.empty_classes == EmptyClasses::kError) return error;
    set_->findings_.push_back({.text = error.message()});
    empty.push_back(folder);
  }
  set_->class_names_ = options_.class_names;
  if (set_->class_names_.empty()) {
    set_->class_names_.assign(names.begin(), names.end());
    set_->class_names_.insert(set_->class_names_.end(), empty.begin(), empty.end());
  }
  std::map<std::string, int32_t, std::less<>> labels;
  for (const std::string& name : set_->class_names_) {
    labels.emplace(name, static_cast<int32_t>(labels.size()));
  }
  for (FileSet::Entry& entry : entries) {
    const auto found = labels.find(class_of(entry.name));
    if (found == labels.end()) {
      return bad_data(set_->root_, "a class folder that is not among the known classes", {},
                      shown_path(class_of(entry.name)));
    }
    entry.label = found->second;
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const FileSet::Entry& a, const FileSet::Entry& b) {
                     return a.label != b.label ? a.label < b.label : a.name < b.name;
                   });
  // A tar may hold a path twice; unpacked, the later one stays.
  for (size_t i = 0; i + 1 < entries.size(); ++i) {
    if (entries[i].name == entries[i + 1].name) entries[i].name.clear();
  }
  std::erase_if(entries, [](const FileSet::Entry& entry) { return entry.name.empty(); });
  return FileSetPtr(std::move(set_));
}

Result<Picture> FileSet::picture(int64_t i) const {
  const Entry& file = entry(i);
  if (!in_memory_) return read_picture(root_ + "/" + file.name, decode_);
  return decode_picture(std::string_view(bytes_).substr(file.offset, file.bytes),
                        shown_path(root_) + ": " + shown_path(file.name), decode_);
}

Result<std::string> FileSet::encoded(int64_t i) const {
  const Entry& file = entry(i);
  if (in_memory_) return bytes_.substr(file.offset, file.bytes);
  return read_file(root_ + "/" + file.name, uint64_t{1} << 30);
}

bool is_picture_name(std::string_view name) {
  constexpr std::array<std::string_view, 10> kEndings = {"jpg",  "jpeg", "jpe", "jfif", "png",
                                                         "webp", "gif",  "bmp", "tif",  "tiff"};
  name = name.substr(name.rfind('/') + 1);
  const size_t dot = name.rfind('.');
  if (name.starts_with('.') || dot == std::string_view::npos) return false;
  std::string ending(name.substr(dot + 1));
  for (char& c : ending) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

Result<FileSetPtr> read_class_folder(const std::string& folder, const FileSetOptions& options) {
  FileSetBuilder builder(folder, options);
  std::error_code code;
  if (!fs::is_directory(folder, code)) {
    return bad_data(folder, code ? "no such folder" : "not a folder");
  }
  for (fs::directory_iterator top(folder, code), end; !code && top != end; top.increment(code)) {
    const std::string class_name = top->path().filename().string();
    std::error_code ignored;
    if (class_name.starts_with('.')) continue;
    if (!fs::is_directory(top->path(), ignored)) {
      builder.ignore(1);
      continue;
    }
    builder.expect_class(class_name);
    fs::recursive_directory_iterator it(top->path(), code);
    for (; !code && it != fs::recursive_directory_iterator(); it.increment(code)) {
      if (it->is_directory(ignored)) continue;
      const std::string path = it->path().string();
      if (is_picture_name(path)) {
        builder.add(path.substr(folder.size() + (folder.ends_with('/') ? 0 : 1)));
      } else {
        builder.ignore(1);
      }
    }
  }
  if (code) return bad_data(folder, "cannot read the folder: " + code.message());
  return builder.finish();
}

}  // namespace fovea
