#include "data/core/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "base/noise.h"
#include "data/core/pack.h"
#include "data/core/scenes.h"
#include "support.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;

std::vector<int64_t> counted(int64_t n) {
  std::vector<int64_t> all(static_cast<size_t>(n));
  std::iota(all.begin(), all.end(), int64_t{0});
  return all;
}

/// Pictures that are not in memory, of different sizes; picture `broken` cannot be read.
class Decoded final : public Dataset {
 public:
  explicit Decoded(int64_t broken = -1) : broken_(broken) {}
  [[nodiscard]] int64_t size() const override { return 50; }
  [[nodiscard]] const std::vector<std::string>& class_names() const override { return names_; }
  [[nodiscard]] int32_t label(int64_t i) const override { return static_cast<int32_t>(i % 2); }
  [[nodiscard]] std::string file_name(int64_t i) const override { return std::to_string(i); }
  [[nodiscard]] Result<Picture> picture(int64_t i) const override {
    if (i == broken_) {
      return ErrorInfo{.kind = ErrorKind::kBadInput, .what = "broken", .where = file_name(i)};
    }
    ++n_read_;
    // Later pictures are often ready earlier.
    std::this_thread::sleep_for(std::chrono::microseconds(mix64(static_cast<uint64_t>(i)) % 300));
    return formula_picture(static_cast<int32_t>(20 + i % 7), static_cast<int32_t>(24 + i % 5));
  }

  [[nodiscard]] int64_t n_read() const { return n_read_; }

 private:
  int64_t broken_;
  mutable std::atomic<int64_t> n_read_ = 0;
  std::vector<std::string> names_{"a", "b"};
};

/// Everything that an epoch gives, one batch behind the other.
struct Epoch {
  std::vector<float> values;
  std::vector<int64_t> labels;
  std::vector<size_t> sizes;
  bool operator==(const Epoch&) const = default;
};

Epoch epoch_of(const Batches& batches, int threads, uint64_t epoch = 3, int64_t batch = 8) {
  Loader loader(batches, in_batches(epoch_order(9, epoch, batches.size()), batch), epoch,
                {.threads = threads});
  Epoch all;
  while (const LoadedBatch* one = loader.next()) {
    all.values.insert(all.values.end(), one->values.begin(), one->values.end());
    all.labels.insert(all.labels.end(), one->labels.begin(), one->labels.end());
    all.sizes.push_back(one->labels.size());
  }
  EXPECT_EQ(loader.next(), nullptr);
  return all;
}

const Transform kTransform{.resize = 20, .crop = 16, .normalise = kCifar10Normalisation};

TEST(Loader, GivesTheSameBitsForEveryNumberOfThreads) {
  const Batches batches(std::make_shared<Decoded>(), counted(50), kTransform,
                        RandomResizedCrop{.seed = 5, .side = 16});
  const Epoch one = epoch_of(batches, 1);
  EXPECT_THAT(one.sizes, ::testing::ElementsAre(8, 8, 8, 8, 8, 8, 2));
  for (const int threads : {2, 3, 7}) EXPECT_EQ(epoch_of(batches, threads), one) << threads;
  EXPECT_NE(epoch_of(batches, 2, 4), one);
}

TEST(Loader, GivesWhatFillGives) {
  const auto scenes = std::make_shared<ScenesDataset>(ScenesOptions{.side = 16}, 40);
  const Batches batches(scenes, {3, 5, 8, 13, 21, 34}, {.resize = 16, .crop = 16},
                        PadCropFlip{.seed = 2, .pad = 3});
  const std::vector<int64_t> order = epoch_order(9, 3, 6);
  Epoch direct{.values = std::vector<float>(static_cast<size_t>(6 * batches.n_values())),
               .labels = std::vector<int64_t>(6),
               .sizes = {4, 2}};
  batches.fill(order, 3, direct.values.data(), direct.labels.data());
  EXPECT_EQ(epoch_of(batches, 2, 3, 4), direct);
  EXPECT_EQ(direct.labels[0], scenes->label(std::vector<int64_t>{
                                  3, 5, 8, 13, 21, 34}[static_cast<size_t>(order[0])]));
}

TEST(Loader, ABrokenPictureComesWithItsBatchAndIsNamed) {
  const Batches batches(std::make_shared<Decoded>(17), counted(50), kTransform);
  Loader loader(batches, in_batches(counted(50), 8), 0, {.threads = 3});
  EXPECT_NE(loader.next(), nullptr);
  EXPECT_NE(loader.next(), nullptr);
  EXPECT_THAT(error_of([&] { (void)loader.next(); }), HasSubstr("broken (17)"));
  EXPECT_NE(loader.next(), nullptr);
}

TEST(Loader, MayBeLeftBeforeTheEnd) {
  const Batches batches(std::make_shared<Decoded>(), counted(50), kTransform);
  for (int round = 0; round < 20; ++round) {
    Loader loader(batches, in_batches(counted(50), 4), 0, {.threads = 2, .ahead = 1 + round % 4});
    for (int k = 0; k < round % 3; ++k) EXPECT_NE(loader.next(), nullptr);
  }
}

TEST(Loader, MakesBatchesWhileItsCallerIsBusy) {
  const auto data = std::make_shared<Decoded>();
  const Batches batches(data, counted(50), kTransform);
  const Loader loader(batches, in_batches(counted(50), 5), 0, {.threads = 1, .ahead = 3});
  // Nobody asks for a batch: those that may lie ready are made, and no more.
  for (int tries = 0; tries < 5000 && data->n_read() < 15; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(data->n_read(), 15);
}

TEST(Loader, TakesBatchesOfAnySizes) {
  const Batches batches(std::make_shared<Decoded>(), counted(50), kTransform);
  Loader loader(batches, {{4, 2}, {7}, {1, 3, 5}}, 0, {.threads = 2});
  EXPECT_EQ(loader.next()->labels, (std::vector<int64_t>{0, 0}));
  EXPECT_EQ(loader.next()->labels, (std::vector<int64_t>{1}));
  EXPECT_EQ(loader.next()->labels, (std::vector<int64_t>{1, 1, 1}));
  EXPECT_EQ(loader.next(), nullptr);
}

TEST(Batches, PixelsOfAnotherSizeAreRefused) {
  const auto scenes = std::make_shared<ScenesDataset>(ScenesOptions{.side = 16}, 4);
  std::vector<Sample> samples;
  for (int64_t i = 0; i < 4; ++i) samples.push_back({scenes->picture(i).value(), 0, "p"});
  const auto memory =
      std::make_shared<MemoryDataset>(std::vector<std::string>{"a"}, std::move(samples));
  EXPECT_THAT(error_of([&] { Batches(memory, {0}, {.resize = 32, .crop = 32}); }),
              HasSubstr("expected a pack of pictures of 32x32; found 16x16"));
  // Where the transform says how, the size is changed.
  const Batches shrunk(memory, {0}, {.resize = 12, .crop = 8});
  std::vector<float> values(static_cast<size_t>(shrunk.n_values()));
  int64_t label = -1;
  shrunk.fill_one(0, 0, values.data(), &label);
  std::vector<float> expected(values.size());
  apply({.resize = 12, .crop = 8}, memory->picture(0).value().view(), expected);
  EXPECT_EQ(values, expected);
  EXPECT_EQ(label, 0);
}

}  // namespace
}  // namespace fovea
