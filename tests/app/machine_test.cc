#include "app/machine.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace fovea::app {
namespace {

namespace fs = std::filesystem;

class ControlGroups : public testing::Test {
 protected:
  void SetUp() override {
    root = testing::TempDir() + "fovea-cgroup-" +
           testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(root);
    fs::create_directories(root);
  }
  void TearDown() override { fs::remove_all(root); }
  void put(const std::string& path, const std::string& text) const {
    fs::create_directories(fs::path(root + path).parent_path());
    std::ofstream(root + path) << text;
  }
  std::string root;
};

TEST_F(ControlGroups, NoLimitIsNothing) {
  put("/cpu.max", "max 100000\n");
  EXPECT_EQ(cgroup_cores("0::/\n", root), std::nullopt);
  EXPECT_EQ(cgroup_cores("", root), std::nullopt);
  EXPECT_EQ(cgroup_cores("nonsense", root), std::nullopt);
}

TEST_F(ControlGroups, SecondVersionTakesTheTightestOnTheWayUp) {
  put("/a/b/cpu.max", "300000 100000\n");
  put("/a/cpu.max", "150000 100000\n");
  put("/cpu.max", "max 100000\n");
  EXPECT_EQ(cgroup_cores("0::/a/b\n", root), 1.5);
  EXPECT_EQ(cgroup_cores("0::/\n", root), std::nullopt);
}

TEST_F(ControlGroups, FirstVersionReadsQuotaAndPeriod) {
  put("/cpu,cpuacct/job/cpu.cfs_quota_us", "250000\n");
  put("/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n");
  put("/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  put("/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cgroup_cores("4:memory:/x\n3:cpu,cpuacct:/job\n", root), 2.5);
  EXPECT_EQ(cgroup_cores("4:cpuset:/job\n", root), std::nullopt);
}

TEST_F(ControlGroups, NonsenseInFilesIsNoLimit) {
  for (const char* text : {"", "max", "0 100000", "-5 100000", "5 0", "a b", "1 2 3"}) {
    put("/cpu.max", text);
    EXPECT_EQ(cgroup_cores("0::/\n", root), std::nullopt) << text;
  }
}

TEST(Threads, AreWithinAffinity) {
  EXPECT_GE(default_threads(), 1);
  EXPECT_LE(default_threads(), affinity_cores());
}

TEST(MachineFacts, NameAtLeastOneKernelSet) { EXPECT_FALSE(machine_facts().kernel_sets.empty()); }

}  // namespace
}  // namespace fovea::app
