#include "learner/presence.h"

#include <cstdint>
#include <vector>

namespace fovea {
namespace {

std::string beat_key(int rank) { return "beat/" + std::to_string(rank); }
std::string failure_key(int rank) { return "failure/" + std::to_string(rank); }

std::string text_of(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

/// A sign may be late by one beat, and one may lie between the break and the next.
constexpr int64_t kSilentAfterBreak = 3;
constexpr int64_t kRoundsAfterBreak = 6;

}  // namespace

Presence::Presence(c10::intrusive_ptr<c10d::Store> store, Settings settings)
    : store_(std::move(store)), settings_(std::move(settings)) {
  for (int other = 0; other < settings_.size; ++other) {
    if (other != settings_.rank) others_[other] = {};
  }
  thread_ = std::thread([this] { run(); });
}

Presence::~Presence() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Presence::run() {
  std::unique_lock lock(mutex_);
  while (!stop_ && !store_lost_) {
    lock.unlock();
    exchange();
    lock.lock();
    rounds_ += 1;
    changed_.notify_all();
    changed_.wait_for(lock, settings_.beat,
                      [this] { return stop_ || (!failure_.empty() && !told_); });
  }
}

/// One round of signs, given and read; the lock is not held while the store answers.
void Presence::exchange() {
  try {
    std::string failure;
    {
      const std::lock_guard lock(mutex_);
      failure = failure_;
    }
    if (!failure.empty()) {
      store_->set(failure_key(settings_.rank),
                  std::vector<uint8_t>(failure.begin(), failure.end()));
    }
    store_->add(beat_key(settings_.rank), 1);
    for (int rank = 0; rank < settings_.size; ++rank) {
      if (rank == settings_.rank) continue;
      const int64_t beats = store_->add(beat_key(rank), 0);
      std::string said;
      if (store_->check({failure_key(rank)})) said = text_of(store_->get(failure_key(rank)));
      const std::lock_guard lock(mutex_);
      Other& other = others_.at(rank);
      other.silent = beats == other.beats ? other.silent + 1 : 0;
      other.beats = beats;
      other.failure = std::move(said);
    }
    const std::lock_guard lock(mutex_);
    told_ = !failure.empty();
  } catch (const std::exception&) {
    const std::lock_guard lock(mutex_);
    store_lost_ = true;
    told_ = true;  // to nobody
  }
}

std::string Presence::name(int rank) const {
  return "rank " + std::to_string(rank) + " of " + std::to_string(settings_.size);
}

std::optional<std::string> Presence::missing_after(int64_t silent) const {
  for (const auto& [rank, other] : others_) {
    if (!other.failure.empty()) return name(rank) + " ended: " + other.failure;
  }
  if (store_lost_) return settings_.store_owner + " is gone";
  for (const auto& [rank, other] : others_) {
    if (other.silent >= silent) return name(rank) + " gives no sign of life";
  }
  return std::nullopt;
}

std::optional<std::string> Presence::missing() const {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (rounds_ != round_of_look_) {
    round_of_look_ = rounds_;
    looks_without_round_ = 0;
    look_ = now;
  } else if (now - look_ >= settings_.beat) {
    looks_without_round_ += 1;
    look_ = now;
  }
  if (looks_without_round_ >= settings_.lost_after) return settings_.store_owner + " is silent";
  return missing_after(settings_.lost_after);
}

std::optional<std::string> Presence::find_missing() const {
  std::unique_lock lock(mutex_);
  const int64_t end = rounds_ + kRoundsAfterBreak;
  std::optional<std::string> found;
  changed_.wait_for(lock, 4 * kRoundsAfterBreak * settings_.beat, [&] {
    found = missing_after(kSilentAfterBreak);
    return found || rounds_ >= end || store_lost_;
  });
  return found;
}

void Presence::tell_failure(std::string_view message) noexcept {
  try {
    std::unique_lock lock(mutex_);
    failure_ = message.empty() ? "an error" : std::string(message);
    changed_.notify_all();
    changed_.wait_for(lock, 2 * settings_.beat, [this] { return told_; });
  } catch (const std::exception&) {
    // The others learn from the broken connection that this process is gone, but not why.
  }
}

}  // namespace fovea
