#include "data/core/batches.h"

#include <utility>

namespace fovea {
namespace {

bool has_size(PictureView picture, int32_t side) {
  return picture.height == side && picture.width == side;
}

}  // namespace

Batches::Batches(DatasetPtr data, std::vector<int64_t> indices, const Transform& transform,
                 Augmentation augment)
    : data_(std::move(data)),
      indices_(std::move(indices)),
      transform_(transform),
      normaliser_(transform.normalise),
      augment_(augment) {
  const bool any_size =
      transform.resize != transform.crop || std::holds_alternative<RandomResizedCrop>(augment_);
  for (const int64_t i : indices_) {
    const std::optional<PictureView> view = data_->view(i);
    if (any_size || !view || has_size(*view, transform.crop)) continue;
    const auto size = [](int32_t height, int32_t width) {
      return std::to_string(height) + "x" + std::to_string(width);
    };
    throw Error({.kind = ErrorKind::kBadInput,
                 .what = "the data does not fit the network",
                 .where = data_->file_name(i),
                 .expected = "a pack of pictures of " + size(transform.crop, transform.crop),
                 .found = size(view->height, view->width)});
  }
}

void Batches::fill_one(int64_t place, uint64_t epoch, float* values, int64_t* label) const {
  const int64_t i = indices_[static_cast<size_t>(place)];
  Picture decoded;
  PictureView picture;
  if (const std::optional<PictureView> view = data_->view(i)) {
    picture = *view;
  } else {
    decoded = data_->picture(i).value();
    picture = decoded.view();
  }
  const auto sample = static_cast<uint64_t>(i);
  Picture changed;
  if (const auto* part = std::get_if<RandomResizedCrop>(&augment_)) {
    part->apply(picture, part->box(epoch, sample, picture), changed);
    picture = changed.view();
  } else if (!has_size(picture, transform_.crop)) {
    changed = resize_and_crop(picture, transform_);
    picture = changed.view();
  }
  Picture moved;
  if (const auto* cut = std::get_if<PadCropFlip>(&augment_)) {
    cut->apply(picture, cut->placement(epoch, sample, picture.height, picture.width), moved);
    picture = moved.view();
  }
  normaliser_.apply(picture, {values, transform_.n_values()});
  *label = data_->label(i);
}

void Batches::fill(std::span<const int64_t> places, uint64_t epoch, float* values,
                   int64_t* labels) const {
  for (const int64_t place : places) {
    fill_one(place, epoch, values, labels++);
    values += n_values();
  }
}

}  // namespace fovea
