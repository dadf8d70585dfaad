#include <softmech/scaling/covariance_factor.hpp>

#include <softmech/attention/exponential.hpp>

#include <cmath>
#include <cstring>

namespace softmech {

namespace {

using Eigen::Index;

constexpr Index width = 4;  // columns of a block; numbers in a register

[[gnu::always_inline]] inline FourLanes load(const double* from) {
  FourLanes lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}
[[gnu::always_inline]] inline void store(FourLanes lanes, double* to) { std::memcpy(to, &lanes, sizeof lanes); }

/// Rows [row, row + 4 registers) of columns [column, column + 4) minus what the columns before them contribute.
template <int registers>
[[gnu::always_inline]] inline void subtract_left(const double* numbers, Index stride, Index row, Index column,
                                                 FourLanes (&tile)[width][registers]) {
  for (int c = 0; c < width; ++c)
    for (int r = 0; r < registers; ++r) tile[c][r] = load(numbers + (column + c) * stride + row + r * width);
  for (Index k = 0; k < column; ++k) {
    const double* const left = numbers + k * stride;
    FourLanes rows[registers];
    for (int r = 0; r < registers; ++r) rows[r] = load(left + row + r * width);
    for (int c = 0; c < width; ++c)
      for (int r = 0; r < registers; ++r) tile[c][r] -= rows[r] * left[column + c];
  }
}

/// The block on the diagonal, L Lᵀ = what is left of it; the inverses of L's diagonal.
bool factorize_block(double* block, Index stride, double (&inverse)[width]) {
  for (int c = 0; c < width; ++c) {
    double pivot = block[c * stride + c];
    for (int k = 0; k < c; ++k) pivot -= block[k * stride + c] * block[k * stride + c];
    if (!(pivot > 0)) return false;
    block[c * stride + c] = std::sqrt(pivot);
    inverse[c] = 1 / block[c * stride + c];
    for (int r = c + 1; r < width; ++r) {
      double rest = block[c * stride + r];
      for (int k = 0; k < c; ++k) rest -= block[k * stride + r] * block[k * stride + c];
      block[c * stride + r] = rest * inverse[c];
    }
  }
  return true;
}

/// Rows below a factorized block become rows of L.
template <int registers>
void solve_rows(double* numbers, Index stride, Index row, Index column, const double (&inverse)[width]) {
  FourLanes tile[width][registers];
  subtract_left(numbers, stride, row, column, tile);
  const double* const block = numbers + column * stride + column;
  for (int c = 0; c < width; ++c) {
    for (int r = 0; r < registers; ++r) {
      for (int k = 0; k < c; ++k) tile[c][r] -= tile[k][r] * block[k * stride + c];
      tile[c][r] *= inverse[c];
      store(tile[c][r], numbers + (column + c) * stride + row + r * width);
    }
  }
}

Index rounded_up(Index count) { return (count + width - 1) / width * width; }

}  // namespace

void CovarianceFactor::resize(Index points, Index vectors) {
  points_ = points;
  padded_ = rounded_up(points);
  rows_ = rounded_up(padded_ + vectors);
  stride_ = rows_ % 64 == 0 ? rows_ + 8 : rows_;  // columns a multiple of 512 bytes apart would share few sets of L1
  if (numbers_.size() < stride_ * padded_) numbers_.resize(stride_ * padded_);
  for (Index j = 0; j < padded_; ++j) {
    for (Index i = j < points ? points : j; i < rows_; ++i) element(i, j) = i == j ? 1 : 0;
  }
}

void CovarianceFactor::fill_squared_exponential(VectorView x, double amplitude, double length, VectorView variance) {
  const double per_length = std::sqrt(0.5) / length, scale = amplitude * amplitude;
  padded_x_.setZero(padded_);
  padded_x_.head(points_) = per_length * x;
  for (Index j = 0; j < points_; ++j) {
    double* const column = &element(0, j);
    for (Index i = j / width * width; i < padded_; i += width) {
      const FourLanes difference = load(padded_x_.data() + i) - padded_x_[j];
      store(scale * exp_nonpositive_of<FourLanes>(-(difference * difference)), column + i);
    }
    for (Index i = points_; i < padded_; ++i) column[i] = 0;
    column[j] += variance[j];
  }
}

bool CovarianceFactor::factorize() {
  double* const numbers = numbers_.data();
  for (Index column = 0; column < padded_; column += width) {
    FourLanes diagonal[width][1];
    subtract_left(numbers, stride_, column, column, diagonal);
    double* const block = numbers + column * stride_ + column;
    for (int c = 0; c < width; ++c) store(diagonal[c][0], block + c * stride_);
    double inverse[width];
    if (!factorize_block(block, stride_, inverse)) return false;
    Index row = column + width;
    for (; row + 3 * width <= rows_; row += 3 * width) solve_rows<3>(numbers, stride_, row, column, inverse);
    for (; row < rows_; row += width) solve_rows<1>(numbers, stride_, row, column, inverse);
  }
  return true;
}

double CovarianceFactor::log_determinant() const {
  // One logarithm for four: their product neither overflows nor underflows for elements from 1e-75 to 1e75.
  double sum = 0;
  for (Index i = 0; i < padded_; i += width) {
    double product = 1;
    for (Index j = i; j < i + width; ++j) product *= numbers_[j * stride_ + j];
    sum += std::log(product);
  }
  return 2 * sum;
}

double CovarianceFactor::product(Index u, Index v) const {
  double sum = 0;
  for (Index j = 0; j < points_; ++j) sum += numbers_[j * stride_ + padded_ + u] * numbers_[j * stride_ + padded_ + v];
  return sum;
}

}  // namespace softmech
