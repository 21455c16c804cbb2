#include "data/codecs/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "encoders.h"
#include "support.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

using Files = std::map<std::string, std::string>;

Result<ArchiveSummary> read_all(std::string_view bytes, Files& files,
                                const ArchiveLimits& limits = {}) {
  return read_archive_bytes(
      bytes, "x.tar", [](std::string_view) { return true; },
      [&](std::string_view path, std::string_view content) { files.emplace(path, content); },
      limits);
}

TEST(Archive, ReadsEveryCompression) {
  for (const TarFilter filter :
       {TarFilter::kNone, TarFilter::kGzip, TarFilter::kXz, TarFilter::kZstd}) {
    Files files;
    const std::string big(300'000, 'q');
    const ArchiveSummary summary =
        read_all(make_tar({{"a/", ""}, {"a/1.txt", "one"}, {"b/2.txt", big}}, filter), files)
            .value();
    EXPECT_THAT(files, UnorderedElementsAre(Pair("a/1.txt", "one"), Pair("b/2.txt", big)));
    EXPECT_EQ(summary.n_taken, 2U);
    EXPECT_EQ(summary.n_passed_over, 1U);
  }
}

TEST(Archive, GivesOutCleanPathsOnly) {
  Files files;
  const ArchiveSummary summary = read_all(make_tar({{"/etc/passwd", "x"},
                                                    {"../up.txt", "x"},
                                                    {"a/../../up.txt", "x"},
                                                    {"./a//b.txt", "good"},
                                                    {"link", "-> /etc/passwd"}}),
                                          files)
                                     .value();
  EXPECT_THAT(files, UnorderedElementsAre(Pair("a/b.txt", "good")));
  EXPECT_EQ(summary.n_unsafe, 3U);
  EXPECT_EQ(summary.n_passed_over, 1U);
}

TEST(Archive, SkipsWhatIsNotWanted) {
  int taken = 0;
  const ArchiveSummary summary = read_archive_bytes(
                                     make_tar({{"a.txt", "1"}, {"b.jpg", "2"}}), "x.tar",
                                     [](std::string_view path) { return path == "b.jpg"; },
                                     [&](std::string_view, std::string_view content) {
                                       EXPECT_EQ(content, "2");
                                       ++taken;
                                     })
                                     .value();
  EXPECT_EQ(taken, 1);
  EXPECT_EQ(summary.n_passed_over, 1U);
}

TEST(Archive, DamageAndTruncationAreErrors) {
  Files files;
  EXPECT_EQ(read_all("", files).error().message(), "the file is empty (x.tar)");
  EXPECT_THAT(read_all(std::string(2000, 'z'), files).error().message(),
              HasSubstr("not a tar archive, or damaged (x.tar"));
  for (const TarFilter filter :
       {TarFilter::kNone, TarFilter::kGzip, TarFilter::kXz, TarFilter::kZstd}) {
    std::string noise;
    for (int i = 0; i < 5000; ++i) noise += static_cast<char>(i * i >> 3);
    const std::string bytes = make_tar({{"a.txt", noise}, {"b.txt", noise}}, filter);
    const Result<ArchiveSummary> cut = read_all(bytes.substr(0, bytes.size() / 2), files);
    ASSERT_FALSE(cut.ok());
    EXPECT_EQ(cut.error().kind, ErrorKind::kBadInput);
    EXPECT_THAT(cut.error().message(), HasSubstr("damaged"));
  }
}

TEST(Archive, LimitsHold) {
  Files files;
  const std::string bytes =
      make_tar({{"a.txt", std::string(3000, 'a')}, {"b.txt", std::string(3000, 'b')}});
  EXPECT_THAT(read_all(bytes, files, {.max_entries = 1}).error().message(),
              HasSubstr("too many entries (x.tar; found more than 1)"));
  EXPECT_THAT(read_all(bytes, files, {.max_file_bytes = 2000}).error().message(),
              HasSubstr("a file in the archive is too large (x.tar; found a.txt)"));
  EXPECT_THAT(read_all(bytes, files, {.max_total_bytes = 5000}).error().message(),
              HasSubstr("more than 5000 bytes"));
}

TEST(Archive, MissingFileIsNamed) {
  EXPECT_THAT(read_archive("/nowhere.tar", {}, {}).error().message(),
              HasSubstr("no such file (/nowhere.tar)"));
}

}  // namespace
}  // namespace fovea
