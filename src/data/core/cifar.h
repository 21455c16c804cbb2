// The official CIFAR archives (https://www.cs.toronto.edu/~kriz/cifar.html), unpacked or not, in
// their binary form and as pickles of Python.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/core/dataset.h"
#include "fovea/error.h"

namespace fovea {

/// Files of an archive by their names, without folders.
using CifarFiles = std::map<std::string, std::string, std::less<>>;

/// True for the names that the four archives give to their files.
bool is_cifar_file(std::string_view name);

/// True where a folder, or an archive with files of these names, is one of the four archives.
bool is_cifar_folder(const std::string& folder);
bool is_cifar_archive(std::span<const std::string> names);

/// Reads the split "train" (in the order of the files) or "test"; `source` stands in messages.
/// Errors (kBadInput) name the file: missing, damaged, a label without a class, another split,
/// training batches of different lengths. Other numbers than the published ones are a finding.
Result<DatasetPtr> read_cifar_folder(const std::string& folder, std::string_view split);
Result<DatasetPtr> read_cifar_files(const CifarFiles& files, std::string_view split,
                                    std::string_view source);

}  // namespace fovea
