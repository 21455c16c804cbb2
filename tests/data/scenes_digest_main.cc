// Prints the digest; compiled by several compilers in scenes_digest.cmake.
#include <cinttypes>
#include <cstdio>

#include "scenes_digest.h"

int main() {
  std::printf("%016" PRIx64 "\n", fovea::scenes_digest());
  return 0;
}
