#include "data/codecs/verbs.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "data/codecs/picture_folder.h"
#include "data/core/parallel.h"
#include "data/core/transform.h"

namespace fovea {
namespace {

// Enough for the threads to be busy, few enough for large pictures to fit in memory.
constexpr int64_t kPerThread = 64;

ErrorInfo interrupted() { return {.kind = ErrorKind::kInterrupted, .what = "stopped on request"}; }

/// Runs `work` on stretches of 0..n-1 in parallel, then `collect` on each index in order. Ends at
/// the first error of `collect`.
template <typename Work, typename Collect>
Status in_stretches(int64_t n, const DataWork& options, Work work, Collect collect) {
  const int n_threads = thread_count(options.n_threads);
  const int64_t stretch = kPerThread * n_threads;
  for (int64_t begin = 0; begin < n; begin += stretch) {
    const int64_t end = std::min(n, begin + stretch);
    for_range(begin, end, n_threads, [&](int64_t i) { work(i, i - begin); });
    for (int64_t i = begin; i < end; ++i) {
      Status collected = collect(i, i - begin);
      if (!collected.ok()) return collected;
    }
    if (options.progress && !options.progress(end, n)) return interrupted();
  }
  return {};
}

size_t stretch_size(const DataWork& options) {
  return static_cast<size_t>(kPerThread * thread_count(options.n_threads));
}

Picture fitted(Picture picture, int32_t side) {
  if (side == 0 || (picture.height == side && picture.width == side)) return picture;
  return resize_and_crop(picture.view(), {.resize = side, .crop = side, .normalise = {}});
}

/// Writes pictures as they come; the pack is created when the first one tells its size.
class PackMaker {
 public:
  PackMaker(const Dataset& data, const std::string& path, const PackOptions& options)
      : data_(data), path_(path), options_(options) {}

  Status add(int64_t i, const Result<Picture>& decoded, const std::string& file) {
    if (!decoded.ok()) {
      if (options_.on_broken == OnBroken::kStop) return decoded.error();
      report_.broken.push_back({i, data_.file_name(i), decoded.error()});
      return {};
    }
    if (options_.form == PackForm::kEncoded) return add_file(i, file);
    const Picture& picture = decoded.value();
    if (!writer_) {
      Result<PackWriter> created = PackWriter::create(path_, options_.overwrite, picture.height,
                                                      picture.width, data_.class_names());
      if (!created.ok()) return created.error();
      writer_.emplace(std::move(created).value());
      report_.height = picture.height;
      report_.width = picture.width;
    }
    if (picture.height != report_.height || picture.width != report_.width) {
      return ErrorInfo{
          .kind = ErrorKind::kBadInput,
          .what = "the pictures have different sizes",
          .where = shown_path(data_.file_name(i)),
          .expected = std::to_string(report_.width) + "x" + std::to_string(report_.height),
          .found = std::to_string(picture.width) + "x" + std::to_string(picture.height),
          .hint = "give the side that all pictures shall get"};
    }
    ++report_.n;
    return writer_->add(picture.view(), data_.label(i), data_.file_name(i));
  }

  Result<PackReport> finish() {
    if (!writer_) {
      return ErrorInfo{.kind = ErrorKind::kBadInput,
                       .what = "there are no pictures to pack",
                       .found = report_.broken.empty()
                                    ? std::string()
                                    : std::to_string(report_.broken.size()) + " broken"};
    }
    writer_->made_of(options_.source);
    const Status committed = writer_->commit();
    if (!committed.ok()) return committed.error();
    return std::move(report_);
  }

 private:
  Status add_file(int64_t i, const std::string& file) {
    if (!writer_) {
      Result<PackWriter> created =
          PackWriter::create_encoded(path_, options_.overwrite, data_.class_names());
      if (!created.ok()) return created.error();
      writer_.emplace(std::move(created).value());
    }
    ++report_.n;
    return writer_->add_file(file, data_.label(i), data_.file_name(i));
  }

  const Dataset& data_;
  const std::string& path_;
  const PackOptions& options_;
  std::optional<PackWriter> writer_;
  PackReport report_;
};

}  // namespace

Status make_scenes(const ScenesOptions& options, const SceneRange& range, const std::string& folder,
                   Overwrite overwrite, const DataWork& work) {
  if (range.count < 1) {
    return ErrorInfo{.kind = ErrorKind::kUsage,
                     .what = "the number of pictures must be at least 1",
                     .found = std::to_string(range.count)};
  }
  try {
    render_scene(options, 0);
  } catch (const Error& error) {
    return error.info();
  }
  PictureFolder target(folder, overwrite);
  Status started = target.start(kSceneCsvHeader);
  if (!started.ok()) return started;
  std::vector<std::string> png(stretch_size(work));
  std::vector<SceneTruth> truth(png.size());
  Status written = in_stretches(
      range.count, work,
      [&](int64_t i, int64_t k) {
        const ScenePicture scene = render_scene(options, range.first + i);
        png[static_cast<size_t>(k)] = encode_png(scene.picture.view());
        truth[static_cast<size_t>(k)] = scene.truth;
      },
      [&](int64_t i, int64_t k) {
        return target.add(png[static_cast<size_t>(k)],
                          scene_csv_line(i, truth[static_cast<size_t>(k)]));
      });
  return written.ok() ? target.finish() : written;
}

Status write_pictures(const Dataset& data, const std::string& folder, Overwrite overwrite,
                      const DataWork& work) {
  PictureFolder target(folder, overwrite);
  Status started = target.start(kClassListHeader);
  if (!started.ok()) return started;
  std::vector<std::optional<Result<std::string>>> png(stretch_size(work));
  Status written = in_stretches(
      data.size(), work,
      [&](int64_t i, int64_t k) {
        const Result<Picture> picture = data.picture(i);
        png[static_cast<size_t>(k)] = picture.ok()
                                          ? Result<std::string>(encode_png(picture.value().view()))
                                          : Result<std::string>(picture.error());
      },
      [&](int64_t i, int64_t k) -> Status {
        const Result<std::string>& encoded = *png[static_cast<size_t>(k)];
        if (!encoded.ok()) return encoded.error();
        const int32_t label = data.label(i);
        const Result<std::string> line =
            class_list_line(i, label, data.class_names()[static_cast<size_t>(label)]);
        return line.ok() ? target.add(encoded.value(), line.value()) : Status(line.error());
      });
  return written.ok() ? target.finish() : written;
}

Result<PackReport> pack_data(const Dataset& data, const std::string& path,
                             const PackOptions& options, const DataWork& work) {
  if (options.side < 0 || options.side > Transform::kMaxSide) {
    return ErrorInfo{.kind = ErrorKind::kUsage,
                     .what = "the side of a pack's pictures is out of range",
                     .expected = "1 to " + std::to_string(Transform::kMaxSide),
                     .found = std::to_string(options.side)};
  }
  const bool encoded = options.form == PackForm::kEncoded;
  if (encoded && options.side != 0) {
    return ErrorInfo{.kind = ErrorKind::kUsage,
                     .what = "encoded files keep their size",
                     .expected = "no side",
                     .found = std::to_string(options.side)};
  }
  const Status writable = check_writable(path, options.overwrite);
  if (!writable.ok()) return writable.error();
  PackMaker maker(data, path, options);
  std::vector<std::optional<Result<Picture>>> decoded(stretch_size(work));
  std::vector<std::string> files(decoded.size());
  const Status packed = in_stretches(
      data.size(), work,
      [&](int64_t i, int64_t k) {
        Result<Picture> picture = data.picture(i);
        if (encoded && picture.ok()) {
          Result<std::string> file = data.encoded(i);
          if (file.ok()) {
            files[static_cast<size_t>(k)] = std::move(file).value();
          } else {
            picture = file.error();
          }
        }
        if (picture.ok()) picture = fitted(std::move(picture).value(), options.side);
        decoded[static_cast<size_t>(k)] = std::move(picture);
      },
      [&](int64_t i, int64_t k) {
        const auto place = static_cast<size_t>(k);
        return maker.add(i, *decoded[place], files[place]);
      });
  if (!packed.ok()) return packed.error();
  return maker.finish();
}

}  // namespace fovea
