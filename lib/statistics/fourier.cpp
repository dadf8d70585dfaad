#include <softmech/statistics/fourier.hpp>

#include <fftw3.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <new>
#include <stdexcept>

namespace softmech {

struct FourierTransform::Plans {
  Plans(int rows, int columns) : size(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns)) {
    data = fftw_alloc_complex(size);
    if (data == nullptr) throw std::bad_alloc();
    const std::scoped_lock lock(planner);
    forward = fftw_plan_dft_2d(rows, columns, data, data, FFTW_FORWARD, FFTW_ESTIMATE);
    backward = fftw_plan_dft_2d(rows, columns, data, data, FFTW_BACKWARD, FFTW_ESTIMATE);
  }
  ~Plans() {
    const std::scoped_lock lock(planner);
    fftw_destroy_plan(forward);
    fftw_destroy_plan(backward);
    fftw_free(data);
  }

  static inline std::mutex planner;  // FFTW's planner knows no threads
  std::size_t size;
  fftw_complex* data = nullptr;
  fftw_plan forward = nullptr, backward = nullptr;
};

FourierTransform::FourierTransform(std::ptrdiff_t rows, std::ptrdiff_t columns) {
  constexpr std::ptrdiff_t most = std::numeric_limits<int>::max();
  if (rows < 1 || columns < 1 || rows > most / columns)
    throw std::invalid_argument(
        fmt::format("Fourier transform of {} x {} numbers: must be from 1 to {} in all", rows, columns, most));
  plans_ = std::make_unique<Plans>(static_cast<int>(rows), static_cast<int>(columns));
  std::ranges::fill(values(), 0.0);
}
FourierTransform::~FourierTransform() = default;
FourierTransform::FourierTransform(FourierTransform&&) noexcept = default;
FourierTransform& FourierTransform::operator=(FourierTransform&&) noexcept = default;

std::span<std::complex<double>> FourierTransform::values() const {
  return {reinterpret_cast<std::complex<double>*>(plans_->data), plans_->size};
}

void FourierTransform::forward() { fftw_execute(plans_->forward); }
void FourierTransform::backward() { fftw_execute(plans_->backward); }

}  // namespace softmech
