#include <softmech/attention/circle_sums.hpp>

#include <softmech/attention/exponential.hpp>
#include <softmech/attention/scaled_bessel.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace softmech {
namespace {

using Eigen::Index;

/// Powers follow each other by z^{m+1} = 2 Re z z^m − z^{m−1}, which costs half of a complex product but loses m²
/// digits; so every `stride` of them start anew from z^{m+stride} = z^stride z^m.
constexpr Index stride = 8;
/// Tokens are padded to whole blocks of every instruction set.
constexpr Index block = 32;
constexpr Index registers = 4;

template <class Lanes>
constexpr Index lanes_of = static_cast<Index>(sizeof(Lanes) / sizeof(double));

template <class Lanes>
[[gnu::always_inline]] inline Lanes load(const double* from) {
  Lanes v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
template <class Lanes>
[[gnu::always_inline]] inline void store(const Lanes& v, double* to) {
  std::memcpy(to, &v, sizeof v);
}

/// Complex numbers side by side.
template <class Lanes>
struct Complex {
  Lanes real, imaginary;

  [[gnu::always_inline]] Complex operator*(const Complex& w) const {
    return {real * w.real - imaginary * w.imaginary, real * w.imaginary + imaginary * w.real};
  }
};

/// Calls use(m, factor z^m) for m = 1 … terms, a multiple of `stride`, with `count` registers of tokens at once.
template <class Lanes, Index count, class Use>
[[gnu::always_inline]] inline void for_each_power(const double* cosine, const double* sine, const double* factor,
                                                  Index terms, Use use) {
  Complex<Lanes> power[count], next[count], leap[count];
  Lanes twice_cosine[count];
  for (Index v = 0; v < count; ++v) {
    const Complex<Lanes> z{load<Lanes>(cosine + v * lanes_of<Lanes>), load<Lanes>(sine + v * lanes_of<Lanes>)};
    const Complex<Lanes> z2 = z * z, z4 = z2 * z2;
    leap[v] = z4 * z4;
    twice_cosine[v] = z.real + z.real;
    power[v] = z;
    if (factor != nullptr) {
      const auto f = load<Lanes>(factor + v * lanes_of<Lanes>);
      power[v] = {z.real * f, z.imaginary * f};
    }
  }
  for (Index m = 1; m <= terms; m += stride) {
    Complex<Lanes> first[count];
    for (Index v = 0; v < count; ++v) {
      const Complex<Lanes> z{load<Lanes>(cosine + v * lanes_of<Lanes>), load<Lanes>(sine + v * lanes_of<Lanes>)};
      first[v] = power[v];
      next[v] = power[v] * z;
    }
#pragma GCC unroll 8
    for (Index i = 0; i < stride; ++i) {
      use(m + i, power);
      for (Index v = 0; v < count; ++v) {
        const Complex<Lanes> after{twice_cosine[v] * next[v].real - power[v].real,
                                   twice_cosine[v] * next[v].imaginary - power[v].imaginary};
        power[v] = next[v];
        next[v] = after;
      }
    }
    for (Index v = 0; v < count; ++v) power[v] = first[v] * leap[v];
  }
}

struct Tokens {
  Index padded, terms;
  const double *cosine, *sine;
};

/// lanes[m − 1][Re, Im][lane] = Σ factor z^m over the tokens of that lane.
template <class Lanes, Index count>
[[gnu::always_inline]] inline void moments_body(const Tokens& t, const double* factor, double* lanes) {
  constexpr Index width = lanes_of<Lanes>;
  for (Index i = 0; i < 2 * t.terms * width; ++i) lanes[i] = 0;
  for (Index token = 0; token < t.padded; token += count * width) {
    for_each_power<Lanes, count>(
        t.cosine + token, t.sine + token, factor + token,
        t.terms, [lanes](Index m, const Complex<Lanes>(&power)[count]) __attribute__((always_inline)) {
          double* to = lanes + 2 * (m - 1) * width;
          Lanes real = load<Lanes>(to), imaginary = load<Lanes>(to + width);
          for (Index v = 0; v < count; ++v) {
            real += power[v].real;
            imaginary += power[v].imaginary;
          }
          store(real, to);
          store(imaginary, to + width);
        });
  }
}

/// sum_i = Σ_m series[m − 1][0] Re z_i^m + series[m − 1][1] Im z_i^m; tangent_i likewise from series[m − 1][2 and 3].
template <class Lanes, Index count>
[[gnu::always_inline]] inline void evaluate_body(const Tokens& t, const double* series, double* sum, double* tangent) {
  constexpr Index width = lanes_of<Lanes>;
  for (Index token = 0; token < t.padded; token += count * width) {
    Lanes sums[count] = {}, tangents[count] = {};
    for_each_power<Lanes, count>(
        t.cosine + token, t.sine + token, nullptr,
        t.terms, [&](Index m, const Complex<Lanes>(&power)[count]) __attribute__((always_inline)) {
          const double* c = series + 4 * (m - 1);
          for (Index v = 0; v < count; ++v) {
            sums[v] += power[v].real * c[0];
            tangents[v] += power[v].real * c[2];
            sums[v] += power[v].imaginary * c[1];
            tangents[v] += power[v].imaginary * c[3];
          }
        });
    for (Index v = 0; v < count; ++v) {
      store(sums[v], sum + token + v * width);
      store(tangents[v], tangent + token + v * width);
    }
  }
}

void moments_avx2(const Tokens& t, const double* factor, double* lanes) {
  moments_body<FourLanes, registers / 2>(t, factor, lanes);
}
void evaluate_avx2(const Tokens& t, const double* series, double* sum, double* tangent) {
  evaluate_body<FourLanes, registers / 2>(t, series, sum, tangent);
}
[[gnu::target("arch=x86-64-v4,prefer-vector-width=512")]]  //
void moments_avx512(const Tokens& t, const double* factor, double* lanes) {
  moments_body<EightLanes, registers>(t, factor, lanes);
}
[[gnu::target("arch=x86-64-v4,prefer-vector-width=512")]]  //
void evaluate_avx512(const Tokens& t, const double* series, double* sum, double* tangent) {
  evaluate_body<EightLanes, registers>(t, series, sum, tangent);
}

/// e^{-β} I_m(β) for m = 0 …, until n of them, also times 2m/β, are below 1e-17.
Vector terms_that_count(double beta, Index tokens) {
  const auto beyond = static_cast<Index>(20 * std::sqrt(beta) + 2 * std::min(beta, 20.0) + 40);
  const Vector bessel = scaled_bessel(beta, beyond);
  Index count = 1;
  const auto size_of = [&](Index m) { return bessel(m) * std::max(1.0, 2 * static_cast<double>(m) / beta); };
  while (count <= beyond && bessel(count) > 0 && size_of(count) * static_cast<double>(tokens) >= 1e-17) ++count;
  return bessel.head(std::max<Index>(2, count));
}

Index rounded_up(Index count, Index to) { return (count + to - 1) / to * to; }

}  // namespace

void CircleSums::prepare(const RowMatrix& tokens, double beta) {
  if (tokens.rows() != 2 || tokens.cols() == 0) {
    throw std::invalid_argument(fmt::format(
        "tokens is {} x {}: must be 2 x n, n > 0; use PairSums for other dimensions", tokens.rows(), tokens.cols()));
  }
  if (!(beta >= 0 && beta <= largest_beta)) {
    throw std::invalid_argument(
        fmt::format("beta = {}: must be in [0, {}] for sums by Fourier series; use PairSums", beta, largest_beta));
  }
  if (beta != beta_ || tokens.cols() != tokens_) {
    beta_ = beta;
    tokens_ = tokens.cols();
    padded_ = rounded_up(tokens_, block);
    const Vector bessel = terms_that_count(beta, tokens_);
    terms_ = rounded_up(bessel.size() - 1, stride);
    bessel_.setZero(terms_ + 1);
    bessel_.head(bessel.size()) = bessel;
    for (Array* array : {&cosine_, &sine_, &factor_, &sum_, &tangent_}) array->setZero(padded_);
    lanes_.resize(2 * terms_ * lanes_of<EightLanes>);
    series_.resize(4 * terms_);
  }
  cosine_.head(tokens_) = tokens.row(0).transpose().array();
  sine_.head(tokens_) = tokens.row(1).transpose().array();
}

void CircleSums::find_moments() {
  const Tokens t{padded_, terms_, cosine_.data(), sine_.data()};
  const bool wide = instructions_ == InstructionSet::avx512;
  (wide ? moments_avx512 : moments_avx2)(t, factor_.data(), lanes_.data());
  moments_.resize(2 * terms_);
  const Index width = wide ? lanes_of<EightLanes> : lanes_of<FourLanes>;
  for (Index i = 0; i < 2 * terms_; ++i) {
    moments_((i % 2) * terms_ + i / 2) = lanes_.segment(i * width, width).sum();
  }
}

/// Of Z: 2 c_m Re(z̄^m P_m), c_m = e^{-β} I_m. Of the tangent, by sin t e^{β cos t} = Σ_m (2m/β) I_m sin mt:
/// (2m/β) c_m Im(z̄^m P_m), where (2m/β) I_m = I_{m−1} − I_{m+1} is 1 for m = 1 at β = 0.
void CircleSums::set_series() {
  for (Index m = 1; m <= terms_; ++m) {
    const double real = moments_(m - 1), imaginary = moments_(terms_ + m - 1);
    const double even = 2 * bessel_(m);
    const double odd = beta_ > 0 ? even * static_cast<double>(m) / beta_ : (m == 1 ? 1.0 : 0.0);
    double* c = series_.data() + 4 * (m - 1);
    c[0] = even * real;
    c[1] = even * imaginary;
    c[2] = odd * imaginary;
    c[3] = -odd * real;
  }
}

void CircleSums::evaluate() {
  const Tokens t{padded_, terms_, cosine_.data(), sine_.data()};
  const bool wide = instructions_ == InstructionSet::avx512;
  (wide ? evaluate_avx512 : evaluate_avx2)(t, series_.data(), sum_.data(), tangent_.data());
}

void CircleSums::attend(const RowMatrix& tokens, double beta, PartitionSums& rows, Vector& tangent) {
  prepare(tokens, beta);
  factor_.head(tokens_).setOnes();
  find_moments();
  set_series();
  evaluate();
  rows.shift.setConstant(tokens_, beta);
  rows.sum = sum_.head(tokens_) + bessel_(0) * static_cast<double>(tokens_);
  tangent = tangent_.head(tokens_) / rows.sum.array();
}

void CircleSums::attend_back(const RowMatrix& tokens, double beta, const PartitionSums& rows, Vector& back) {
  prepare(tokens, beta);
  if (rows.sum.size() != tokens_ || rows.shift.size() != tokens_) {
    throw std::invalid_argument(
        fmt::format("rows has {} sums: must have one for each of the {} tokens", rows.sum.size(), tokens_));
  }
  factor_.head(tokens_) = (beta - rows.shift.array()).exp() / rows.sum.array();
  find_moments();
  set_series();
  evaluate();
  back = tangent_.head(tokens_);
}

}  // namespace softmech
