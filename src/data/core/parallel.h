// Work on many pictures at once.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace fovea {

/// How many threads an option of 0 means.
inline int thread_count(int asked) {
  return asked > 0 ? asked : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

/// Calls work(i) for begin <= i < end, each once, on several threads; what one throws is thrown.
template <typename Work>
void for_range(int64_t begin, int64_t end, int n_threads, Work work) {
  std::atomic<int64_t> next{begin};
  std::exception_ptr thrown;
  std::mutex mutex;
  const auto run = [&] {
    try {
      for (int64_t i = next++; i < end; i = next++) work(i);
    } catch (...) {
      const std::lock_guard lock(mutex);
      thrown = std::current_exception();
      next = end;
    }
  };
  std::vector<std::thread> threads;
  for (int64_t k = 1; k < std::min<int64_t>(n_threads, end - begin); ++k) threads.emplace_back(run);
  run();
  for (std::thread& thread : threads) thread.join();
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace fovea
