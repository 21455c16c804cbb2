#include "fast_training/memory.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <numeric>
#ifdef __linux__
#include <sys/mman.h>
#endif

namespace fovea::fast {
namespace {

constexpr size_t kPage = size_t{2} << 20;

/// A gradient's place among those that are alive at the same time.
struct Taken {
  Lifetime life;
  int64_t begin = 0;
  int64_t end = 0;
};

int64_t first_gap(const std::vector<Taken>& taken, const Lifetime& life, int64_t size) {
  std::vector<const Taken*> meeting;
  for (const Taken& other : taken) {
    if (other.life.first <= life.last && life.first <= other.life.last) meeting.push_back(&other);
  }
  std::sort(meeting.begin(), meeting.end(),
            [](const Taken* a, const Taken* b) { return a->begin < b->begin; });
  int64_t at = 0;
  for (const Taken* other : meeting) {
    if (at + size <= other->begin) break;
    at = std::max(at, other->end);
  }
  return at;
}

}  // namespace

Floats::Floats(int64_t n) {
  const size_t bytes = (static_cast<size_t>(n) * sizeof(float) + kPage - 1) / kPage * kPage;
  if (bytes == 0) return;
  auto* data = static_cast<float*>(std::aligned_alloc(kPage, bytes));
  if (data == nullptr) throw std::bad_alloc();
  data_.reset(data);
#ifdef __linux__
  ::madvise(data, bytes, MADV_HUGEPAGE);  // a hint; smaller pages work too
#endif
  std::memset(data, 0, bytes);
}

void Floats::Free::operator()(float* data) const { std::free(data); }

BatchMemory::BatchMemory(const Layout& layout, const std::vector<Lifetime>& lifetimes,
                         int64_t groups, int lanes)
    : layout_(&layout), groups_(groups), lanes_(lanes) {
  const auto n = static_cast<size_t>(layout.n_roots());
  const auto size_of = [&](size_t root) {
    const Extents& extents = layout.root(static_cast<int>(root));
    return groups * extents.c * extents.plane() * lanes;
  };
  int64_t value_floats = 0;
  for (size_t root = 0; root < n; ++root) {
    value_at_.push_back(value_floats);
    value_floats += size_of(root);
  }
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return size_of(a) > size_of(b); });
  gradient_at_.assign(n, 0);
  std::vector<Taken> taken;
  int64_t gradient_floats = 0;
  for (const size_t root : order) {
    const Lifetime& life = lifetimes[root];
    if (life.first < 0) continue;
    const int64_t size = size_of(root);
    const int64_t at = first_gap(taken, life, size);
    gradient_at_[root] = at;
    taken.push_back({life, at, at + size});
    gradient_floats = std::max(gradient_floats, at + size);
  }
  values_ = Floats(value_floats);
  gradients_ = Floats(gradient_floats);
  bytes_ = (value_floats + gradient_floats) * static_cast<int64_t>(sizeof(float));
}

Maps BatchMemory::maps(ValueId id, Place place, float* base) const {
  const Extents& extents = layout_->extents(id);
  const int64_t plane = extents.plane() * lanes_;
  return {.data = base + place.channel * plane,
          .group = layout_->root(place.root).c * plane,
          .plane = plane,
          .c = extents.c,
          .h = extents.h,
          .w = extents.w};
}

Maps BatchMemory::value(ValueId id) const {
  const Place place = layout_->value(id);
  return maps(id, place, values_.data() + value_at_[static_cast<size_t>(place.root)]);
}

Maps BatchMemory::gradient(ValueId id) const {
  const Place place = layout_->gradient(id);
  return maps(id, place, gradients_.data() + gradient_at_[static_cast<size_t>(place.root)]);
}

}  // namespace fovea::fast
