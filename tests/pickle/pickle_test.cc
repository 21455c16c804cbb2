#include "pickle/pickle.h"

#include <gmock/gmock.h>

namespace fovea {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Result<Pickle> read(std::string_view bytes, const PickleLimits& limits = {}) {
  return read_pickle(std::as_bytes(std::span(bytes.data(), bytes.size())), "a.pth", limits);
}

template <size_t N>
std::string raw(const char (&text)[N]) {
  return std::string(text, N - 1);
}

PickleNode root_of(const std::string& bytes) {
  const Result<Pickle> pickle = read(bytes);
  EXPECT_TRUE(pickle.ok()) << (pickle.ok() ? "" : pickle.error().message());
  return pickle.ok() ? pickle.value().root() : PickleNode{};
}

std::string refusal(const std::string& bytes, const PickleLimits& limits = {}) {
  const Result<Pickle> pickle = read(bytes, limits);
  if (pickle.ok()) return {};
  EXPECT_EQ(pickle.error().kind, ErrorKind::kBadInput);
  EXPECT_EQ(pickle.error().where, "a.pth");
  return pickle.error().message();
}

TEST(Pickle, PlainValues) {
  EXPECT_EQ(root_of("N.").kind, PickleKind::kNone);
  EXPECT_EQ(root_of("\x80\x02\x88.").integer, 1);
  EXPECT_EQ(root_of("I01\n.").kind, PickleKind::kBool);
  EXPECT_EQ(root_of("I-17\n.").integer, -17);
  EXPECT_EQ(root_of("L123L\n.").integer, 123);
  EXPECT_EQ(root_of("K\x07.").integer, 7);
  EXPECT_EQ(root_of("M\x01\x02.").integer, 513);
  EXPECT_EQ(root_of("J\xfe\xff\xff\xff.").integer, -2);
  EXPECT_EQ(root_of("\x8a\x02\xff\xff.").integer, -1);
  EXPECT_EQ(root_of(raw("\x8a\x00.")).integer, 0);
  EXPECT_EQ(root_of("\x8a\x09xxxxxxxxx.").kind, PickleKind::kBigInt);
  EXPECT_EQ(root_of("F2.5\n.").real, 2.5);
  EXPECT_EQ(root_of(raw("G\x3f\xf8\0\0\0\0\0\0.")).real, 1.5);
  EXPECT_EQ(root_of(raw("X\x02\0\0\0ab.")).text, "ab");
  EXPECT_EQ(root_of("\x8c\x02"
                    "ab.")
                .text,
            "ab");
  EXPECT_EQ(root_of("S'ab'\n.").text, "ab");
  EXPECT_EQ(root_of("U\x02\xff\xfe.").kind, PickleKind::kBytes);
  EXPECT_EQ(root_of("C\x02\xff\xfe.").text, "\xff\xfe");
}

TEST(Pickle, Containers) {
  EXPECT_EQ(root_of("K\x01K\x02\x86.").items.size(), 2U);
  EXPECT_EQ(root_of("(K\x01K\x02K\x03t.").items.size(), 3U);
  EXPECT_EQ(root_of("](K\x01K\x02"
                    "e.")
                .items.size(),
            2U);
  EXPECT_EQ(root_of("]K\x01"
                    "a.")
                .items.size(),
            1U);
  EXPECT_EQ(root_of("}(K\x01K\x02K\x03K\x04u.").pairs.size(), 2U);
  EXPECT_EQ(root_of("}K\x01K\x02s.").pairs.size(), 1U);
  EXPECT_EQ(root_of("(K\x01K\x02"
                    "d.")
                .pairs.size(),
            1U);
  EXPECT_EQ(root_of("\x8f(K\x01\x90.").items.size(), 1U);
}

TEST(Pickle, TheMemoSharesValues) {
  const Result<Pickle> pickle = read("]q\x05h\x05h\x05\x87.");
  ASSERT_TRUE(pickle.ok());
  const auto& items = pickle.value().root().items;
  EXPECT_EQ(items[0], items[1]);
  EXPECT_EQ(items[1], items[2]);
}

TEST(Pickle, AListThatHoldsItselfIsHarmless) {
  const Result<Pickle> pickle =
      read(raw("]q\0h\0"
               "a."));
  ASSERT_TRUE(pickle.ok());
  EXPECT_EQ(&pickle.value().node(pickle.value().root().items[0]), &pickle.value().root());
}

TEST(Pickle, ObjectsStayOpaque) {
  const Result<Pickle> pickle = read("cposix\nsystem\n(S'touch /tmp/x'\ntR.");
  ASSERT_TRUE(pickle.ok());
  EXPECT_EQ(pickle.value().root().kind, PickleKind::kObject);
  EXPECT_EQ(pickle.value().class_name(pickle.value().root()), "posix.system");
}

TEST(Pickle, EveryWayToMakeAnObjectNamesItsClass) {
  for (const std::string bytes : {"ca\nB\n)R.", "ca\nB\n)\x81.", "ca\nB\n)}\x92.", "(ia\nB\n.",
                                  "(ca\nB\no.", "\x8c\1a\x8c\1B\x93)R}b."}) {
    const Result<Pickle> pickle = read(bytes);
    ASSERT_TRUE(pickle.ok()) << pickle.error().message();
    EXPECT_EQ(pickle.value().class_name(pickle.value().root()), "a.B") << bytes;
  }
}

TEST(Pickle, StopsAtItsEnd) {
  const Result<Pickle> pickle = read("K\x01.K\x02.");
  ASSERT_TRUE(pickle.ok());
  EXPECT_EQ(pickle.value().bytes_read(), 3U);
}

TEST(PickleErrors, CutShort) {
  const std::string whole = raw("\x80\x02}q\0(X\x01\0\0\0aK\x01u.");
  ASSERT_EQ(refusal(whole), "");
  for (size_t n = 0; n < whole.size(); ++n) {
    EXPECT_THAT(refusal(whole.substr(0, n)), HasSubstr("cut short")) << n;
  }
}

TEST(PickleErrors, LengthsBeyondTheEnd) {
  EXPECT_THAT(refusal("X\xff\xff\xff\xff"
                      "ab."),
              HasSubstr("cut short"));
  EXPECT_THAT(refusal("\x8d\xff\xff\xff\xff\xff\xff\xff\xff"
                      "ab."),
              HasSubstr("cut short"));
}

TEST(PickleErrors, NameTheByte) {
  EXPECT_THAT(refusal("K\x01\xff."), AllOf(HasSubstr("not known: 255"), HasSubstr("byte 2")));
}

TEST(PickleErrors, MachinesThatAreMisused) {
  EXPECT_THAT(refusal("."), HasSubstr("wrong stack"));
  EXPECT_THAT(refusal("NN."), HasSubstr("wrong stack"));
  EXPECT_THAT(refusal("(N."), HasSubstr("wrong stack"));
  EXPECT_THAT(refusal("R."), HasSubstr("empty stack"));
  EXPECT_THAT(refusal("N(0R."), HasSubstr("empty stack"));
  EXPECT_THAT(refusal("Nt."), HasSubstr("no mark"));
  EXPECT_THAT(refusal("h\x01."), HasSubstr("never stored"));
  EXPECT_THAT(refusal("q\x01."), HasSubstr("empty stack"));
  EXPECT_THAT(refusal("(N]a."), HasSubstr("no list"));
  EXPECT_THAT(refusal("NNNs."), HasSubstr("no dict"));
  EXPECT_THAT(refusal("}(Nu."), HasSubstr("without a value"));
  EXPECT_THAT(refusal("(o."), HasSubstr("without a class"));
  EXPECT_THAT(refusal("NN\x93."), HasSubstr("no text"));
  EXPECT_THAT(refusal("\x80\x09N."), HasSubstr("protocol 9"));
  EXPECT_THAT(refusal("Iseven\n."), HasSubstr("number"));
  EXPECT_THAT(refusal("S'ab\n."), HasSubstr("no quotes"));
  EXPECT_THAT(refusal(raw("X\x01\0\0\0\xff.")), HasSubstr("UTF-8"));
}

TEST(PickleErrors, BoundsHold) {
  EXPECT_THAT(refusal(std::string(200, 'N'), {.max_nodes = 100}), HasSubstr("too many values"));
  EXPECT_THAT(refusal(std::string(200, ']'), {.max_bytes = 100}), HasSubstr("longer than"));
}

TEST(PickleErrors, DeepNestingIsHarmless) {
  std::string deep;
  for (int i = 0; i < 200000; ++i) deep += ']';
  for (int i = 1; i < 200000; ++i) deep += 'a';
  EXPECT_EQ(refusal(deep + "."), "");
  EXPECT_THAT(refusal(std::string(200000, '(')), HasSubstr("cut short"));
}

}  // namespace
}  // namespace fovea
