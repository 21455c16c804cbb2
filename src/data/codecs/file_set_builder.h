// How folders and archives become a FileSet.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "data/codecs/file_set.h"

namespace fovea {

/// Puts a FileSet together, from whichever source.
class FileSetBuilder {
 public:
  FileSetBuilder(std::string root, const FileSetOptions& options);

  void add(std::string name, uint64_t offset = 0, uint64_t bytes = 0) {
    set_->entries_.push_back({std::move(name), 0, offset, bytes});
  }
  void ignore(uint64_t count) { set_->n_ignored_ += count; }
  void hold(std::string bytes, std::string split_found) {
    set_->bytes_ = std::move(bytes);
    set_->split_found_ = std::move(split_found);
    set_->in_memory_ = true;
  }

  /// A class folder that must not stay without pictures.
  void expect_class(std::string name) { folders_.insert(std::move(name)); }

  /// Labels, order, and the checks that both sources share.
  Result<FileSetPtr> finish();

 private:
  std::shared_ptr<FileSet> set_;
  const FileSetOptions& options_;
  std::set<std::string, std::less<>> folders_;
};

/// An error (kBadInput) at a path.
ErrorInfo bad_data(std::string_view source, std::string what, std::string expected = {},
                   std::string found = {});

}  // namespace fovea
