#include "softmech/attention/row_operator.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "softmech/ensemble/random.hpp"

using namespace softmech;

namespace {

const std::vector<Operator> all_operators{Softmax{},         Entmax{1.0001},    Entmax{1.5}, Entmax{1.9},
                                          Entmax{2},         Entmax{2.5},       Entmax{100}, KappaSoftmax{0.01},
                                          KappaSoftmax{0.4}, KappaSoftmax{0.99}};

std::vector<double> normal_row(std::size_t keys, double scale, std::uint32_t seed) {
  std::vector<double> row(keys);
  RandomStream(7, seed, "row").fill_normal(row);
  for (double& entry : row) entry *= scale;
  return row;
}

template <class Scalar>
std::vector<Scalar> weights_of(const Operator& op, const std::vector<double>& scores) {
  const std::vector<Scalar> z(scores.begin(), scores.end());
  std::vector<Scalar> p(z.size());
  attention_weights<Scalar>(op, z, p);
  return p;
}

}  // namespace

TEST_CASE("weights of a row are the equilibrium of its energies, in both precisions") {
  for (std::size_t which = 0; which < all_operators.size(); ++which) {
    const Operator& op = all_operators[which];
    for (const std::size_t keys : {1, 2, 3, 40}) {
      for (const double scale : {0.0, 0.1, 1.0, 30.0, 1e4}) {
        const std::vector<double> z = normal_row(keys, scale, static_cast<std::uint32_t>(keys));
        constexpr double temperature = 4;
        const Vector energies = -temperature * Eigen::Map<const Vector>(z.data(), static_cast<Eigen::Index>(keys));
        const Vector exact = equilibrium(op, energies, temperature);
        const std::vector<double> p = weights_of<double>(op, z);
        const std::vector<float> q = weights_of<float>(op, z);
        // In single precision the scores themselves are rounded: δp ≤ w δz, and w = p^{2-α} has no bound for α > 2.
        const auto* entmax = std::get_if<Entmax>(&op);
        const bool steep = entmax != nullptr && entmax->alpha > 2;
        for (std::size_t key = 0; key < keys; ++key) {
          CAPTURE(which, keys, scale, key);
          CHECK(std::abs(p[key] - exact[key]) <= 1e-12);
          if (!steep) CHECK(std::abs(q[key] - exact[key]) <= 2e-7 * (1 + 10 * scale));
        }
      }
    }
  }
}

TEST_CASE("weights of a row may overwrite its scores") {
  for (const Operator& op : all_operators) {
    std::vector<double> row = normal_row(5, 1, 3);
    const std::vector<double> p = weights_of<double>(op, row);
    attention_weights<double>(op, row, row);
    CHECK(row == p);
  }
}

TEST_CASE("a score that is not a number makes the row's weights no numbers") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (const Operator& op : all_operators) {
    for (const double p : weights_of<double>(op, {0.5, nan, 0.1})) CHECK(std::isnan(p));
    for (const double p : weights_of<double>(op, {nan, 0.5, 0.1})) CHECK(std::isnan(p));
  }
}

TEST_CASE("the gradient of the scores is the directional derivative of the weights") {
  constexpr double h = 1e-6;
  for (std::size_t which = 0; which < all_operators.size(); ++which) {
    const Operator& op = all_operators[which];
    if (const auto* entmax = std::get_if<Entmax>(&op); entmax != nullptr && entmax->alpha > 10) continue;  // next case
    for (const std::size_t keys : {2, 3, 8}) {
      const std::vector<double> z = normal_row(keys, 0.3, 20 + static_cast<std::uint32_t>(keys));
      const std::vector<double> direction = normal_row(keys, 1, 21), cotangent = normal_row(keys, 1, 22);
      std::vector<double> above = z, below = z, gradient = cotangent;
      for (std::size_t key = 0; key < keys; ++key) above[key] += h * direction[key], below[key] -= h * direction[key];
      const auto p_above = weights_of<double>(op, above), p_below = weights_of<double>(op, below);
      attention_weights_backward<double>(op, weights_of<double>(op, z), gradient);
      double difference = 0, product = 0;
      for (std::size_t key = 0; key < keys; ++key) {
        difference += cotangent[key] * (p_above[key] - p_below[key]) / (2 * h);
        product += gradient[key] * direction[key];
      }
      CAPTURE(which, keys);
      CHECK(product == Approx(difference).epsilon(1e-8).margin(1e-9));
    }
  }
}

TEST_CASE("the Jacobian of a row is diag(w) - w wT/W with w = -1/s''(p)") {
  for (const Operator& op : all_operators) {
    const std::vector<double> p = weights_of<double>(op, normal_row(4, 0.2, 31));
    const Vector curvature = free_energy_hessian(op, Eigen::Map<const Vector>(p.data(), 4), 1);
    const Vector w = (Eigen::Map<const Vector>(p.data(), 4).array() > 0).select(curvature.cwiseInverse(), 0.0);
    const Matrix jacobian = Matrix(w.asDiagonal()) - w * w.transpose() / w.sum();
    for (Eigen::Index key = 0; key < 4; ++key) {
      std::vector<double> gradient(4, 0.0);
      gradient[static_cast<std::size_t>(key)] = 1;
      attention_weights_backward<double>(op, p, gradient);
      const Vector column = Eigen::Map<const Vector>(gradient.data(), 4);
      CHECK((column - jacobian.col(key)).norm() <= 1e-12 * w.maxCoeff());
    }
  }
}
