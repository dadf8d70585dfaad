#include <softmech/learning/workspace_array.hpp>

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace softmech {

template <class Number>
void WorkspaceArray<Number>::reserve(std::size_t count) {
  if (count <= size_) return;
  constexpr std::size_t large_page = std::size_t{1} << 21, line = 64;
  const std::size_t alignment = count * sizeof(Number) >= large_page ? large_page : line;
  const std::size_t bytes = (count * sizeof(Number) + alignment - 1) / alignment * alignment;
  numbers_.reset();  // first, so that old and new memory never coexist
  size_ = 0;
  void* memory = std::aligned_alloc(alignment, bytes);
  if (memory == nullptr) throw std::bad_alloc();
  if (alignment == large_page) madvise(memory, bytes, MADV_HUGEPAGE);  // a wish: without it, only slower
  std::memset(memory, 0, bytes);
  numbers_.reset(static_cast<Number*>(memory));
  size_ = count;
}

template <class Number>
void WorkspaceArray<Number>::Free::operator()(Number* numbers) const {
  std::free(numbers);
}

template class WorkspaceArray<float>;
template class WorkspaceArray<double>;
template class WorkspaceArray<std::int32_t>;
template class WorkspaceArray<std::uint32_t>;

}  // namespace softmech
