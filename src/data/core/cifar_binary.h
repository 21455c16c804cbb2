// The official CIFAR archives in their binary form (https://www.cs.toronto.edu/~kriz/cifar.html):
// records of one label byte (CIFAR-100: coarse, then fine) and 3072 bytes, planar RGB.
#pragma once

#include <string>
#include <string_view>

#include "data/core/dataset.h"
#include "fovea/error.h"

namespace fovea {

/// True where the folder holds `data_batch_1.bin` or `train.bin`.
bool is_cifar_binary(const std::string& folder);

/// Reads the split "train" (in the order of the files) or "test". Class names come from
/// `batches.meta.txt` or `fine_label_names.txt`. Errors (kBadInput) name the file.
Result<DatasetPtr> read_cifar_binary(const std::string& folder, std::string_view split);

}  // namespace fovea
