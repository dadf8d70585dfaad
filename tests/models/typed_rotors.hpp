// Rotors typed in once more, plainly and with more digits: what the fast sums are held against.
#pragma once

#include <softmech/ensemble/random.hpp>
#include <softmech/models/rotor_system.hpp>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <cmath>
#include <complex>
#include <filesystem>
#include <fstream>
#include <numbers>
#include <string>
#include <vector>

namespace typed {

using Real = long double;
using Complex = std::complex<Real>;
using Eigen::Index;
using softmech::Matrix;
using softmech::RotorSettings;
using softmech::Vector;

inline Index side(const RotorSettings& s) {
  return s.lattice == "chain" ? s.rotors : std::lround(std::sqrt(static_cast<double>(s.rotors)));
}

/// Steps from i to j along the row (0) or the column (1), the shorter way round where there are two.
inline Real steps(const RotorSettings& s, Index i, Index j, int along = 0) {
  const Index n = side(s);
  const auto straight = static_cast<Real>(along == 0 ? j % n - i % n : j / n - i / n);
  if (s.boundary == "open") return straight;
  const auto length = static_cast<Real>(n);
  if (straight > length / 2) return straight - length;
  return straight <= -length / 2 ? straight + length : straight;
}

inline Real shape(const RotorSettings& s, Real r) {
  const std::string& kernel = s.couplings();
  if (kernel == "window") return r <= s.range ? 1 : 0;
  if (kernel == "exponential") return std::exp(-r / static_cast<Real>(s.range));
  return std::pow(r, -static_cast<Real>(s.alpha));
}

/// J_ij of a kernel that is no file and sums over no images.
inline Matrix couplings(const RotorSettings& s) {
  const Index n = side(s);
  const auto distance = [&](Real x, Real y) { return std::sqrt(x * x + y * y); };
  Real norm = 0;
  const bool flat = s.lattice == "chain";
  if (s.boundary == "open") {
    for (Index y = flat ? 0 : 1 - n; y <= (flat ? 0 : n - 1); ++y)
      for (Index x = 1 - n; x < n; ++x)
        if (x != 0 || y != 0) norm += shape(s, distance(static_cast<Real>(x), static_cast<Real>(y)));
  } else {
    for (Index j = 1; j < s.rotors; ++j) norm += shape(s, distance(steps(s, 0, j), steps(s, 0, j, 1)));
  }
  Matrix result = Matrix::Zero(s.rotors, s.rotors);
  for (Index i = 0; i < s.rotors; ++i) {
    for (Index j = 0; j < s.rotors; ++j) {
      const Real r = distance(steps(s, i, j), steps(s, i, j, 1));
      if (i == j) continue;
      Real strength = 0;
      if (s.couplings() == "all")
        strength = 1 / static_cast<Real>(s.rotors);
      else if (s.couplings() == "nearest")
        strength = r == 1 ? 1 : 0;
      else
        strength = shape(s, r) / norm;
      result(i, j) = static_cast<double>(strength);
    }
  }
  return result;
}

/// V of complex phases, with a further twist of φ per site along a side, by the formulas in rotor_system.hpp.
struct Energy {
  RotorSettings settings;
  Matrix couplings;

  Complex operator()(const std::vector<Complex>& phases, Complex twist = 0, int along = 0) const {
    const auto omega = static_cast<Real>(settings.twist_per_site());
    const Index n = side(settings);
    const auto beta = static_cast<Real>(settings.attention_beta);
    Complex energy = 0;
    for (Index i = 0; i < settings.rotors; ++i) {
      Complex row = 0, aligned = 0;
      for (Index j = 0; j < settings.rotors; ++j) {
        const auto strength = static_cast<Real>(couplings(i, j));
        if (i == j || strength == 0) continue;
        const Real x = steps(settings, i, j, along);
        const auto turned = [&](Real way) {
          return std::cos(phases[i] - phases[j] - omega * static_cast<Real>(i % n - j % n) + twist * way);
        };
        // Two equally short ways: half of the pair goes either way.
        const bool half_way = settings.boundary == "periodic" && 2 * std::abs(x) == static_cast<Real>(n);
        const Complex cosine = half_way ? (turned(x) + turned(-x)) / Real(2) : turned(x);
        if (settings.kernel != "softmax") {
          energy += strength * (Real(1) - cosine) / Real(2);
        } else if (strength > 0) {
          row += std::exp(beta * strength * cosine);
          aligned += std::exp(beta * strength);
        }
      }
      if (settings.kernel == "softmax") energy -= std::log(row / aligned) / beta;
      energy += static_cast<Real>(settings.field) * (Real(1) - std::cos(phases[i]));
    }
    return energy;
  }

  static std::vector<Complex> complex(const Vector& phases) { return {phases.begin(), phases.end()}; }
  Real value(const Vector& phases) const { return (*this)(complex(phases)).real(); }

  static constexpr Real tiny = 1e-30L;
  /// ∂V/∂θ_i by a complex step, which subtracts nothing (Squire & Trapp, SIAM Rev. 40 (1998) 110).
  Real gradient(std::vector<Complex> phases, Index i) const {
    phases[i] += Complex(0, tiny);
    return (*this)(phases).imag() / tiny;
  }
  Real current(const Vector& phases, Real twist, int along) const {
    return (*this)(complex(phases), Complex(twist, tiny), along).imag() / tiny;
  }
  /// ∂²V/∂θ_i∂θ_j by differences of complex steps.
  Real curvature(const Vector& phases, Index i, Index j) const {
    constexpr Real step = 1e-6L;
    std::vector<Complex> ahead = complex(phases), behind = ahead;
    ahead[j] += step;
    behind[j] -= step;
    return (gradient(ahead, i) - gradient(behind, i)) / (2 * step);
  }
};

inline Vector random_phases(Index count, double width, std::uint32_t member = 0) {
  softmech::RandomStream random(7, member, "phases");
  return Vector::NullaryExpr(count, [&] { return width * random.normal(); });
}

/// A table of numbers in the directory for temporary files, removed with it.
class TableFile {
 public:
  TableFile(const std::string& name, const Matrix& values)
      : path_((std::filesystem::temp_directory_path() / (name + std::to_string(::getpid()) + ".csv")).string()) {
    std::ofstream file(path_);
    file.precision(17);
    for (Index i = 0; i < values.rows(); ++i)
      for (Index j = 0; j < values.cols(); ++j) file << values(i, j) << (j + 1 < values.cols() ? ',' : '\n');
  }
  ~TableFile() { std::filesystem::remove(path_); }
  TableFile(const TableFile&) = delete;
  TableFile& operator=(const TableFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace typed
