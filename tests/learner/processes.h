// Starting the trainer several times on this machine, as a launcher would.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fovea {

/// A port of this machine that nothing listened on a moment ago.
[[nodiscard]] uint16_t free_port();

/// One running trainer. Killed where it still runs at the end.
class TrainerProcess {
 public:
  /// `words` behind the program's name; `variables` ("NAME=value") are added to the environment.
  TrainerProcess(const std::vector<std::string>& words, const std::vector<std::string>& variables,
                 std::string error_file);
  TrainerProcess(TrainerProcess&& other) noexcept;
  TrainerProcess& operator=(TrainerProcess&&) = delete;
  ~TrainerProcess();

  void send(int signal_number) const;
  /// The exit code, 128 + the signal that ended it, or -1 where it runs on after `seconds`.
  int wait(double seconds = 300);
  [[nodiscard]] std::string errors() const;

 private:
  int pid_ = -1;
  std::string error_file_;
};

/// `n` trainers that find each other, with the same words and torchrun's variables.
[[nodiscard]] std::vector<TrainerProcess> start_trainers(int n,
                                                         const std::vector<std::string>& words,
                                                         const std::string& folder);

}  // namespace fovea
