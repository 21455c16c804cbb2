// The table and the events say what the lines of the log say.
#include "learner/curves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace fovea {
namespace {

constexpr const char* kStep =
    R"({"kind":"step","epoch":0,"step":300,"lr":0.1,"loss":2.5,"loss_per_exit":[1.5,1.0],"top1_per_exit":[25.0,50.0],"images_per_s":128.5})";
constexpr const char* kEpoch =
    R"({"kind":"epoch","epoch":1,"step":704,"lr":0.05,"loss":2,"loss_per_exit":[1.25,0.75],"top1_per_exit":[30.0,60.0],"images_per_s":100,"val_top1_per_exit":[31.0,61.0]})";

TEST(Csv, HasAColumnForEveryExit) {
  EXPECT_EQ(csv_header(kStep),
            "kind,epoch,step,lr,loss,images_per_s,loss.0,loss.1,top1.0,top1.1,val_top1.0,"
            "val_top1.1\n");
  EXPECT_EQ(csv_row(kStep), "step,0,300,0.1,2.5,128.5,1.5,1.0,25.0,50.0,,\n");
  EXPECT_EQ(csv_row(kEpoch), "epoch,1,704,0.05,2,100,1.25,0.75,30.0,60.0,31.0,61.0\n");
  EXPECT_EQ(csv_row("no json"), "");
  EXPECT_EQ(csv_header("{}"), "");
}

uint64_t little(const std::string& bytes, size_t at, size_t n) {
  uint64_t value = 0;
  for (size_t i = 0; i < n; ++i) {
    value |= static_cast<uint64_t>(static_cast<uint8_t>(bytes.at(at + i))) << (8 * i);
  }
  return value;
}

float scalar_after(const std::string& record, const std::string& tag) {
  const size_t at = record.find(tag);
  if (at == std::string::npos) return -1;
  EXPECT_EQ(record[at + tag.size()], '\x15');  // field 2 of four bytes
  const auto bits = static_cast<uint32_t>(little(record, at + tag.size() + 1, 4));
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

TEST(Events, AreFramedRecordsOfScalars) {
  const std::string record = events_record(kEpoch, 1.5);
  EXPECT_EQ(little(record, 0, 8) + 16, record.size());
  EXPECT_EQ(record[12], '\x09');  // wall_time, a double
  EXPECT_EQ(little(record, 13, 8), 0x3FF8000000000000U);
  EXPECT_EQ(record[21], '\x10');  // step, 704 as a varint
  EXPECT_EQ(record.substr(22, 2), "\xC0\x05");
  EXPECT_EQ(scalar_after(record, "epoch/loss/exit_1"), 0.75F);
  EXPECT_EQ(scalar_after(record, "val/top1/exit_0"), 31.0F);
  EXPECT_EQ(scalar_after(record, "epoch/lr"), 0.05F);
  EXPECT_EQ(scalar_after(events_record(kStep, 0), "train/top1/exit_1"), 50.0F);
  EXPECT_EQ(events_record("{}", 0), "");
}

TEST(Events, TellTheirTimes) {
  const std::string bytes = events_header(7) + events_record(kStep, 1.5) + events_record(kEpoch, 3);
  EXPECT_THAT(events_times(bytes), testing::ElementsAre(7, 1.5, 3));
  EXPECT_THAT(events_times(std::string_view(bytes).substr(0, bytes.size() - 1)),
              testing::ElementsAre(7, 1.5));
  EXPECT_THAT(events_times("no events, but long enough for a record"), testing::IsEmpty());
}

TEST(Events, CarryTheChecksumsOfTfRecord) {
  // The header's checksums by Castagnoli's polynomial, computed once with another program.
  const std::string header = events_header(0);
  ASSERT_EQ(header.size(), 40U);
  EXPECT_EQ(little(header, 0, 8), 24U);
  EXPECT_EQ(little(header, 8, 4), 0x224B7FA3U);
  EXPECT_EQ(little(header, 36, 4), 0xA328DFEEU);
  EXPECT_EQ(header.substr(23, 13), "brain.Event:2");
}

}  // namespace
}  // namespace fovea
