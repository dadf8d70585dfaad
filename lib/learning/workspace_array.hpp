// Memory that hot loops keep between calls.
#pragma once

#include <cstddef>
#include <memory>

namespace softmech {

/// An array of numbers that grows when asked and never shrinks; aligned to 64 bytes, in pages of 2 MB where the system
/// grants them. New memory is zero.
template <class Number>
class WorkspaceArray {
 public:
  /// At least `count` numbers. What was there is lost when the array grows, and kept when it does not.
  void reserve(std::size_t count);

  Number* data() { return numbers_.get(); }
  const Number* data() const { return numbers_.get(); }
  Number& operator[](std::size_t i) { return numbers_[i]; }
  const Number& operator[](std::size_t i) const { return numbers_[i]; }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(Number* numbers) const;
  };
  std::unique_ptr<Number[], Free> numbers_;
  std::size_t size_ = 0;
};

}  // namespace softmech
