// Prints the digests of scenes and of corrupted ones; compiled by several compilers in
// scenes_digest.cmake.
#include <cinttypes>
#include <cstdio>

#include "corrupt_digest.h"
#include "scenes_digest.h"

int main() {
  std::printf("%016" PRIx64 " %016" PRIx64 "\n", fovea::scenes_digest(), fovea::corrupt_digest());
  return 0;
}
