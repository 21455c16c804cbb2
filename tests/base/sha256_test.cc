#include "base/sha256.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

namespace fovea {
namespace {

std::string digest(std::string_view text) {
  Sha256 sha;
  sha.add(std::as_bytes(std::span(text)));
  return sha.hex();
}

// FIPS 180-4's examples, and the empty text.
TEST(Sha256, GivesThePublishedDigests) {
  EXPECT_EQ(digest(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(digest(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnHowTheBytesWereCut) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += static_cast<char>(i * 7);
  for (const size_t piece : {1U, 3U, 63U, 64U, 65U, 130U}) {
    Sha256 sha;
    for (size_t at = 0; at < text.size(); at += piece) {
      sha.add(std::as_bytes(std::span(text)).subspan(at, std::min(piece, text.size() - at)));
    }
    EXPECT_EQ(sha.hex(), digest(text)) << piece;
  }
}

TEST(Sha256, OfAFileThatIsMissingIsAnError) { EXPECT_FALSE(sha256_of_file("/nowhere/file").ok()); }

}  // namespace
}  // namespace fovea
