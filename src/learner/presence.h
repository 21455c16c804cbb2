// Signs of life: which of the processes that train together are still there.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <torch/csrc/distributed/c10d/Store.hpp>

namespace fovea {

/// A thread that counts this process's signs of life up in the store and reads the others'. The
/// store is used by nothing else while this lives. Thread-safe.
class Presence {
 public:
  using Duration = std::chrono::milliseconds;
  struct Settings {
    int rank = 0;
    int size = 1;
    std::string store_owner;  ///< who is gone where the store is
    Duration beat;            ///< between two signs
    int64_t lost_after = 60;  ///< beats of ours without one of another's
  };

  Presence(c10::intrusive_ptr<c10d::Store> store, Settings settings);
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;
  ~Presence();

  /// Who is missing, in words ("rank 1 of 2 gives no sign of life"), or nothing. A store
  /// that does not answer is known by asking this again and again.
  [[nodiscard]] std::optional<std::string> missing() const;
  /// The same after a broken connection: listens for a few beats who is silent or said why it
  /// ended.
  [[nodiscard]] std::optional<std::string> find_missing() const;
  /// Leaves a message for the others.
  void tell_failure(std::string_view message) noexcept;

 private:
  /// Silence is counted in beats of our own, so that a pause of all is none.
  struct Other {
    int64_t beats = -1;
    int64_t silent = 0;
    std::string failure;  ///< what it said when it ended
  };

  void run();
  void exchange();
  [[nodiscard]] std::optional<std::string> missing_after(int64_t silent) const;
  [[nodiscard]] std::string name(int rank) const;

  const c10::intrusive_ptr<c10d::Store> store_;
  const Settings settings_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<int, Other> others_;
  int64_t rounds_ = 0;
  mutable std::chrono::steady_clock::time_point look_;  ///< when silence was last counted
  mutable int64_t round_of_look_ = -1;
  mutable int64_t looks_without_round_ = 0;
  bool store_lost_ = false;
  std::string failure_;  ///< to be told
  bool told_ = false;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace fovea
