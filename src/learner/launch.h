// How this process was started: alone, or as one of several that train together.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "fovea/error.h"

namespace fovea {

/// Variables of a process by name.
using Environment = std::map<std::string, std::string, std::less<>>;

/// Who serves the store in which the processes find each other.
enum class StoreServer : uint8_t {
  kRankZero,  ///< the first process
  kLauncher,  ///< whoever started them, before they began
};

/// This process among those that were started together.
struct Launch {
  std::string launcher;  ///< torchrun, mpirun, srun; empty: started alone
  int rank = 0;          ///< of this process, 0 to size - 1
  int size = 1;          ///< how many processes there are
  int local_rank = 0;    ///< among those of this machine: picks the accelerator
  int local_size = 1;    ///< how many of them this machine has, as far as the launcher says
  std::string host = "127.0.0.1";  ///< where the store is
  uint16_t port = 29500;
  StoreServer server = StoreServer::kRankZero;
  std::string attempt;    ///< of a launcher that starts failed processes anew
  std::string interface;  ///< the network interface to talk through; empty: chosen
};

/// Reads what torchrun (RANK, WORLD_SIZE, …), Open MPI's or MPICH's mpirun (OMPI_COMM_WORLD_RANK,
/// PMI_RANK, …) or srun (SLURM_PROCID, …) say, in this order, for one may run inside another.
/// MASTER_ADDR and MASTER_PORT say where the first process is; without them it is on this machine,
/// or under Slurm on the step's first node. A pure function. Errors (kUsage) name the variable.
[[nodiscard]] Result<Launch> launch_from(const Environment& environment);

/// The variables of this process. Not to be called while others change them.
[[nodiscard]] Environment process_environment();

}  // namespace fovea
