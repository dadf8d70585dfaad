#include <catch2/catch.hpp>

#include <softmech/attention/circle_sums.hpp>
#include <softmech/attention/pair_sums_reference.hpp>
#include <softmech/ensemble/random.hpp>

#include <cmath>
#include <numbers>
#include <vector>

using namespace softmech;
using Eigen::Index;

namespace {

RowMatrix on_circle(const std::vector<double>& angles) {
  RowMatrix x(2, static_cast<Index>(angles.size()));
  for (Index i = 0; i < x.cols(); ++i) x.col(i) << std::cos(angles[i]), std::sin(angles[i]);
  return x;
}

struct Tangents {
  Vector sum, mean, back;
};

/// Σ_j e^{β(cos t − 1)}, Σ_j A_ij sin t and Σ_j A_ji sin t, t = θ_j − θ_i, in long double.
Tangents right_sums(const RowMatrix& x, double beta) {
  const Index n = x.cols();
  const auto cosine = [&](Index i, Index j) {
    return static_cast<long double>(x(0, i)) * x(0, j) + static_cast<long double>(x(1, i)) * x(1, j);
  };
  const auto sine = [&](Index i, Index j) {
    return static_cast<long double>(x(0, i)) * x(1, j) - static_cast<long double>(x(1, i)) * x(0, j);
  };
  std::vector<long double> sum(n), mean(n), back(n);
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < n; ++j) sum[i] += std::exp(static_cast<long double>(beta) * (cosine(i, j) - 1));
  }
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < n; ++j) {
      const long double w = std::exp(static_cast<long double>(beta) * (cosine(i, j) - 1));
      mean[i] += w * sine(i, j) / sum[i];
      back[i] += w * sine(i, j) / sum[j];
    }
  }
  Tangents right{Vector(n), Vector(n), Vector(n)};
  for (Index i = 0; i < n; ++i) {
    right.sum(i) = static_cast<double>(sum[i]);
    right.mean(i) = static_cast<double>(mean[i]);
    right.back(i) = static_cast<double>(back[i]);
  }
  return right;
}

void check(const RowMatrix& x, double beta, double bound) {
  const Tangents right = right_sums(x, beta);
  for (const InstructionSet instructions : instruction_sets()) {
    CircleSums sums(instructions);
    PartitionSums rows;
    Vector tangent, back;
    sums.attend(x, beta, rows, tangent);
    sums.attend_back(x, beta, rows, back);
    INFO("n = " << x.cols() << ", beta = " << beta << ", terms " << sums.terms() << ", AVX-512 "
                << (instructions == InstructionSet::avx512));
    CHECK(rows.shift == Vector::Constant(x.cols(), beta));
    CHECK(((rows.sum - right.sum).array() / right.sum.array()).abs().maxCoeff() < bound);
    CHECK((tangent - right.mean).cwiseAbs().maxCoeff() < bound);
    CHECK((back - right.back).cwiseAbs().maxCoeff() < bound * std::max(1.0, right.back.cwiseAbs().maxCoeff()));
  }
}

}  // namespace

TEST_CASE("Circle sums: the Fourier series agrees with pairs summed in long double") {
  RandomStream random(1, 0, "circle");
  for (const Index n : {1, 2, 3, 33, 200}) {
    for (const double beta : {0.0, 1e-12, 0.3, 1.0, 9.0, 60.0, 1000.0}) {
      std::vector<double> angles(n);
      for (double& angle : angles) angle = 2 * std::numbers::pi * random.uniform();
      check(on_circle(angles), beta, 1e-13 * (1 + beta / 200));
    }
  }
}

TEST_CASE("Circle sums: clusters, antipodes, coincident tokens and the ends of the axes") {
  RandomStream random(2, 0, "circle");
  for (const double beta : {1.0, 9.0, 100.0}) {
    std::vector<double> angles(200, 0.0);
    check(on_circle(angles), beta, 2e-13);
    for (std::size_t i = 0; i < 100; ++i) angles[i] = std::numbers::pi + 1e-3 * random.normal();
    check(on_circle(angles), beta, 2e-13);
    angles[0] = std::numbers::pi / 2;  // far from all others: its sum is 1, theirs 100
    check(on_circle(angles), beta, 1e-12);
  }
}

TEST_CASE("Circle sums: tangents are those of the pair sums of the reference") {
  RandomStream random(3, 0, "circle");
  std::vector<double> angles(65);
  for (double& angle : angles) angle = 2 * std::numbers::pi * random.uniform();
  const RowMatrix x = on_circle(angles);
  PartitionSums rows;
  RowMatrix mean;
  attend_reference({4.0, {}, &x, &x}, x, rows, mean);
  CircleSums sums;
  Vector tangent;
  sums.attend(x, 4.0, rows, tangent);
  const Vector expected = (x.row(0).array() * mean.row(1).array() - x.row(1).array() * mean.row(0).array()).transpose();
  CHECK((tangent - expected).cwiseAbs().maxCoeff() < 1e-14);
}

TEST_CASE("Circle sums: what they cannot do is refused") {
  const RowMatrix x = on_circle({0.0, 1.0}), space = RowMatrix::Ones(3, 2);
  CircleSums sums;
  PartitionSums rows;
  Vector tangent;
  using Catch::Matchers::Contains;
  CHECK_THROWS_WITH(sums.attend(space, 1, rows, tangent), Contains("tokens is 3 x 2"));
  CHECK_THROWS_WITH(sums.attend(x, -1, rows, tangent), Contains("beta = -1"));
  CHECK_THROWS_WITH(sums.attend(x, 1e5, rows, tangent), Contains("use PairSums"));
  CHECK_THROWS_WITH(sums.attend_back(x, 1, rows, tangent), Contains("rows has 0 sums"));
}
