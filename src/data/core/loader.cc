#include "data/core/loader.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace fovea {

BatchPlaces in_batches(std::span<const int64_t> order, int64_t batch) {
  FOVEA_CHECK(batch > 0);
  BatchPlaces out;
  while (!order.empty()) {
    const auto part = order.first(std::min(order.size(), static_cast<size_t>(batch)));
    out.emplace_back(part.begin(), part.end());
    order = order.subspan(part.size());
  }
  return out;
}

Loader::Loader(const Batches& batches, BatchPlaces places, uint64_t epoch,
               const LoaderOptions& options)
    : batches_(batches), places_(std::move(places)), epoch_(epoch), options_(options) {
  FOVEA_CHECK(options.ahead > 0 && options.threads > 0);
  for (const std::vector<int64_t>& batch : places_) FOVEA_CHECK(!batch.empty());
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

void Loader::begin_batch(int64_t number) {
  Slot& own = slot(number);
  const auto n = static_cast<int64_t>(places(number).size());
  own.batch.values.resize(static_cast<size_t>(n * batches_.n_values()));
  own.batch.labels.resize(static_cast<size_t>(n));
  own.n_missing = n;
  own.thrown = nullptr;
}

void Loader::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    // The slot of the batch last given out is still in its reader's hands.
    const auto has_room = [&] {
      return ends_ || next_batch_ >= n_batches() || next_batch_ < n_given_ + options_.ahead;
    };
    room_.wait(lock, has_room);
    if (ends_ || next_batch_ >= n_batches()) return;
    const std::vector<int64_t>& pictures = places(next_batch_);
    const auto n = static_cast<int64_t>(pictures.size());
    // Enough that taking a stretch costs nothing beside making it, few enough to share a batch.
    const int64_t stretch = std::clamp<int64_t>(n / (4 * int64_t{options_.threads}), 1, 16);
    const int64_t begin = next_in_batch_;
    const int64_t end = std::min(begin + stretch, n);
    if (begin == 0) begin_batch(next_batch_);
    Slot& own = slot(next_batch_);
    next_in_batch_ = end;
    if (end == n) {
      ++next_batch_;
      next_in_batch_ = 0;
    }
    lock.unlock();
    std::exception_ptr thrown;
    try {
      for (int64_t k = begin; k < end; ++k) {
        batches_.fill_one(pictures[static_cast<size_t>(k)], epoch_,
                          own.batch.values.data() + k * batches_.n_values(),
                          own.batch.labels.data() + k);
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
  Slot& own = slot(number);
  ready_.wait(lock, [&] { return next_batch_ > number && own.n_missing == 0; });
  ++n_given_;
  room_.notify_all();
  lock.unlock();
  waited_ms_ +=
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  if (own.thrown) std::rethrow_exception(own.thrown);
  return &own.batch;
}

}  // namespace fovea
