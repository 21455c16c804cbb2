// Batches made ahead of whoever needs them, by threads of their own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "data/core/batches.h"

namespace fovea {

struct LoaderOptions {
  int threads = 1;
  int ahead = 3;  ///< batches that may lie ready; bounds the memory
};

/// The pictures of each batch of an epoch, by their places in Batches.
using BatchPlaces = std::vector<std::vector<int64_t>>;

/// Cuts an order into batches of that size; the last one may be smaller.
[[nodiscard]] BatchPlaces in_batches(std::span<const int64_t> order, int64_t batch);

/// One batch in memory.
struct LoadedBatch {
  std::vector<float> values;    ///< [n, 3, crop, crop]
  std::vector<int64_t> labels;  ///< [n]
};

/// Makes the given batches, one after the other. Several threads share each batch, picture by
/// picture; what comes out has the same bits whatever their number. Thread-safety: one thread calls
/// next(); `batches` must outlive the object.
class Loader {
 public:
  /// Each of `places` has at least one picture.
  Loader(const Batches& batches, BatchPlaces places, uint64_t epoch, const LoaderOptions& options);
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;
  ~Loader();  ///< ends its threads; what was made ahead is dropped

  /// The next batch; null after the last one. Valid until the next call. Throws
  /// what reading one of its pictures threw (Error, kBadInput, naming the picture).
  [[nodiscard]] const LoadedBatch* next();
  /// How long next() has waited so far, in milliseconds: what loading cost its caller.
  [[nodiscard]] double waited_ms() const { return waited_ms_; }

 private:
  struct Slot {
    LoadedBatch batch;
    int64_t n_missing = 0;  ///< pictures still to be made
    std::exception_ptr thrown;
  };
  void work();
  void begin_batch(int64_t number);
  [[nodiscard]] int64_t n_batches() const { return static_cast<int64_t>(places_.size()); }
  [[nodiscard]] const std::vector<int64_t>& places(int64_t number) const {
    return places_[static_cast<size_t>(number)];
  }
  [[nodiscard]] Slot& slot(int64_t number) {
    return slots_[static_cast<size_t>(number) % slots_.size()];
  }

  const Batches& batches_;
  const BatchPlaces places_;
  uint64_t epoch_;
  LoaderOptions options_;
  std::vector<Slot> slots_;
  std::mutex mutex_;
  std::condition_variable room_;   ///< a slot is free, or the end
  std::condition_variable ready_;  ///< a batch is complete
  int64_t next_batch_ = 0;         ///< of the picture that a thread takes next
  int64_t next_in_batch_ = 0;      ///< that picture's place in its batch
  int64_t n_given_ = 0;            ///< batches that next() has given out
  bool ends_ = false;
  double waited_ms_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace fovea
