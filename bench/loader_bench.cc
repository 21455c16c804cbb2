// How many training pictures a second the loader makes, by its number of threads; to be held
// against what training takes (images_per_s in a run's metrics.jsonl). Pictures are scenes, drawn
// before the clock starts. usage: loader_bench [--benchmark_filter=REGEX]
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "data/codecs/decode.h"
#include "data/core/loader.h"
#include "data/core/scenes.h"
#include "encoders.h"

namespace fovea {
namespace {

/// Pictures in memory, as pixels or as JPEG files.
class BenchData final : public Dataset {
 public:
  enum class Form : uint8_t { kPixels, kJpeg };
  BenchData(int64_t n, int32_t side, Form form) {
    for (int64_t i = 0; i < n; ++i) {
      Picture picture = render_scene({.seed = 1, .side = side}, i).picture;
      if (form == Form::kJpeg) {
        files_.push_back(encode_jpeg(side, side, picture.pixels, {.quality = 90}));
      } else {
        pictures_.push_back(std::move(picture));
      }
    }
  }
  [[nodiscard]] int64_t size() const override {
    return static_cast<int64_t>(files_.size() + pictures_.size());
  }
  [[nodiscard]] const std::vector<std::string>& class_names() const override { return names_; }
  [[nodiscard]] int32_t label(int64_t) const override { return 0; }
  [[nodiscard]] std::string file_name(int64_t i) const override { return std::to_string(i); }
  [[nodiscard]] Result<Picture> picture(int64_t i) const override {
    if (files_.empty()) return pictures_[static_cast<size_t>(i)];
    return decode_picture(files_[static_cast<size_t>(i)], "bench");
  }
  [[nodiscard]] std::optional<PictureView> view(int64_t i) const override {
    if (pictures_.empty()) return std::nullopt;
    return pictures_[static_cast<size_t>(i)].view();
  }

 private:
  std::vector<std::string> names_{"scene"};
  std::vector<std::string> files_;
  std::vector<Picture> pictures_;
};

void run(benchmark::State& state, const std::shared_ptr<const BenchData>& data,
         const Transform& transform, const Augmentation& augment) {
  std::vector<int64_t> indices(static_cast<size_t>(data->size()));
  std::iota(indices.begin(), indices.end(), int64_t{0});
  const Batches batches(data, indices, transform, augment);
  uint64_t epoch = 0;
  for (auto _ : state) {
    Loader loader(batches, in_batches(epoch_order(1, epoch, data->size()), 64), epoch,
                  {.threads = static_cast<int>(state.range(0))});
    ++epoch;
    while (const LoadedBatch* batch = loader.next()) benchmark::DoNotOptimize(batch->values.data());
  }
  state.SetItemsProcessed(state.iterations() * data->size());
}

void cifar_pixels(benchmark::State& state) {
  static const auto data = std::make_shared<const BenchData>(4096, 32, BenchData::Form::kPixels);
  run(state, data, {.resize = 32, .crop = 32, .normalise = kCifar10Normalisation},
      PadCropFlip{.seed = 1});
}

void pixels_of_64(benchmark::State& state) {
  static const auto data = std::make_shared<const BenchData>(2048, 64, BenchData::Form::kPixels);
  run(state, data, {.resize = 64, .crop = 64, .normalise = kImageNetNormalisation},
      PadCropFlip{.seed = 1, .pad = 8});
}

void jpeg_of_64(benchmark::State& state) {
  static const auto data = std::make_shared<const BenchData>(1024, 64, BenchData::Form::kJpeg);
  run(state, data, {.resize = 64, .crop = 64, .normalise = kImageNetNormalisation},
      PadCropFlip{.seed = 1, .pad = 8});
}

void jpeg_of_400_to_224(benchmark::State& state) {
  static const auto data = std::make_shared<const BenchData>(128, 400, BenchData::Form::kJpeg);
  run(state, data, {.resize = 256, .crop = 224, .normalise = kImageNetNormalisation},
      RandomResizedCrop{.seed = 1, .side = 224});
}

BENCHMARK(cifar_pixels)->Arg(1)->Arg(2)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(pixels_of_64)->Arg(1)->Arg(2)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(jpeg_of_64)->Arg(1)->Arg(2)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(jpeg_of_400_to_224)->Arg(1)->Arg(2)->UseRealTime()->MeasureProcessCPUTime();

}  // namespace
}  // namespace fovea

BENCHMARK_MAIN();
