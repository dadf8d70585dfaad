#include <catch2/catch.hpp>

#include <softmech/attention/pair_sums_reference.hpp>
#include <softmech/attention/replica_sums.hpp>
#include <softmech/ensemble/random.hpp>

#include <cmath>
#include <numbers>
#include <vector>

using namespace softmech;
using Eigen::Index;

namespace {

struct Circles {
  RowMatrix x, y;
};

Circles random_circles(Index tokens, Index replicas, RandomStream& random) {
  Circles c{RowMatrix(tokens, replicas), RowMatrix(tokens, replicas)};
  for (Index i = 0; i < c.x.size(); ++i) {
    const double angle = 2 * std::numbers::pi * random.uniform();
    c.x.data()[i] = std::cos(angle);
    c.y.data()[i] = std::sin(angle);
  }
  return c;
}

}  // namespace

TEST_CASE("Replica sums: every replica has the sums of the reference") {
  RandomStream random(1, 0, "replicas");
  for (const Index tokens : {1, 2, 3, 17, 33}) {
    for (const Index replicas : {1, 3, 8, 16, 21}) {
      Circles c = random_circles(tokens, replicas, random);
      if (tokens > 2) {
        c.x.row(1) = -c.x.row(0), c.y.row(1) = -c.y.row(0);  // antipodal
        c.x.row(2) = c.x.row(0), c.y.row(2) = c.y.row(0);    // coincident
      }
      for (const double beta : {0.0, 1.0, 9.0, 1000.0}) {
        for (const InstructionSet instructions : instruction_sets()) {
          RowMatrix sum, force;
          ReplicaSums(instructions).attend(c.x, c.y, beta, sum, force);
          double error = 0;
          for (Index r = 0; r < replicas; ++r) {
            RowMatrix tokens_of(2, tokens), mean;
            tokens_of << c.x.col(r).transpose(), c.y.col(r).transpose();
            PartitionSums rows;
            attend_reference({beta, {}, &tokens_of, &tokens_of}, tokens_of, rows, mean);
            for (Index i = 0; i < tokens; ++i) {
              const double right = rows.sum(i) * std::exp(rows.shift(i) - beta);
              const double tangent = c.x(i, r) * mean(1, i) - c.y(i, r) * mean(0, i);
              error = std::max({error, std::abs(sum(i, r) / right - 1), std::abs(force(i, r) / sum(i, r) - tangent)});
            }
          }
          INFO(tokens << " tokens, " << replicas << " replicas, beta = " << beta << ", AVX-512 "
                      << (instructions == InstructionSet::avx512));
          CHECK(error < 1e-13 * std::max(1.0, beta / 100));
        }
      }
    }
  }
}

TEST_CASE("Replica sums: two tokens in closed form") {
  const double angle = 0.4, beta = 2;
  RowMatrix x(2, 1), y(2, 1), sum, force;
  x << 1, std::cos(angle);
  y << 0, std::sin(angle);
  ReplicaSums().attend(x, y, beta, sum, force);
  const double weight = std::exp(beta * (std::cos(angle) - 1));
  CHECK(sum(0) == Approx(1 + weight).epsilon(1e-15));
  CHECK(force(0) == Approx(weight * std::sin(angle)).epsilon(1e-15));
  CHECK(force(1) == -force(0));
}

TEST_CASE("Replica sums: a replica's bits do not depend on its place among the others") {
  RandomStream random(2, 0, "replicas");
  const Circles c = random_circles(9, 19, random);
  for (const InstructionSet instructions : instruction_sets()) {
    ReplicaSums sums(instructions);
    RowMatrix sum, force, alone_sum, alone_force;
    sums.attend(c.x, c.y, 3.0, sum, force);
    for (Index r = 0; r < c.x.cols(); ++r) {
      sums.attend(c.x.col(r), c.y.col(r), 3.0, alone_sum, alone_force);
      CHECK(alone_sum == sum.col(r));
      CHECK(alone_force == force.col(r));
    }
  }
}

TEST_CASE("Replica sums: wrong arguments are named") {
  const RowMatrix x = RowMatrix::Ones(2, 3), y = RowMatrix::Zero(2, 4);
  RowMatrix sum, force;
  using Catch::Matchers::Contains;
  CHECK_THROWS_WITH(ReplicaSums().attend(x, y, 1, sum, force), Contains("x is 2 x 3, y 2 x 4"));
  CHECK_THROWS_WITH(ReplicaSums().attend(x, x, -1, sum, force), Contains("beta = -1"));
}
