#include "data/core/loader.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace fovea {

Loader::Loader(const Batches& batches, std::vector<int64_t> order, uint64_t epoch,
               const LoaderOptions& options)
    : batches_(batches), order_(std::move(order)), epoch_(epoch), options_(options) {
  FOVEA_CHECK(options.batch > 0 && options.ahead > 0 && options.threads > 0);
  // One more than lie ready: the one that the caller holds.
  slots_.resize(static_cast<size_t>(options.ahead) + 1);
  for (int i = 0; i < options.threads; ++i) threads_.emplace_back([this] { work(); });
}

Loader::~Loader() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  room_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

int64_t Loader::n_batches() const {
  return (static_cast<int64_t>(order_.size()) + options_.batch - 1) / options_.batch;
}

int64_t Loader::batch_size(int64_t number) const {
  return std::min(options_.batch, static_cast<int64_t>(order_.size()) - number * options_.batch);
}

void Loader::begin_batch(int64_t number) {
  Slot& own = slot(number);
  const int64_t n = batch_size(number);
  own.batch.values.resize(static_cast<size_t>(n * batches_.n_values()));
  own.batch.labels.resize(static_cast<size_t>(n));
  own.n_missing = n;
  own.thrown = nullptr;
}

void Loader::work() {
  // Enough that taking a stretch costs nothing beside making it, few enough to share a batch.
  const int64_t stretch =
      std::clamp<int64_t>(options_.batch / (4 * int64_t{options_.threads}), 1, 16);
  const auto n = static_cast<int64_t>(order_.size());
  std::unique_lock lock(mutex_);
  while (true) {
    // The slot of the batch last given out is still in its reader's hands.
    const auto has_room = [&] {
      return ends_ || next_picture_ >= n ||
             next_picture_ / options_.batch < n_given_ + options_.ahead;
    };
    room_.wait(lock, has_room);
    if (ends_ || next_picture_ >= n) return;
    const int64_t begin = next_picture_;
    const int64_t number = begin / options_.batch;
    const int64_t first = number * options_.batch;
    if (begin == first) begin_batch(number);
    const int64_t end = std::min(begin + stretch, first + batch_size(number));
    next_picture_ = end;
    Slot& own = slot(number);
    lock.unlock();
    std::exception_ptr thrown;
    try {
      for (int64_t k = begin; k < end; ++k) {
        batches_.fill_one(order_[static_cast<size_t>(k)], epoch_,
                          own.batch.values.data() + (k - first) * batches_.n_values(),
                          own.batch.labels.data() + (k - first));
      }
    } catch (...) {
      thrown = std::current_exception();
    }
    lock.lock();
    if (thrown && !own.thrown) own.thrown = thrown;
    own.n_missing -= end - begin;
    if (own.n_missing == 0) ready_.notify_one();
  }
}

const LoadedBatch* Loader::next() {
  const auto start = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  if (n_given_ >= n_batches()) return nullptr;
  const int64_t number = n_given_;
  const int64_t end = number * options_.batch + batch_size(number);
  Slot& own = slot(number);
  ready_.wait(lock, [&] { return next_picture_ >= end && own.n_missing == 0; });
  ++n_given_;
  room_.notify_all();
  lock.unlock();
  waited_ms_ +=
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  if (own.thrown) std::rethrow_exception(own.thrown);
  return &own.batch;
}

}  // namespace fovea
