// One batch file of the official CIFAR archives, in either form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/core/dataset.h"
#include "fovea/error.h"

namespace fovea {

/// What is known of a batch before it is read.
struct CifarBatch {
  std::string name;       ///< of the file, in the pictures' names: "data_batch_1.bin#17"
  std::string source;     ///< in messages
  int64_t n_classes = 0;  ///< labels are below it
};

/// Records of `label_bytes` label bytes (the last is the label) and 3072 bytes, planar RGB; they
/// are added to `samples`. Errors (kBadInput): no whole number of records, a label without a class.
Status add_cifar_binary(std::string_view bytes, size_t label_bytes, const CifarBatch& batch,
                        std::vector<Sample>& samples);

/// A pickled dict with `data`, a numpy array U8 [n, 3072] of planar RGB, and a list of n labels
/// `fine_labels` or `labels`; keys are text or bytes. Errors (kBadInput): as read_pickle; a part is
/// missing or of another type or size, a label without a class.
Status add_cifar_pickle(std::string_view bytes, const CifarBatch& batch,
                        std::vector<Sample>& samples);

/// Names of the classes out of a pickled `batches.meta` or `meta`. Errors (kBadInput).
Result<std::vector<std::string>> cifar_pickle_names(std::string_view bytes,
                                                    std::string_view source);

/// A picture of 32 x 32 from its 3072 bytes, planar RGB.
Picture cifar_picture(std::string_view planes);
inline constexpr size_t kCifarPictureBytes = 3072;

}  // namespace fovea
