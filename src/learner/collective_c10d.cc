// Collectives by LibTorch's c10d: processes meet in a TCPStore; Gloo carries tensors of the CPU,
// NCCL those of CUDA devices.
#include <thread>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <torch/csrc/distributed/c10d/Work.hpp>
#include <utility>

#include "learner/collective.h"
#include "learner/presence.h"
#include "learner/process_group.h"

namespace fovea {
namespace {

using GroupPtr = c10::intrusive_ptr<ProcessGroup>;
using StorePtr = c10::intrusive_ptr<c10d::Store>;
using WorkPtr = c10::intrusive_ptr<c10d::Work>;

constexpr std::chrono::microseconds kPoll{100};

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<int64_t>(1000 * seconds));
}

/// LibTorch's messages carry where it threw them; the first line says what.
std::string first_line(const std::exception& error) {
  const std::string text = error.what();
  return text.substr(0, text.find('\n'));
}

std::string place(const Launch& launch) { return launch.host + ":" + std::to_string(launch.port); }

/// A connection of its own to the launch's store; the first process may serve it.
StorePtr open_store(const Launch& launch, const CollectiveTimes& times, bool serves) {
  c10d::TCPStoreOptions options;
  options.port = launch.port;
  options.isServer = serves;
  options.waitWorkers = false;
  options.timeout = milliseconds(times.meet_s);
  return c10::make_intrusive<c10d::TCPStore>(launch.host, options);
}

StorePtr prefixed(const StorePtr& store, const Launch& launch, const std::string& name) {
  return c10::make_intrusive<c10d::PrefixStore>("fovea/" + launch.attempt + "/" + name, store);
}

class C10dCollective final : public Collective {
 public:
  C10dCollective(const Launch& launch, StorePtr store, GroupPtr cpu, GroupPtr device,
                 std::unique_ptr<Presence> presence, const CollectiveTimes& times)
      : launch_(launch),
        store_(std::move(store)),
        cpu_(std::move(cpu)),
        device_(std::move(device)),
        presence_(std::move(presence)),
        times_(times),
        beat_(milliseconds(times.beat_s)) {}
  C10dCollective(const C10dCollective&) = delete;
  C10dCollective& operator=(const C10dCollective&) = delete;
  ~C10dCollective() override {
    if (!failed_) {
      leave();
      return;
    }
    // Threads of these may wait for a lost process for ever, and they would wait for their threads.
    (void)cpu_.release();
    (void)device_.release();
    (void)presence_.release();
  }

  [[nodiscard]] int rank() const override { return launch_.rank; }
  [[nodiscard]] int size() const override { return launch_.size; }

  Status all_reduce_sum(at::Tensor& values) override {
    return finish([&] {
      std::vector<at::Tensor> tensors{values};
      return group_of(values).allreduce(tensors);
    });
  }
  Status broadcast(at::Tensor& values, int from) override {
    return finish([&] {
      std::vector<at::Tensor> tensors{values};
      c10d::BroadcastOptions options;
      options.rootRank = from;
      return group_of(values).broadcast(tensors, options);
    });
  }
  Status barrier() override {
    return finish([&] { return cpu_->barrier(); });
  }
  void tell_failure(std::string_view message) noexcept override {
    failed_ = true;
    presence_->tell_failure(message);
    // The others read it in their next beat, from a store that goes with this process.
    if (launch_.rank == 0) std::this_thread::sleep_for(2 * beat_);
  }

 private:
  ProcessGroup& group_of(const at::Tensor& values) {
    return values.is_cpu() || !device_ ? *cpu_ : *device_;
  }

  template <typename Begin>
  Status finish(Begin begin) {
    try {
      const WorkPtr work = begin();
      while (!work->isCompleted()) {
        if (wait_a_while(*work)) continue;
        if (const auto missing = presence_->missing()) return lost(*missing);
      }
      work->wait();
      return {};
    } catch (const std::exception& error) {
      const auto missing = presence_->find_missing();
      return lost(
          missing.value_or("the connection between the processes broke: " + first_line(error)));
    }
  }

  /// Nobody hangs up while another may still read; whoever is late reads without us.
  void leave() noexcept {
    try {
      const auto end = std::chrono::steady_clock::now() + milliseconds(times_.leave_s);
      int64_t left = store_->add("left", 1);
      while (left < launch_.size && std::chrono::steady_clock::now() < end) {
        if (presence_->missing()) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        left = store_->add("left", 0);
      }
    } catch (const std::exception&) {
      // Who serves the store has left already: nobody else is to be waited for.
    }
  }

  /// False where it is time to look who is missing.
  bool wait_a_while(c10d::Work& work) const {
    try {
      work.wait(beat_);
    } catch (const std::exception&) {
      return work.isCompleted();
    }
    if (work.isCompleted()) return true;
    std::this_thread::sleep_for(kPoll);  // NCCL's wait() makes the stream wait, not this thread
    return false;
  }

  ErrorInfo lost(std::string what) {
    failed_ = true;
    return {.kind = ErrorKind::kCheckFailed,
            .what = std::move(what),
            .where = "rank " + std::to_string(launch_.rank),
            .hint = "start all processes again with --resume"};
  }

  const Launch launch_;
  StorePtr store_;  ///< as long as it lives, the first process serves the others
  GroupPtr cpu_;
  GroupPtr device_;  ///< null: everything over the CPU's
  std::unique_ptr<Presence> presence_;
  const CollectiveTimes times_;
  const std::chrono::milliseconds beat_;
  bool failed_ = false;
};

/// Counts who has arrived and waits for the rest.
Status meet(const StorePtr& store, const Launch& launch, const CollectiveTimes& times) {
  const StorePtr hall = prefixed(store, launch, "meet");
  const auto end = std::chrono::steady_clock::now() + milliseconds(times.meet_s);
  int64_t arrived = hall->add("arrived", 1);
  while (arrived < launch.size) {
    if (std::chrono::steady_clock::now() > end) {
      return ErrorInfo{.kind = ErrorKind::kCheckFailed,
                       .what = "not all processes came together",
                       .where = "rank " + std::to_string(launch.rank) + " at " + place(launch),
                       .expected = std::to_string(launch.size) + " processes",
                       .found = std::to_string(arrived)};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    arrived = hall->add("arrived", 0);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Collective>> connect(const Launch& launch, const at::Device& device,
                                            const CollectiveTimes& times) {
  try {
    const bool serves = launch.rank == 0 && launch.server == StoreServer::kRankZero;
    StorePtr store = open_store(launch, times, serves);
    const Status met = meet(store, launch, times);
    if (!met.ok()) return met.error();
    GroupPtr cpu = make_gloo_group(prefixed(store, launch, "gloo"), launch);
    GroupPtr accelerator;
    if (device.is_cuda()) accelerator = make_nccl_group(prefixed(store, launch, "nccl"), launch);
    const std::string owner = launch.server == StoreServer::kLauncher
                                  ? "the launcher, which serves the store,"
                                  : "rank 0 of " + std::to_string(launch.size);
    auto presence = std::make_unique<Presence>(
        prefixed(open_store(launch, times, false), launch, "presence"),
        Presence::Settings{.rank = launch.rank,
                           .size = launch.size,
                           .store_owner = owner,
                           .beat = milliseconds(times.beat_s),
                           .lost_after = std::max<int64_t>(
                               3, static_cast<int64_t>(times.silence_s / times.beat_s))});
    return std::unique_ptr<Collective>(
        std::make_unique<C10dCollective>(launch, prefixed(store, launch, "end"), std::move(cpu),
                                         std::move(accelerator), std::move(presence), times));
  } catch (const std::exception& error) {
    return ErrorInfo{.kind = ErrorKind::kCheckFailed,
                     .what = "the processes cannot be connected: " + first_line(error),
                     .where = "rank " + std::to_string(launch.rank) + " at " + place(launch),
                     .expected = std::to_string(launch.size) + " processes",
                     .hint =
                         "MASTER_ADDR and MASTER_PORT name a machine and a free port that all "
                         "processes reach"};
  }
}

}  // namespace fovea
