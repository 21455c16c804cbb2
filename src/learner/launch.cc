#include "learner/launch.h"

#include <unistd.h>

#include <array>
#include <optional>
#include <string_view>

#include "base/words.h"

namespace fovea {
namespace {

/// What one launcher calls its numbers.
struct Names {
  std::string_view launcher;
  std::string_view rank;
  std::string_view size;
  std::string_view local_rank;
  std::string_view local_size;
};

constexpr std::array kNames{
    Names{"torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"},
    Names{"mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
          "OMPI_COMM_WORLD_LOCAL_SIZE"},
    Names{"mpirun", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"},
    Names{"srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", ""},
    Names{"srun", "SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID", ""},
};

ErrorInfo usage(std::string what, std::string_view where, std::string expected,
                std::string found = {}) {
  return {.kind = ErrorKind::kUsage,
          .what = std::move(what),
          .where = std::string(where),
          .expected = std::move(expected),
          .found = std::move(found)};
}

class Reader {
 public:
  explicit Reader(const Environment& environment) : environment_(environment) {}

  [[nodiscard]] const std::string* find(std::string_view name) const {
    const auto found = environment_.find(name);
    return found == environment_.end() ? nullptr : &found->second;
  }
  /// A number in [low, high]; throws Error.
  [[nodiscard]] int64_t number(std::string_view name, int64_t low, int64_t high) const {
    const std::string& text = *find(name);
    const std::optional<int64_t> value = parse_int(text);
    if (value && *value >= low && *value <= high) return *value;
    throw Error(usage("the variable holds no such number", name,
                      std::to_string(low) + " to " + std::to_string(high), text));
  }

 private:
  const Environment& environment_;
};

/// Whether this launcher started the process. Slurm sets its numbers in a batch script as well,
/// which is one process; only a step's processes have a step.
bool started_by(const Names& names, const Reader& in) {
  const bool rank = in.find(names.rank) != nullptr;
  const bool size = in.find(names.size) != nullptr;
  if (names.size == "SLURM_NTASKS") return rank && size && in.find("SLURM_STEP_ID") != nullptr;
  if (names.launcher == "srun" || rank == size) return rank && size;
  throw Error(
      usage("of a launcher's variables one is missing", rank ? names.size : names.rank,
            "both or neither of " + std::string(names.rank) + " and " + std::string(names.size)));
}

/// Whether these are the numbers of Slurm's step: srun speaks PMI to its processes too, and knows
/// more than PMI says.
bool slurm_says_it_too(const Names& names, const Reader& in) {
  const std::string* rank = in.find("SLURM_PROCID");
  const std::string* size = in.find("SLURM_STEP_NUM_TASKS");
  return names.rank == "PMI_RANK" && rank != nullptr && size != nullptr &&
         *rank == *in.find(names.rank) && *size == *in.find(names.size);
}

/// "node[003-010,12],other" -> "node003".
std::string first_host(std::string_view list) {
  const size_t open = list.find_first_of("[,");
  std::string host(list.substr(0, open));
  if (open == std::string_view::npos || list[open] == ',') return host;
  const std::string_view inside = list.substr(open + 1);
  host += inside.substr(0, inside.find_first_of("-,]"));
  const size_t close = list.find(']', open);
  if (close == std::string_view::npos) return host;
  const std::string_view tail = list.substr(close + 1);
  return host + std::string(tail.substr(0, tail.find_first_of("[,")));
}

/// Jobs on one machine must not share a port.
uint16_t slurm_port(std::string_view job) {
  const std::optional<int64_t> number = parse_int(job);
  return number ? static_cast<uint16_t>(20000 + *number % 10000) : Launch{}.port;
}

void read_place(const Reader& in, Launch& launch) {
  if (const std::string* job = in.find("SLURM_JOB_ID"); job && launch.launcher == "srun") {
    launch.port = slurm_port(*job);
  }
  if (in.find("MASTER_PORT") != nullptr) {
    launch.port = static_cast<uint16_t>(in.number("MASTER_PORT", 1, 65535));
  }
  if (const std::string* host = in.find("MASTER_ADDR")) {
    if (host->empty()) throw Error(usage("the variable is empty", "MASTER_ADDR", "a host name"));
    launch.host = *host;
    return;
  }
  if (launch.launcher == "srun") {
    for (const char* name : {"SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST"}) {
      const std::string* nodes = in.find(name);
      if (nodes == nullptr || nodes->empty()) continue;
      launch.host = first_host(*nodes);
      return;
    }
  }
  if (launch.local_size == launch.size) return;
  throw Error(usage("where the first process is was not said", "MASTER_ADDR",
                    "the name or address of rank 0's machine (127.0.0.1 where all run on one)"));
}

Launch read(const Reader& in) {
  Launch launch;
  for (const Names& names : kNames) {
    if (!started_by(names, in) || slurm_says_it_too(names, in)) continue;
    launch.size = static_cast<int>(in.number(names.size, 1, 1 << 20));
    launch.rank = static_cast<int>(in.number(names.rank, 0, launch.size - 1));
    launch.launcher = names.launcher;
    if (in.find(names.local_rank) != nullptr) {
      launch.local_rank = static_cast<int>(in.number(names.local_rank, 0, launch.size - 1));
    }
    if (in.find(names.local_size) != nullptr) {
      launch.local_size = static_cast<int>(in.number(names.local_size, 1, launch.size));
    }
    if (launch.size == 1) return launch;
    read_place(in, launch);
    // torchrun serves the store itself and counts the times it started the processes.
    const std::string* agent = in.find("TORCHELASTIC_USE_AGENT_STORE");
    if (names.launcher == "torchrun" && agent != nullptr && *agent == "True") {
      launch.server = StoreServer::kLauncher;
      if (const std::string* attempt = in.find("TORCHELASTIC_RESTART_COUNT")) {
        launch.attempt = *attempt;
      }
    }
    if (const std::string* name = in.find("GLOO_SOCKET_IFNAME")) launch.interface = *name;
    return launch;
  }
  return launch;
}

}  // namespace

Result<Launch> launch_from(const Environment& environment) {
  try {
    return read(Reader(environment));
  } catch (const Error& error) {
    return error.info();
  }
}

Environment process_environment() {
  Environment out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

}  // namespace fovea
