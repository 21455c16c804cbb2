#include "learner/process.h"

#include <ATen/Parallel.h>

#include <climits>
#include <cstdlib>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace fovea {

void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 1);  // what one thread frees, another can use
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

void set_learner_threads(int threads) { at::set_num_threads(threads); }

}  // namespace fovea
