// What launchers say in their variables.
#include "learner/launch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fovea {
namespace {

using testing::HasSubstr;

Launch launch_of(const Environment& environment) { return launch_from(environment).value(); }
std::string error_of(const Environment& environment) {
  const Result<Launch> launch = launch_from(environment);
  if (launch.ok()) return "no error";
  EXPECT_EQ(launch.error().kind, ErrorKind::kUsage);
  return launch.error().message();
}

TEST(Launch, WithoutALauncherIsOneProcess) {
  const Launch launch = launch_of({{"HOME", "/"}, {"MASTER_PORT", "no number"}});
  EXPECT_EQ(launch.launcher, "");
  EXPECT_EQ(launch.rank, 0);
  EXPECT_EQ(launch.size, 1);
}

TEST(Launch, Torchrun) {
  const Environment environment{{"RANK", "5"},
                                {"WORLD_SIZE", "8"},
                                {"LOCAL_RANK", "1"},
                                {"LOCAL_WORLD_SIZE", "4"},
                                {"MASTER_ADDR", "node-a"},
                                {"MASTER_PORT", "29511"},
                                {"GLOO_SOCKET_IFNAME", "eth1"}};
  const Launch launch = launch_of(environment);
  EXPECT_EQ(launch.launcher, "torchrun");
  EXPECT_EQ(launch.rank, 5);
  EXPECT_EQ(launch.size, 8);
  EXPECT_EQ(launch.local_rank, 1);
  EXPECT_EQ(launch.local_size, 4);
  EXPECT_EQ(launch.host, "node-a");
  EXPECT_EQ(launch.port, 29511);
  EXPECT_EQ(launch.server, StoreServer::kRankZero);
  EXPECT_EQ(launch.interface, "eth1");

  Environment agent = environment;
  agent["TORCHELASTIC_USE_AGENT_STORE"] = "True";
  agent["TORCHELASTIC_RESTART_COUNT"] = "2";
  EXPECT_EQ(launch_of(agent).server, StoreServer::kLauncher);
  EXPECT_EQ(launch_of(agent).attempt, "2");
}

TEST(Launch, OpenMpiOnOneMachineNeedsNoAddress) {
  Environment environment{{"OMPI_COMM_WORLD_RANK", "1"},
                          {"OMPI_COMM_WORLD_SIZE", "2"},
                          {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                          {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}};
  const Launch launch = launch_of(environment);
  EXPECT_EQ(launch.launcher, "mpirun");
  EXPECT_EQ(launch.rank, 1);
  EXPECT_EQ(launch.size, 2);
  EXPECT_EQ(launch.host, "127.0.0.1");
  EXPECT_EQ(launch.port, 29500);

  environment["OMPI_COMM_WORLD_LOCAL_SIZE"] = "1";
  EXPECT_THAT(error_of(environment), HasSubstr("MASTER_ADDR"));
  environment["MASTER_ADDR"] = "10.0.0.7";
  EXPECT_EQ(launch_of(environment).host, "10.0.0.7");
}

TEST(Launch, Mpich) {
  const Launch launch = launch_of(
      {{"PMI_RANK", "3"}, {"PMI_SIZE", "4"}, {"MPI_LOCALRANKID", "3"}, {"MPI_LOCALNRANKS", "4"}});
  EXPECT_EQ(launch.launcher, "mpirun");
  EXPECT_EQ(launch.rank, 3);
  EXPECT_EQ(launch.size, 4);
}

Environment slurm_step() {
  return {{"SLURM_PROCID", "2"},
          {"SLURM_STEP_NUM_TASKS", "6"},
          {"SLURM_NTASKS", "12"},
          {"SLURM_LOCALID", "0"},
          {"SLURM_STEP_ID", "1"},
          {"SLURM_JOB_ID", "4321007"},
          {"SLURM_JOB_NODELIST", "gpu[001-100]"},
          {"SLURM_STEP_NODELIST", "gpu[007-008,011]"}};
}

TEST(Launch, SrunCountsTheStepAndMeetsOnItsFirstNode) {
  const Launch launch = launch_of(slurm_step());
  EXPECT_EQ(launch.launcher, "srun");
  EXPECT_EQ(launch.rank, 2);
  EXPECT_EQ(launch.size, 6);
  EXPECT_EQ(launch.host, "gpu007");
  EXPECT_EQ(launch.port, 21007);
}

TEST(Launch, NodeListsOfSlurm) {
  const std::map<std::string, std::string> first{
      {"single", "single"},   {"a,b", "a"},
      {"a-[3,5]", "a-3"},     {"rack[1-2]-n[3-4]", "rack1-n"},
      {"n[9]x,n[10]", "n9x"}, {"open[2", "open2"}};
  for (const auto& [list, host] : first) {
    Environment environment = slurm_step();
    environment["SLURM_STEP_NODELIST"] = list;
    EXPECT_EQ(launch_of(environment).host, host) << list;
  }
}

TEST(Launch, ABatchScriptOfSlurmIsOneProcess) {
  EXPECT_EQ(launch_of({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}}).size, 1);
  EXPECT_EQ(launch_of({{"SLURM_NTASKS", "8"}, {"SLURM_JOB_ID", "5"}}).size, 1);
  EXPECT_EQ(launch_of({{"SLURM_PROCID", "1"},
                       {"SLURM_NTASKS", "8"},
                       {"SLURM_STEP_ID", "0"},
                       {"MASTER_ADDR", "n1"}})
                .size,
            8);
}

TEST(Launch, TheInnermostLauncherCounts) {
  Environment environment = slurm_step();
  environment["PMI_RANK"] = "2";  // srun --mpi=pmi2
  environment["PMI_SIZE"] = "6";
  EXPECT_EQ(launch_of(environment).launcher, "srun");
  environment["PMI_RANK"] = "5";  // mpirun on machines that srun opened
  environment["PMI_SIZE"] = "9";
  environment["MASTER_ADDR"] = "n1";
  EXPECT_EQ(launch_of(environment).rank, 5);
  environment["OMPI_COMM_WORLD_RANK"] = "7";
  environment["OMPI_COMM_WORLD_SIZE"] = "10";
  EXPECT_EQ(launch_of(environment).rank, 7);
  environment["RANK"] = "1";
  environment["WORLD_SIZE"] = "2";
  EXPECT_EQ(launch_of(environment).rank, 1);
}

TEST(Launch, ErrorsNameTheVariable) {
  EXPECT_THAT(error_of({{"RANK", "0"}}), HasSubstr("WORLD_SIZE"));
  EXPECT_THAT(error_of({{"WORLD_SIZE", "2"}}), HasSubstr("RANK"));
  EXPECT_THAT(error_of({{"RANK", "2"}, {"WORLD_SIZE", "2"}}),
              testing::AllOf(HasSubstr("RANK"), HasSubstr("0 to 1"), HasSubstr("found 2")));
  EXPECT_THAT(error_of({{"RANK", "x"}, {"WORLD_SIZE", "2"}}), HasSubstr("found x"));
  EXPECT_THAT(error_of({{"RANK", "0"}, {"WORLD_SIZE", "0"}}), HasSubstr("WORLD_SIZE"));
  EXPECT_THAT(error_of({{"RANK", "0"}, {"WORLD_SIZE", "2"}}), HasSubstr("MASTER_ADDR"));
  const Environment port{
      {"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "a"}, {"MASTER_PORT", "70000"}};
  EXPECT_THAT(error_of(port), testing::AllOf(HasSubstr("MASTER_PORT"), HasSubstr("70000")));
}

}  // namespace
}  // namespace fovea
