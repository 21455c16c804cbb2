// Batches made ahead of whoever needs them, by threads of their own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "data/core/batches.h"

namespace fovea {

struct LoaderOptions {
  int threads = 1;
  int64_t batch = 64;
  int ahead = 3;  ///< batches that may lie ready; bounds the memory
};

/// One batch in memory.
struct LoadedBatch {
  std::vector<float> values;    ///< [n, 3, crop, crop]
  std::vector<int64_t> labels;  ///< [n]
};

/// Runs through one epoch in the order given. Several threads share each batch, picture by picture;
/// what comes out has the same bits whatever their number.
/// Thread-safety: one thread calls next(); `batches` must outlive the object.
class Loader {
 public:
  /// `order` indexes the pictures of `batches`; it may be the rest of an epoch.
  Loader(const Batches& batches, std::vector<int64_t> order, uint64_t epoch,
         const LoaderOptions& options);
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;
  ~Loader();  ///< ends its threads; what was made ahead is dropped

  /// The next batch, the last one perhaps smaller; null after it. Valid until the next call. Throws
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
  [[nodiscard]] int64_t n_batches() const;
  [[nodiscard]] int64_t batch_size(int64_t number) const;
  [[nodiscard]] Slot& slot(int64_t number) {
    return slots_[static_cast<size_t>(number) % slots_.size()];
  }

  const Batches& batches_;
  std::vector<int64_t> order_;
  uint64_t epoch_;
  LoaderOptions options_;
  std::vector<Slot> slots_;
  std::mutex mutex_;
  std::condition_variable room_;   ///< a slot is free, or the end
  std::condition_variable ready_;  ///< a batch is complete
  int64_t next_picture_ = 0;       ///< in order_, to be taken by a thread
  int64_t n_given_ = 0;            ///< batches that next() has given out
  bool ends_ = false;
  double waited_ms_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace fovea
