#include "learner/batches.h"

#include <algorithm>

namespace fovea {

Batches::Batches(DatasetPtr data, std::vector<int64_t> indices, int32_t side,
                 const Normalisation& normalisation, Augmentation augment)
    : data_(std::move(data)),
      indices_(std::move(indices)),
      side_(side),
      normaliser_(normalisation),
      augment_(augment) {
  for (const int64_t i : indices_) {
    const std::optional<PictureView> view = data_->view(i);
    const bool exact = std::holds_alternative<PadCropFlip>(augment_);
    if (view && (exact ? view->height == side_ && view->width == side_
                       : view->height >= side_ && view->width >= side_)) {
      continue;
    }
    const std::string wanted = std::to_string(side_) + "x" + std::to_string(side_);
    throw Error({.kind = ErrorKind::kBadInput,
                 .what = "the data does not fit the network",
                 .where = data_->file_name(i),
                 .expected = "a pack of pictures of " + wanted,
                 .found = view ? std::to_string(view->height) + "x" + std::to_string(view->width)
                               : "pictures that are not in memory"});
  }
}

void Batches::fill(std::span<const int64_t> places, uint64_t epoch, float* values,
                   int64_t* labels) const {
  Picture scratch;
  for (const int64_t place : places) {
    const int64_t i = indices_[static_cast<size_t>(place)];
    PictureView picture = *data_->view(i);
    if (const auto* cut = std::get_if<PadCropFlip>(&augment_)) {
      cut->apply(picture, cut->placement(epoch, static_cast<uint64_t>(i)), scratch);
      picture = scratch.view();
    } else if (const auto* part = std::get_if<RandomResizedCrop>(&augment_)) {
      part->apply(picture, part->box(epoch, static_cast<uint64_t>(i), picture), scratch);
      picture = scratch.view();
    } else if (picture.height != side_ || picture.width != side_) {
      const int32_t shorter = std::min(picture.height, picture.width);
      scratch = resize_and_crop(picture, {.resize = shorter, .crop = side_});
      picture = scratch.view();
    }
    normaliser_.apply(picture, {values, static_cast<size_t>(n_values())});
    values += n_values();
    *labels++ = data_->label(i);
  }
}

}  // namespace fovea
