// Data on a known scaling function, with normal errors: the truth is planted, and must be found.
#pragma once

#include <softmech/ensemble/random.hpp>
#include <softmech/scaling/ansatz.hpp>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace softmech::test {

/// y = L^a f(X/width)(1 + c (L/L_min)^{−ω}) with X of the ansatz, written out here once more.
struct Planted {
  std::string name;
  AnsatzSettings settings;
  std::vector<double> sizes;
  double x_c = 0, inverse_nu = 1, exponent = 0, log_l0 = 0;
  double correction = 0, omega = 0;
  double (*f)(double) = nullptr;
  double width = 1;
  double error = 0.02;       ///< of y/L^a
  int points = 9;            ///< of the first size; the others have up to 2 more
  bool equal_grids = false;  ///< all sizes at the same x

  double stretch(double size) const {
    if (settings.kind == AnsatzKind::bkt) return std::pow(std::log(size) - log_l0, 2);
    if (settings.kind == AnsatzKind::logarithmic) return std::pow(std::log(size), inverse_nu);
    return std::pow(size, inverse_nu);
  }
  double y(double size, double x) const {
    const double length = settings.kind == AnsatzKind::logarithmic ? std::log(size) : size;
    const double smallest = settings.kind == AnsatzKind::logarithmic ? std::log(sizes[0]) : sizes[0];
    return std::pow(length, exponent) * f((x - x_c) * stretch(size) / width) *
           (1 + correction * std::pow(length / smallest, -omega));
  }
  double scale(double size) const { return y(size, x_c) / f(0); }

  double truth(const std::string& parameter) const {
    if (parameter == "x_c") return x_c;
    if (parameter == "inverse_nu") return inverse_nu;
    if (parameter == "exponent") return exponent;
    if (parameter == "log_l0") return log_l0;
    if (parameter == "omega") return omega;
    return correction;
  }

  /// Grids of different length and range, never symmetric about x_c and not the same twice.
  ScalingData sample(std::uint32_t set) const {
    RandomStream random(2024, set, "planted " + name);
    std::vector<double> size, x, value, sigma;
    const double middle = std::sqrt(stretch(sizes.front()) * stretch(sizes.back()));
    for (std::size_t s = 0; s < sizes.size(); ++s) {
      const int count = equal_grids ? points : points + static_cast<int>(s % 3);
      const double low = equal_grids ? -2 : -2.3 + 0.8 * random.uniform(),
                   high = equal_grids ? 2 : 1.5 + 0.8 * random.uniform();
      for (int i = 0; i < count; ++i) {
        const double at = low + (high - low) * i / (count - 1);
        size.push_back(sizes[s]);
        x.push_back(x_c + at * width / (equal_grids ? middle : stretch(sizes[s])));
        sigma.push_back(error * scale(sizes[s]) * (0.7 + 0.6 * random.uniform()));
        value.push_back(y(sizes[s], x.back()) + sigma.back() * random.normal());
      }
    }
    const auto vector = [](const std::vector<double>& values) -> Vector {
      return Eigen::Map<const Vector>(values.data(), static_cast<Eigen::Index>(values.size()));
    };
    return {vector(size), vector(x), {{"y", vector(value), vector(sigma), {}}}, {}};
  }
};

inline double step_like(double x) { return 1.5 + std::tanh(x); }
inline double bump(double x) { return 0.4 + std::exp(-0.5 * x * x); }
inline double logistic(double x) { return 0.2 + 1 / (1 + std::exp(-1.5 * x)); }

inline AnsatzSettings ansatz_settings(AnsatzKind kind) {
  AnsatzSettings settings;
  settings.kind = kind;
  return settings;
}

inline AnsatzSettings with_corrections(std::optional<double> omega) {
  AnsatzSettings settings;
  settings.corrections = true;
  settings.omega = omega;
  return settings;
}

inline std::vector<Planted> planted_cases() {
  std::vector<Planted> cases;
  const auto add = [&](Planted planted) { cases.push_back(std::move(planted)); };
  add({.name = "power",
       .settings = ansatz_settings(AnsatzKind::power),
       .sizes = {8, 12, 24, 48},
       .x_c = 0.44,
       .inverse_nu = 1,
       .exponent = -0.125,
       .f = step_like});
  add({.name = "power, equal grids",
       .settings = ansatz_settings(AnsatzKind::power),
       .sizes = {8, 12, 16, 24},
       .x_c = 2.27,
       .inverse_nu = 1,
       .exponent = -0.125,
       .f = step_like,
       .points = 14,
       .equal_grids = true});
  add({.name = "mean_field",
       .settings = ansatz_settings(AnsatzKind::mean_field),
       .sizes = {100, 400, 1600, 6400},
       .x_c = 0.5,
       .inverse_nu = 0.5,
       .exponent = -0.25,
       .f = logistic});
  Planted first{.name = "first_order",
                .settings = ansatz_settings(AnsatzKind::first_order),
                .sizes = {4, 6, 8, 12},
                .x_c = 1.3,
                .inverse_nu = 2,
                .exponent = 2,
                .f = bump};
  first.settings.dimension = 2;
  add(first);
  add({.name = "bkt",
       .settings = ansatz_settings(AnsatzKind::bkt),
       .sizes = {16, 32, 64, 128, 256},
       .x_c = 0.89,
       .exponent = -0.25,
       .log_l0 = 0.7,
       .f = logistic,
       .error = 0.01});
  add({.name = "logarithmic",
       .settings = ansatz_settings(AnsatzKind::logarithmic),
       .sizes = {64, 1024, 65536, 16777216},
       .x_c = 1.2,
       .inverse_nu = 0.5,
       .exponent = 0.5,
       .f = bump});
  add({.name = "corrections",
       .settings = with_corrections(1.0),
       .sizes = {8, 12, 24, 48, 96},
       .x_c = 0.44,
       .inverse_nu = 1.5,
       .exponent = -0.5,
       .correction = 0.3,
       .omega = 1,
       .f = step_like,
       .error = 0.01});
  add({.name = "corrections, omega free",
       .settings = with_corrections({}),
       .sizes = {8, 12, 24, 48, 96},
       .x_c = 0.44,
       .inverse_nu = 1.5,
       .exponent = -0.5,
       .correction = 0.5,
       .omega = 1.5,
       .f = step_like,
       .error = 0.005});
  return cases;
}

}  // namespace softmech::test
