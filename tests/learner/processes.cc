#include "learner/processes.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "base/file.h"

namespace fovea {
namespace {

/// Beside the tests in every build.
std::string trainer() {
  const auto tests = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  return tests.parent_path() / "libexec" / "fovea-trainer";
}

/// The tests' own environment without what a launcher around them would have set.
std::vector<std::string> environment(const std::vector<std::string>& more) {
  std::vector<std::string> out = more;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (text.starts_with("SLURM_") || text.starts_with("OMPI_") || text.starts_with("PMI_"))
      continue;
    out.push_back(text);
  }
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

uint16_t free_port() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  FOVEA_CHECK(::bind(descriptor, reinterpret_cast<sockaddr*>(&address), length) == 0);
  FOVEA_CHECK(::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  ::close(descriptor);
  return ntohs(address.sin_port);
}

TrainerProcess::TrainerProcess(const std::vector<std::string>& words,
                               const std::vector<std::string>& variables, std::string error_file)
    : error_file_(std::move(error_file)) {
  std::vector<std::string> arguments{trainer()};
  arguments.insert(arguments.end(), words.begin(), words.end());
  std::vector<std::string> variables_of_all = environment(variables);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, error_file_.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0666);
  const int failed = ::posix_spawn(&pid_, arguments[0].c_str(), &actions, nullptr,
                                   pointers(arguments).data(), pointers(variables_of_all).data());
  ::posix_spawn_file_actions_destroy(&actions);
  FOVEA_CHECK(failed == 0);
}

TrainerProcess::TrainerProcess(TrainerProcess&& other) noexcept
    : pid_(other.pid_), error_file_(std::move(other.error_file_)) {
  other.pid_ = -1;
}

TrainerProcess::~TrainerProcess() {
  if (pid_ < 0) return;
  send(SIGKILL);
  wait();
}

void TrainerProcess::send(int signal_number) const {
  if (pid_ > 0) ::kill(pid_, signal_number);
}

int TrainerProcess::wait(double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  int status = 0;
  while (::waitpid(pid_, &status, WNOHANG) == 0) {
    if (Clock::now() > end) return -1;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  pid_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::string TrainerProcess::errors() const { return read_file(error_file_).value(); }

std::vector<TrainerProcess> start_trainers(int n, const std::vector<std::string>& words,
                                           const std::string& folder) {
  const std::string port = std::to_string(free_port());
  std::vector<TrainerProcess> out;
  for (int rank = 0; rank < n; ++rank) {
    const std::string number = std::to_string(rank);
    out.emplace_back(words,
                     std::vector<std::string>{"RANK=" + number, "LOCAL_RANK=" + number,
                                              "WORLD_SIZE=" + std::to_string(n),
                                              "LOCAL_WORLD_SIZE=" + std::to_string(n),
                                              "MASTER_ADDR=127.0.0.1", "MASTER_PORT=" + port},
                     folder + "/errors-" + number);
  }
  return out;
}

}  // namespace fovea
