#include "data/core/source_fingerprint.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <set>

#include "support.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

TEST(SourceFingerprint, IsTheSameAsLongAsNothingChanges) {
  const ScratchFolder folder;
  folder.write("toy/cat/1.png", "one");
  folder.write("toy/dog/1.png", "two");
  const uint64_t before = source_fingerprint(folder / "toy");
  folder.write("beside.txt", "more");
  EXPECT_EQ(source_fingerprint(folder / "toy"), before);
  EXPECT_NE(before, 0U);
}

TEST(SourceFingerprint, ChangesWithEveryFile) {
  const ScratchFolder folder;
  const std::string toy = folder / "toy";
  folder.write("toy/cat/1.png", "one");
  folder.write("toy/dog/1.png", "two");
  std::set<uint64_t> seen{source_fingerprint(folder / "absent"), source_fingerprint(toy)};
  const auto changed = [&] { return seen.insert(source_fingerprint(toy)).second; };
  folder.write("toy/cat/2.png", "three");
  EXPECT_TRUE(changed()) << "a new file";
  fs::rename(toy + "/cat/2.png", toy + "/cat/3.png");
  EXPECT_TRUE(changed()) << "another name";
  folder.write("toy/cat/3.png", "longer");
  EXPECT_TRUE(changed()) << "another size";
  fs::last_write_time(toy + "/cat/3.png", fs::file_time_type{} + std::chrono::hours(1));
  EXPECT_TRUE(changed()) << "another time";
  fs::create_directory(toy + "/cow");
  EXPECT_TRUE(changed()) << "an empty folder";
  fs::remove(toy + "/cat/3.png");
  EXPECT_TRUE(changed()) << "a file less";
}

TEST(SourceFingerprint, SeesFoldersThatWereSwapped) {
  const ScratchFolder folder;
  const std::string toy = folder / "toy";
  for (const char* name : {"toy/cat/1.png", "toy/dog/1.png"}) {
    fs::last_write_time(folder.write(name, name[4] == 'c' ? "one" : "two"),
                        fs::file_time_type{} + std::chrono::hours(1));
  }
  const uint64_t before = source_fingerprint(toy);
  fs::rename(toy + "/cat", toy + "/other");
  fs::rename(toy + "/dog", toy + "/cat");
  fs::rename(toy + "/other", toy + "/dog");
  EXPECT_NE(source_fingerprint(toy), before);
}

TEST(SourceFingerprint, FollowsLinksOfTheUppermostFolderOnly) {
  const ScratchFolder folder;
  const std::string picture = folder.write("elsewhere/1.png", "one");
  fs::create_directories(folder / "toy/dog");
  fs::create_directory_symlink(folder / "elsewhere", folder / "toy/cat");
  fs::create_directory_symlink(folder / "toy", folder / "toy/dog/around");
  const uint64_t before = source_fingerprint(folder / "toy");
  folder.write("elsewhere/1.png", "another");
  EXPECT_NE(source_fingerprint(folder / "toy"), before);
}

TEST(SourceFingerprint, OfOneFile) {
  const ScratchFolder folder;
  const std::string path = folder.write("toy.tar", "one");
  const uint64_t before = source_fingerprint(path);
  EXPECT_EQ(source_fingerprint(path), before);
  folder.write("toy.tar", "other");
  EXPECT_NE(source_fingerprint(path), before);
}

}  // namespace
}  // namespace fovea
