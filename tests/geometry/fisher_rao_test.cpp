// Fisher–Rao distances against 50-digit arithmetic, and the batch against the readable form.
#include <softmech/ensemble/random.hpp>
#include <softmech/geometry/fisher_rao.hpp>
#include <softmech/geometry/simplex.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <catch2/catch.hpp>

#include <cmath>
#include <numbers>

using namespace softmech;
using Catch::Matchers::Contains;
using Real = boost::multiprecision::cpp_bin_float_50;

namespace {

// 2 arccos Σ√(p_i q_i) as it stands; 50 digits leave more than 16 for distances above 1e-16.
double arccosine_form(const VectorView& p, const VectorView& q) {
  Real sum = 0;
  for (Eigen::Index i = 0; i < p.size(); ++i) sum += sqrt(Real(p[i]) * Real(q[i]));
  return static_cast<double>(2 * acos(sum));
}

// 4 arcsin(½ |√p − √q|), for rows that agree in all but their smallest weights.
double arcsine_form(const VectorView& p, const VectorView& q) {
  Real sum = 0;
  for (Eigen::Index i = 0; i < p.size(); ++i) {
    const Real difference = sqrt(Real(p[i])) - sqrt(Real(q[i]));
    sum += difference * difference;
  }
  return static_cast<double>(4 * asin(sqrt(sum) / 2));
}

// Rows of multiples of 2^-30 that sum to 1 without rounding, so that the 50-digit reference sees points of the simplex.
Vector exact_row(Eigen::Index keys, RandomStream& random) {
  Vector p(keys);
  double rest = 1;
  for (Eigen::Index i = 0; i + 1 < keys; ++i) {
    p[i] = std::floor(0x1p30 * random.uniform() / static_cast<double>(keys)) * 0x1p-30;
    rest -= p[i];
  }
  p[keys - 1] = rest;
  return p;
}

void check_all_forms(const Vector& p, const Vector& q, double expected, double tolerance) {
  CHECK(fisher_rao_distance(p, q) == Approx(expected).epsilon(tolerance));
  CHECK(fisher_rao_distances(p.transpose(), q.transpose())[0] == Approx(expected).epsilon(tolerance));
  CHECK(fisher_rao_distances_from(q, p.transpose())[0] == Approx(expected).epsilon(tolerance));
}

}  // namespace

TEST_CASE("Fisher-Rao distances keep 15 digits at any separation") {
  RandomStream random(30, 0, "rows");
  for (const Eigen::Index keys : {2, 7, 16, 61}) {
    const Vector p = exact_row(keys, random);
    for (const double shift : {0x1p-11, 0x1p-30, 0x1p-47, 0x1p-53}) {
      Vector q = p;
      q[0] += shift;
      q[keys - 1] -= shift;
      REQUIRE(q[keys - 1] > 0);
      REQUIRE(q[0] - p[0] == p[keys - 1] - q[keys - 1]);
      INFO("keys = " << keys << ", shift = " << shift);
      check_all_forms(p, q, arccosine_form(p, q), 2e-15);
    }
    const Vector far = exact_row(keys, random);
    check_all_forms(p, far, arccosine_form(p, far), 2e-15);
  }
}

TEST_CASE("Rows that differ only in weights of 1e-300 keep 15 digits") {
  for (const double small : {1e-12, 1e-160, 1e-300, 1e-307}) {
    const Vector p = Eigen::Vector4d(0.5, 0.5, small, small), q = Eigen::Vector4d(0.5, 0.5, small, 3 * small);
    INFO("small = " << small);
    check_all_forms(p, q, arcsine_form(p, q), 2e-15);
    // All of the distance is 2(√(3ε) − √ε).
    CHECK(fisher_rao_distance(p, q) == Approx(2 * (std::sqrt(3.0) - 1) * std::sqrt(small)).epsilon(1e-13));
  }
}

TEST_CASE("Rows may have zeros; rows without a common key are pi apart") {
  const Vector p = Eigen::Vector4d(0.5, 0.5, 0, 0), q = Eigen::Vector4d(0, 0, 0.25, 0.75),
               r = Eigen::Vector4d(1, 0, 0, 0);
  check_all_forms(p, q, std::numbers::pi, 1e-15);
  check_all_forms(p, r, std::numbers::pi / 2, 1e-15);
  check_all_forms(r, r, 0, 1e-15);
  const Vector negative = Eigen::Vector4d(-0.5, 0.5, 0.5, 0.5);
  CHECK(std::isnan(fisher_rao_distance(p, negative)));
  CHECK(std::isnan(fisher_rao_distances(p.transpose(), negative.transpose())[0]));
}

TEST_CASE("The batch agrees with the readable form, row by row, for every number of keys") {
  RandomStream random(31, 0, "batch");
  for (Eigen::Index keys = 2; keys <= 70; ++keys) {
    const Simplex simplex(keys);
    const Eigen::Index rows = 5;
    RowMatrix p(rows, keys), q(rows, keys);
    for (Eigen::Index r = 0; r < rows; ++r) {
      p.row(r) = simplex.random_point(random);
      q.row(r) = simplex.random_point(random);
    }
    q.row(0) = p.row(0) * (1 + 1e-15);
    q.row(1) = p.row(1);
    const Vector distances = fisher_rao_distances(p, q), from_first = fisher_rao_distances_from(p.row(0), q);
    REQUIRE(distances.size() == rows);
    CHECK(distances[1] == 0);
    for (Eigen::Index r = 0; r < rows; ++r) {
      CHECK(distances[r] == Approx(fisher_rao_distance(p.row(r), q.row(r))).epsilon(4e-15).margin(0));
      CHECK(from_first[r] == Approx(fisher_rao_distance(p.row(0), q.row(r))).epsilon(4e-15).margin(0));
    }
  }
}

TEST_CASE("A block of a larger batch is read with its own stride") {
  RandomStream random(32, 0, "block");
  const Simplex simplex(9);
  RowMatrix wide = RowMatrix::Constant(3, 20, -1);
  for (Eigen::Index r = 0; r < 3; ++r) wide.block(r, 4, 1, 9) = simplex.random_point(random).transpose();
  const Vector q = simplex.random_point(random);
  const Vector distances = fisher_rao_distances_from(q, wide.middleCols(4, 9));
  for (Eigen::Index r = 0; r < 3; ++r) {
    CHECK(distances[r] == Approx(fisher_rao_distance(q, wide.row(r).segment(4, 9))).epsilon(4e-15));
  }
}

TEST_CASE("Batches of different shapes are refused") {
  const RowMatrix p = RowMatrix::Constant(2, 3, 1.0 / 3);
  CHECK_THROWS_WITH(fisher_rao_distances(p, p.topRows(1)), Contains("p has 2 rows and q 1"));
  CHECK_THROWS_WITH(fisher_rao_distances(p, p.leftCols(2)), Contains("p has 3 keys and q 2"));
  CHECK_THROWS_WITH(fisher_rao_distances_from(Vector::Constant(2, 0.5), p), Contains("2 keys and q 3"));
}
